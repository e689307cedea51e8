import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLog } from '../lib/log.ts'
import { createVirtualClock } from '../lib/virtual-clock.ts'
import type { CallContext } from '../operations/define-operation.ts'
import { createDesks } from './desks.ts'
import type { DeskDeps } from './desk.ts'
import { createTaskHandlers } from './handlers.ts'
import { PersonHoldings } from './person-holdings.ts'
import { parseTaskKey } from './task.ts'
import { openTestDesk, testDeskOptions } from './testing/desk-bench.ts'
import { createMemoryServer } from './testing/memory-remote.ts'

const context: CallContext = { signal: new AbortController().signal, hive: undefined, report: () => {} }

/** A node with projects of servers in memory; `openRemote` says which. */
async function openNode(openRemote?: DeskDeps['openRemote']) {
  const clock = createVirtualClock({ startsAt: 1_000_000 })
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
