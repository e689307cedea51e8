import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { silentLog } from '../lib/log.ts'
import { createVirtualClock } from '../lib/virtual-clock.ts'
import type { CallContext } from '../operations/define-operation.ts'
import { createDesks } from './desks.ts'
import type { DeskDeps } from './desk.ts'
import { createTaskHandlers } from './handlers.ts'
import { PersonHoldings } from './person-holdings.ts'
import { parseTaskKey } from './task.ts'
import { tasksFaults } from './faults.ts'
import { parseObjectId } from './git/objects.ts'
import type { GitRemote } from './git/remote.ts'
import { openTestDesk, testDeskOptions } from './testing/desk-bench.ts'
import { createMemoryServer } from './testing/memory-remote.ts'

const context: CallContext = { signal: new AbortController().signal, hive: undefined, report: () => {} }

/** A node with projects of servers in memory; `openRemote` says which. */
async function openNode(openRemote?: DeskDeps['openRemote'], clock = createVirtualClock({ startsAt: 1_000_000 })) {
  const server = createMemoryServer({ clock }, { latencyMs: 5 })
  const { own } = await openTestDesk('/srv/git/shop.git', { deps: { clock, openRemote: openRemote ?? (() => server.connect('ada')) } })
  const desks = createDesks(own, testDeskOptions)
  const handlers = createTaskHandlers({
    ...{ clock, findDesks: () => desks, findTasks: () => undefined, label: 'bzzz-task', pollMs: 1_000, isTransient: false },
    holdings: new PersonHoldings({ clock, log: silentLog }, { releaseMs: 5_000 }),
    accessLog: { list: () => [], note: () => {} },
    keepToken: async () => true,
    hookSecrets: { keep: async () => ({ path: '', isNew: false }), remove: async () => false },
    findHttpUrl: () => undefined,
    findHindrance: async () => 'ollama does not answer',
    findKept: () => ({ decision: undefined, transcript: undefined }),
  })
  return { clock, desks, handlers }
}

test('a task that is closed is neither paused nor broken free, and what is done about it is said', async () => {
  const { clock, desks, handlers } = await openNode()
  await desks.projects.add({ url: '/srv/git/shop.git', forge: 'git', base: 'main' })
  const { key: task } = await clock.run(handlers['task.add']({ title: 'The cart forgets', label: [] }, context))
  const answer = { project: 'file:/srv/git/shop', key: task }
  await clock.run(handlers['task.claim']({ task }, context))
  assert.deepEqual(await clock.run(handlers['task.done']({ task, reason: 'merged' }, context)), {
    ...answer,
    status: 'done',
    reason: 'merged',
  })
  for (const name of ['task.pause', 'task.break'] as const)
    await assert.rejects(clock.run(handlers[name]({ task, reason: 'we talk' }, context)), {
      code: 'TASK_CLOSED',
      message: `${task} is closed, and nobody works on it; what is left to be done is a new task: \`althing task add TITLE --text TEXT\``,
    })
  const held = await clock.run(handlers['task.add']({ title: 'Another', label: [] }, context))
  await clock.run(handlers['task.claim']({ task: held.key }, context))
  await desks.get('shop').source.project(parseTaskKey(held.key) ?? assert.fail(), { add: [], remove: [], state: 'closed' }, context)
  assert.equal(
    (await clock.run(handlers['task.break']({ task: held.key, reason: 'over' }, context))).status,
    'break',
    'who works on it stops',
  )
})

test('a task without a title is not added', async () => {
  const { desks, handlers } = await openNode()
  await desks.projects.add({ url: '/srv/git/shop.git', forge: 'git', base: 'main' })
  for (const title of ['', ' \t'])
    await assert.rejects(handlers['task.add']({ title, label: [] }, context), { code: 'TASK_INVALID', message: /title is empty/ })
})

const gone: GitRemote['listRefs'] = () =>
  Promise.reject(tasksFaults.create('REMOTE_MISSING', { message: 'the git server cannot be used: no such folder' }))
const said =
  'file:/srv/git/gone: the git server cannot be used: no such folder; `althing project list` says where it was; if it is gone for good: `althing project remove file:/srv/git/gone`'

test('a repository that is gone hides no other project: lists and watches tell of the others, and say what is gone', async () => {
  const clock = createVirtualClock({ startsAt: 0 })
  const server = createMemoryServer({ clock }, { latencyMs: 0 }).connect('ada')
  const { desks, handlers, ...node } = await openNode(
    (project) => (project.url.includes('gone') ? { ...server, listRefs: gone } : server),
    clock,
  )
  for (const url of ['/srv/git/gone.git', '/srv/git/shop.git']) await desks.projects.add({ url, forge: 'git', base: 'main' })
  const { key } = await handlers['task.add']({ title: 'The cart forgets', label: [], project: 'shop' }, context)
  const failed = [{ project: 'file:/srv/git/gone', code: 'REMOTE_MISSING', message: said }]
  const list = await node.clock.run(handlers['task.list']({ all: false }, context))
  assert.deepEqual([list.tasks.map((task) => task.key), list.failed], [[key], failed])
  const next = await node.clock.run(handlers['task.next']({}, context))
  assert.equal(next.hindrance, 'ollama does not answer')
  assert.deepEqual([next.next?.key, next.failed], [key, failed])
  const watch = await node.clock.run(handlers['task.watch']({ wait: 0 }, context))
  assert.deepEqual(watch.failed, failed)
  for (const input of [
    { all: false, project: 'gone' },
    { all: true, project: 'gone' },
  ])
    await assert.rejects(node.clock.run(handlers['task.list'](input, context)), { code: 'REMOTE_MISSING', message: said })
  await desks.projects.remove(desks.projects.find('shop').id)
  await assert.rejects(node.clock.run(handlers['task.list']({ all: false }, context)), { code: 'REMOTE_MISSING' })
})

test('a project is added where its repository is bare, its name is free and its base is there', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'althing-add-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  for (const path of ['shop.git', 'shop', 'clone/.git', 'empty']) mkdirSync(join(folder, path), { recursive: true })
  const clock = createVirtualClock({ startsAt: 0 })
  const server = createMemoryServer({ clock }, { latencyMs: 0 }).connect('ada')
  const heads = ['refs/heads/main', 'refs/heads/next', 'refs/heads/althing-closed']
  const id = parseObjectId('a'.repeat(40)) ?? assert.fail()
  const listRefs = (url: string): GitRemote['listRefs'] =>
    url.includes('nothing')
      ? gone
      : async ([prefix]) =>
          new Map((url.includes('empty') ? heads.slice(2) : heads).filter(() => prefix === 'refs/heads/').map((ref) => [ref, id]))
  const { desks, handlers } = await openNode(({ url }) => ({ ...server, listRefs: listRefs(url) }), clock)
  const add = (path: string, base = 'main') => clock.run(handlers['project.add']({ url: join(folder, path), base }, context))
  const refused = (message: RegExp) => ({ code: 'PROJECT_INVALID', message })
  for (const path of ['clone', 'clone/', 'clone/.git'])
    await assert.rejects(add(path), refused(/somebody works in.* give a bare repository/))
  await assert.rejects(add('shop.git', 'nothere'), refused(/has no branch nothere; it has main, next: say with --base/))
  await assert.rejects(add('nothing.git'), { code: 'REMOTE_MISSING', message: 'the git server cannot be used: no such folder' })
  assert.deepEqual(desks.projects.list(), [])
  const shop = await add('shop.git')
  await assert.rejects(add('shop'), refused(/is the repository at .*shop\.git already/))
  assert.equal((await add('shop.git/', 'next')).base, 'next', 'the same repository may be added again')
  assert.equal((await add('empty', 'anything')).base, 'anything')
  assert.equal(desks.projects.find(shop.id).base, 'next')
})
