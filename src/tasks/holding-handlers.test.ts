import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLog } from '../lib/log.ts'
import { createVirtualClock } from '../lib/virtual-clock.ts'
import type { CallContext } from '../operations/define-operation.ts'
import { createDesks } from './desks.ts'
import { createHoldingHandlers } from './holding-handlers.ts'
import { PersonHoldings } from './person-holdings.ts'
import { openTestDesk, testDeskOptions } from './testing/desk-bench.ts'
import { createMemoryServer } from './testing/memory-remote.ts'

const context: CallContext = { signal: new AbortController().signal, hive: undefined, report: () => {} }

/** A node with two projects of the same server. */
async function openNode() {
  const clock = createVirtualClock({ startsAt: 1_000_000 })
  const server = createMemoryServer({ clock }, { latencyMs: 5 })
  const { own } = await openTestDesk('/srv/git/shop.git', { deps: { clock, openRemote: () => server.connect('ada') } })
  const desks = createDesks(own, testDeskOptions)
  for (const url of ['/srv/git/shop.git', '/srv/git/api.git']) await desks.projects.add({ url, forge: 'git', base: 'main' })
  const holdings = new PersonHoldings({ clock, log: silentLog }, { releaseMs: 5_000 })
  const open = (isTransient: boolean) =>
    createHoldingHandlers({ clock, findDesks: () => desks, findTasks: () => undefined, holdings, isTransient }, { pollMs: 1_000 })
  const task = await desks.get('shop').records?.add({ title: 'The cart forgets', body: '', labels: ['bzzz-task'] })
  return { clock, desks, holdings, open, key: task?.key ?? assert.fail() }
}

test('the project of a task is the one that was named, else that of the folder, else the only one', async () => {
  const { clock, holdings, open, key } = await openNode()
  const handlers = open(false)
  const claim = (input: { readonly task: string; readonly near?: string; readonly project?: string }) =>
    clock.run(handlers['task.claim'](input, context))
  await assert.rejects(claim({ task: 'issue-7' }), {
    code: 'PROJECT_MISSING',
    message: 'name a project: this node has file:/srv/git/api, file:/srv/git/shop',
  })
  await assert.rejects(claim({ task: 't-000000000000', near: '/srv/git/api.git' }), {
    code: 'TASK_MISSING',
    message: /^file:\/srv\/git\/api, file:\/srv\/git\/shop have no task/,
  })
  await assert.rejects(claim({ task: key, project: 'api' }), { code: 'TASK_MISSING' })
  const held = await claim({ task: key, near: 'file:///srv/git/shop.git' })
  assert.deepEqual([held.project, held.forge, held.branch, held.until], ['file:/srv/git/shop', 'git', `althing/${key}`, null])
  assert.equal((await claim({ task: `shop#${key}`, near: '/srv/git/api.git' })).key, key, 'what is named wins over the folder')
  assert.equal((await claim({ task: key, project: 'shop', near: '/srv/git/api.git' })).key, key)
  assert.equal(
    (await claim({ task: key, near: '/srv/git/api.git' })).project,
    'file:/srv/git/shop',
    'the key of a record is that of one task',
  )
  assert.equal((await claim({ task: key, near: 'https://elsewhere.org/x/y' })).project, 'file:/srv/git/shop')
  const released = await clock.run(handlers['task.release']({ task: key, near: '/srv/git/shop.git' }, context))
  assert.deepEqual(released, { project: 'file:/srv/git/shop', key, status: 'released', pull: null })
  await clock.run(holdings[Symbol.asyncDispose]())
})

test('a node that leaves at once holds nothing for anybody, and says what to do', async () => {
  const { clock, open, key } = await openNode()
  await assert.rejects(clock.run(open(true)['task.claim']({ task: `shop#${key}` }, context)), {
    code: 'CLAIM_NEEDS_NODE',
    message: /althing p2p start/,
  })
})

test('a watch is of the projects that were named, of that of the folder, or of all', async () => {
  const { clock, desks, open } = await openNode()
  const watch = open(false)['task.watch']
  const begin = (await clock.run(watch({ wait: 0 }, context))).after
  await desks.get('api').records?.add({ title: 'Answer', body: '', labels: ['bzzz-task'] })
  const here = await clock.run(watch({ wait: 0, after: begin, near: '/srv/git/shop.git' }, context))
  const all = await clock.run(watch({ wait: 0, after: begin }, context))
  assert.deepEqual([here.items.length, all.items.map(({ event, title }) => `${event} ${title}`)], [0, ['added Answer']])
})
