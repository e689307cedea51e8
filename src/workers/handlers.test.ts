import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { createSeededChance } from '../lib/chance.ts'
import { createEvents } from '../lib/events.ts'
import { silentLog } from '../lib/log.ts'
import { createVirtualClock } from '../lib/virtual-clock.ts'
import type { CallContext, Progress } from '../operations/define-operation.ts'
import type { Desks } from '../tasks/desks.ts'
import type { ProjectId, Task } from '../tasks/task.ts'
import type { TestDesk } from '../tasks/testing/desk-bench.ts'
import { openTestDesk } from '../tasks/testing/desk-bench.ts'
import { createMemoryServer } from '../tasks/testing/memory-remote.ts'
import { Escalations } from './escalations.ts'
import type { WorkerHandlerDeps } from './handlers.ts'
import { createWorkerHandlers } from './handlers.ts'
import type { Approve } from './proposal.ts'
import { testSettings } from './testing/test-settings.ts'
import type { Workbench } from './work-desk.ts'
import { wordsOfEnding } from './work-end.ts'

const options = { ...testSettings, label: 'bzzz-task', maxTasks: 1, pollMs: 1_000, lookMs: 60_000, collectEveryMs: 10_000 }
const started: { role: string; scope: string[]; once: boolean; approve: boolean; for?: number } = {
  role: 'backend',
  scope: [],
  once: false,
  approve: false,
}

/** A node whose workbench opens when a test says so, and whose agent asks for approval. */
async function openNode(t: TestContext) {
  const clock = createVirtualClock({ startsAt: 1_000_000 })
  const server = createMemoryServer({ clock }, { latencyMs: 5 })
  const ada: TestDesk = await openTestDesk('/srv/git/shop.git', { deps: { clock, openRemote: () => server.connect('ada') } })
  const bench = Promise.withResolvers<void>()
  const stopping = new AbortController()
  const ends: AbortSignal[] = []
  const supervise =
    (approve: Approve | undefined): Workbench['supervise'] =>
    async (_desk, { task, holder }, waiting) => {
      const proposal = { task, branch: holder.terms.branch, base: 'main', title: 'Keep it', body: 'Kept.', change: '' }
      const isYes = approve === undefined || (await approve(proposal, waiting))
      await holder.release('shutdown', waiting)
      return { end: 'released', reason: isYes ? 'pushed' : 'by-person' }
    }
  const deps: WorkerHandlerDeps = {
    ...{ clock, chance: createSeededChance(7), log: silentLog, findTasks: () => undefined, stopping: stopping.signal },
    // of the desks of a hive only `all` is asked here
    findDesks: () => ({ all: () => [ada.desk] }) as unknown as Desks,
    openWorkbench: async (_hive, { approve, signal }) => {
      ends.push(signal)
      await bench.promise
      const holds = { agent: 'ada:backend', holds: 'a test', model: 'none', price: 0, answerHelp: undefined }
      const looks = { findHindrance: () => undefined, isMerged: async () => false, compareBranches: async () => 'none' as const }
      return { ...holds, ...looks, supervise: supervise(approve) }
    },
    prompts: createEvents<{ 'project:prompted': readonly [project: ProjectId] }>(),
    openEscalations: () =>
      new Escalations(
        { clock, chance: createSeededChance(7), log: silentLog, fetch, readSecret: async () => '' },
        { url: '', timeoutMs: 1_000, agent: 'ada:backend' },
      ),
  }
  const handlers = createWorkerHandlers(deps, options)
  t.after(async () => clock.run(Promise.resolve(handlers[Symbol.asyncDispose]())))
  const told: Progress[] = []
  const context: CallContext = { signal: new AbortController().signal, hive: undefined, report: (progress) => told.push(progress) }
  const start = (change: Partial<typeof started> = {}) => handlers['worker.start']({ ...started, ...change }, context)
  const ask = (name: 'worker.status' | 'worker.stop' | 'worker.pause') => clock.run(handlers[name]({}, context))
  return { clock, ada, handlers, context, bench, told, start, ask, stopping, ends }
}

test('a worker whose workbench still opens is there: a second is refused, a pause is kept, and a stop ends it', async (t) => {
  const { clock, bench, start, ask } = await openNode(t)
  assert.equal((await ask('worker.status')).state, 'stopped')
  const running = start()
  await clock.settle()
  assert.equal((await ask('worker.status')).state, 'looking')
  await assert.rejects(start(), { code: 'WORKER_RUNS' })
  const pausing = ask('worker.pause')
  bench.resolve()
  assert.equal((await pausing).state, 'paused')
  const stopped = await ask('worker.stop')
  assert.deepEqual([stopped.state, 'wasRunning' in stopped && stopped.wasRunning], ['stopped', true])
  assert.equal((await clock.run(running)).state, 'stopped')
})

test('a workbench that cannot be opened leaves no worker behind', async (t) => {
  const { clock, bench, start, ask } = await openNode(t)
  const running = start()
  bench.reject(new Error('no sandbox'))
  await assert.rejects(clock.run(running), { message: 'no sandbox' })
  assert.equal((await ask('worker.pause')).state, 'stopped')
  const none = await ask('worker.stop')
  assert.equal('wasRunning' in none && none.wasRunning, false)
  await assert.rejects(clock.run(start()), { message: 'no sandbox' })
})

for (const refuse of [false, true])
  test(`a worker that asks goes on once it is told ${refuse ? 'no' : 'yes'}, and who answers late is told so`, async (t) => {
    const { clock, ada, handlers, context, bench, told, start } = await openNode(t)
    bench.resolve()
    const task: Task = await ada.add('The cart forgets')
    const running = start({ once: true, approve: true })
    await clock.advance(2_000)
    const question = told.find((progress) => progress.question !== undefined)?.question ?? assert.fail()
    assert.ok(told.some(({ stage }) => stage.includes(`pushed to althing/${task.key}`)))
    const answer = () => clock.run(handlers['worker.approve']({ question, refuse }, context))
    assert.deepEqual(await answer(), { question, status: 'answered' })
    assert.equal((await clock.run(running)).ended.released, 1)
    assert.match(told.at(-1)?.stage ?? '', refuse ? /by-person/ : /pushed/)
    assert.deepEqual(await answer(), { question, status: 'gone' })
  })

test('work is called off in words that tell a worker that was stopped, or whose time is over, from a node that ends', async (t) => {
  const { clock, bench, start, ask, stopping, ends } = await openNode(t)
  bench.resolve()
  const stopped = start()
  await clock.settle()
  await ask('worker.stop')
  await clock.run(stopped)
  await clock.run(start({ for: 5 }))
  const last = start()
  await clock.settle()
  stopping.abort(new Error('SIGTERM'))
  await clock.run(last)
  assert.deepEqual(ends.map(wordsOfEnding), ['the worker ends', 'the worker ends', 'the node ends'])
})

test('a worker is not started in a scope outside of the repository', async (t) => {
  const { clock, bench, start, ask } = await openNode(t)
  for (const outside of ['../x', 'src/../../x', '/srv'])
    await assert.rejects(start({ scope: ['src', outside] }), { code: 'WORKER_CONFIG_INVALID', message: /leads out of the repository/ })
  assert.equal((await ask('worker.status')).state, 'stopped')
  const inside = start({ scope: ['./src/ui', '..x'] })
  bench.reject(new Error('opened'))
  await assert.rejects(clock.run(inside), { message: 'opened' })
})
