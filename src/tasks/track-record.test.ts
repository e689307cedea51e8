import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { VirtualClock } from '../lib/virtual-clock.ts'
import { createVirtualClock } from '../lib/virtual-clock.ts'
import type { ClaimHolder } from './claims/holder.ts'
import type { ProjectDesk } from './desk.ts'
import { createProjects } from './projects.ts'
import type { Task } from './task.ts'
import type { TestDesk } from './testing/desk-bench.ts'
import { openTestDesk } from './testing/desk-bench.ts'
import { createMemoryServer } from './testing/memory-remote.ts'

const { signal } = new AbortController()
const models = ['ollama/qwen3-coder']

/** Desks of two nodes on one server in memory. */
async function openStand() {
  const clock = createVirtualClock({ startsAt: 1_760_000_000_000 })
  const server = createMemoryServer({ clock }, { latencyMs: 5 })
  const open = (name: string): Promise<TestDesk> =>
    openTestDesk('/srv/git/shop.git', { name, deps: { clock, openRemote: () => server.connect(name) } })
  return { clock, ada: await open('ada'), bob: await open('bob') }
}

/** A task that is claimed with what was seen, as a worker does. */
async function take(clock: VirtualClock, desk: ProjectDesk, task: Task, reason?: string): Promise<ClaimHolder> {
  const sight = await clock.run(desk.sight(task.key, { signal }))
  const epoch = (sight.chain?.state.holding?.epoch ?? 0) + 1
  const attempt = await clock.run(desk.claim(task, sight, { epoch, signal, ...(reason === undefined ? {} : { reason }) }))
  if (attempt.result !== 'held') throw new Error(attempt.result)
  await desk.record.begin(task, { epoch, models })
  return attempt.holder
}

/** What a look at all claims leaves in the record. */
async function look(clock: VirtualClock, desk: ProjectDesk) {
  await clock.run(desk.sights({ signal }))
  return desk.record.countLike('bug')
}

test('what is given back as failed is a failure, and what is in review or merged went well', async () => {
  const { clock, ada } = await openStand()
  const [one, two, three] = [await ada.add('Fix one'), await ada.add('Fix two'), await ada.add('Fix three')]
  await clock.run((await take(clock, ada.desk, one)).release('failed: no answer', { signal }))
  assert.deepEqual(await look(clock, ada.desk), { tried: 1, wentWell: 0 })
  await clock.run((await take(clock, ada.desk, two)).review('1', { signal }))
  await take(clock, ada.desk, three)
  assert.deepEqual(await look(clock, ada.desk), { tried: 2, wentWell: 1 })
  await clock.run(ada.desk.interrupt(two.key, { kind: 'done', reason: 'merged', signal }))
  assert.deepEqual(await look(clock, ada.desk), { tried: 2, wentWell: 1 })
})

test('what another node says of a pull request counts for who opened it, and not for the other', async () => {
  const { clock, ada, bob } = await openStand()
  const task = await ada.add('Fix the cart')
  await clock.run((await take(clock, ada.desk, task)).review('1', { signal }))
  assert.deepEqual(await look(clock, ada.desk), { tried: 1, wentWell: 1 })
  await take(clock, bob.desk, task, 'changes-requested')
  assert.deepEqual(await look(clock, ada.desk), { tried: 1, wentWell: 0 })
  assert.deepEqual(await look(clock, bob.desk), { tried: 0, wentWell: 0 })
})

for (const reason of [
  'shutdown: the node ends',
  'model-down: it is loading',
  'agent-down: log in first',
  'node-failed: ENOSPC',
  'forge-down: 502',
  'by-person: no',
])
  test(`a task that is given back with "${reason}" counts for nothing`, async () => {
    const { clock, ada } = await openStand()
    const task = await ada.add('Fix the cart')
    const before = ada.desk.record.sampleSuccess(task, { epoch: 9, models })
    await clock.run((await take(clock, ada.desk, task)).release(reason, { signal }))
    assert.deepEqual(await look(clock, ada.desk), { tried: 0, wentWell: 0 })
    assert.equal(ada.desk.record.sampleSuccess(task, { epoch: 9, models }), before)
  })

test('a task that was lost to another node counts for nothing', async () => {
  const { clock, ada, bob } = await openStand()
  const task = await ada.add('Fix the cart')
  await take(clock, ada.desk, task)
  await take(clock, bob.desk, task, 'expired')
  assert.deepEqual(await look(clock, ada.desk), { tried: 0, wentWell: 0 })
})

test('the record outlives the process: what ended while nobody looked is learned by the next one, and stays when the chain is collected', async () => {
  const { clock, ada } = await openStand()
  const [one, two] = [await ada.add('Fix one'), await ada.add('Fix two')]
  await clock.run((await take(clock, ada.desk, one)).release('failed: no answer', { signal }))
  await clock.run((await take(clock, ada.desk, two)).review('1', { signal }))
  const next = ada.reopen({ collectAfterMs: 0 })
  assert.deepEqual(await look(clock, next), { tried: 2, wentWell: 1 })
  await clock.run(next.interrupt(two.key, { kind: 'done', reason: 'merged', signal }))
  await look(clock, next)
  await next.source.project(two.key, { add: [], remove: [], state: 'closed' }, { signal })
  assert.equal(await clock.run(next.collect({ signal })), 1)
  const last = ada.reopen()
  assert.deepEqual(await look(clock, last), { tried: 2, wentWell: 1 })
})

test('what a forge that was rolled back says of a task takes nothing back', async () => {
  const { clock, ada } = await openStand()
  const task = await ada.add('Fix the cart')
  const holder = await take(clock, ada.desk, task)
  const early = await clock.run(ada.desk.sight(task.key, { signal }))
  await clock.run(holder.review('1', { signal }))
  await look(clock, ada.desk)
  const newest = holder.head ?? assert.fail('it was not confirmed')
  await ada.desk.record.learn(new Map([[task.key, { ...early, meaning: { meaning: 'regressed', newest } }]]), () => [])
  assert.deepEqual(ada.desk.record.countLike('bug'), { tried: 1, wentWell: 1 })
})

test('a node draws the same number at every look at an epoch, and bids less after a failure, more after a success', async () => {
  const { clock, ada } = await openStand()
  const task = await ada.add('Fix the last cart')
  const sample = (): number => ada.desk.record.sampleSuccess(task, { epoch: 1, models })
  const fair = sample()
  assert.equal(sample(), fair)
  const failing = await ada.add('Fix the till')
  await clock.run((await take(clock, ada.desk, failing)).release('failed: no answer', { signal }))
  await look(clock, ada.desk)
  const poor = sample()
  for (const title of ['Fix one', 'Fix two', 'Fix three']) {
    const done = await ada.add(title)
    await clock.run((await take(clock, ada.desk, done)).review(title, { signal }))
  }
  await look(clock, ada.desk)
  assert.ok(poor < fair && sample() > fair, `${poor}, ${fair}, ${sample()}`)
  assert.equal(ada.desk.record.sampleSuccess(task, { epoch: 1, models: ['lab/other'] }), fair)
})

test('of a thousand holdings the oldest are forgotten, and with a project all of its', async () => {
  const { clock, ada } = await openStand()
  const task = await ada.add('Fix the cart')
  for (let epoch = 1; epoch <= 1_005; epoch++) {
    await clock.advance(1)
    await ada.desk.record.begin(task, { epoch, models })
  }
  const kept = () => ada.own.database.all<{ readonly epoch: number }>('select epoch from holding_result').map(({ epoch }) => epoch)
  assert.deepEqual([kept().length, Math.min(...kept())], [1_000, 6])
  await createProjects(ada.own).remove(ada.desk.project.id)
  assert.deepEqual(kept(), [])
})
