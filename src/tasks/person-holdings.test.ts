import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { silentLog } from '../lib/log.ts'
import { createVirtualClock } from '../lib/virtual-clock.ts'
import { PersonHoldings } from './person-holdings.ts'
import type { Task } from './task.ts'
import { openTestDesk } from './testing/desk-bench.ts'
import { createMemoryServer } from './testing/memory-remote.ts'

const { signal } = new AbortController()
const minute = 60_000

async function openStand(t: TestContext) {
  const clock = createVirtualClock({ startsAt: 1_000_000 })
  const server = createMemoryServer({ clock }, { latencyMs: 5 })
  const open = (name: string) => openTestDesk('/srv/git/shop.git', { name, deps: { clock, openRemote: () => server.connect(name) } })
  const [ada, bob] = [await open('ada'), await open('bob')]
  const holdings = new PersonHoldings({ clock, log: silentLog }, { releaseMs: 5_000 })
  t.after(() => clock.run(holdings[Symbol.asyncDispose]()))
  const task = await ada.add('The cart forgets')
  const claim = (forMs?: number) => clock.run(holdings.claim({ desk: ada.desk, task }, { forMs, signal }))
  const meaningOf = async (of: Task = task) => (await clock.run(bob.desk.sight(of.key, { signal }))).meaning
  return { clock, ada, bob, holdings, task, claim, meaningOf }
}

test('a task that is held for a person is renewed far longer than a lease, and free once it is released', async (t) => {
  const { clock, holdings, task, claim, meaningOf } = await openStand(t)
  const { holder, until } = await claim()
  assert.deepEqual([holder.terms.branch, until], [`althing/${task.key}`, undefined])
  assert.equal((await claim()).holder, holder, 'who asks twice has it once')
  await clock.advance(10 * minute)
  assert.equal(holder.mode, 'working')
  assert.equal((await meaningOf()).meaning, 'held')
  assert.deepEqual(await clock.run(holdings.release(task, { reason: 'by-person: enough', signal })), { pull: undefined })
  assert.deepEqual([(await meaningOf()).meaning, holder.mode], ['free', 'ended'])
  await assert.rejects(clock.run(holdings.release(task, { reason: 'by-person', signal })), { code: 'CLAIM_LOST' })
})

test('a task that is held for a time is given back when that is over, or the node ends', async (t) => {
  const { clock, ada, holdings, claim, meaningOf } = await openStand(t)
  const { until } = await claim(2 * minute)
  assert.equal(until, clock.now() + 2 * minute)
  await clock.advance(2 * minute + 1_000)
  assert.equal((await meaningOf()).meaning, 'free')
  const other = await ada.add('Another')
  await clock.run(holdings.claim({ desk: ada.desk, task: other }, { forMs: undefined, signal }))
  await clock.run(holdings[Symbol.asyncDispose]())
  assert.equal((await meaningOf(other)).meaning, 'free')
})

test('what a person ended is kept no more: whoever claims it then is told how it stands', async (t) => {
  const { clock, ada, holdings, task, claim } = await openStand(t)
  await claim()
  await clock.run(ada.desk.interrupt(task.key, { kind: 'done', reason: 'by-person: merged', signal }))
  await clock.run(holdings.letGo(task))
  assert.equal(ada.desk.inHand.size, 0)
  await assert.rejects(claim(), { code: 'CLAIM_LOST', message: /it is done/ })
})

test('a task whose branch has a pull request goes into review when it is released, and can be taken up again from there', async (t) => {
  const { clock, ada, holdings, task, claim, meaningOf } = await openStand(t)
  const { holder } = await claim()
  const { branch: head, base } = holder.terms
  const { id } = await ada.desk.pulls.openPull({ head, base, title: 'Keep it', body: '' }, { signal })
  assert.deepEqual(await clock.run(holdings.release(task, { reason: 'by-person', signal })), { pull: `record:${id}` })
  assert.equal((await meaningOf()).meaning, 'in-review')
  assert.equal((await claim()).holder.terms.epoch, 2)
})

test('what somebody else has, or a person paused, is not taken for a person', async (t) => {
  const { clock, ada, bob, holdings, task, claim } = await openStand(t)
  await clock.run(bob.desk.claim(task, await clock.run(bob.desk.sight(task.key, { signal })), { epoch: 1, signal }))
  await assert.rejects(claim(), { code: 'CLAIM_LOST', message: /cannot be claimed: it is held/ })
  const paused = await ada.add('Another')
  await clock.run(holdings.claim({ desk: ada.desk, task: paused }, { forMs: undefined, signal }))
  await clock.run(holdings.release(paused, { reason: 'by-person', signal }))
  await clock.run(ada.desk.interrupt(paused.key, { kind: 'pause', reason: 'by-person', signal }))
  await assert.rejects(clock.run(holdings.claim({ desk: ada.desk, task: paused }, { forMs: undefined, signal })), {
    code: 'CLAIM_LOST',
    message: /task break/,
  })
})

test('a task that a person breaks free is held no more, and nothing is said of it then', async (t) => {
  const { clock, bob, task, claim, meaningOf } = await openStand(t)
  const { holder } = await claim()
  await clock.run(bob.desk.interrupt(task.key, { kind: 'break', reason: 'by-person', signal }))
  await clock.advance(minute)
  assert.deepEqual([holder.mode, (await meaningOf()).meaning], ['lost', 'free'])
  assert.equal((await claim()).holder.terms.epoch, 2)
})

test('who asks twice at once has a task once, and it stays in hand', async (t) => {
  const { clock, ada, bob, holdings, task } = await openStand(t)
  const claim = () => holdings.claim({ desk: ada.desk, task }, { forMs: undefined, signal })
  const [first, second] = await clock.run(Promise.all([claim(), claim()]))
  assert.equal(first.holder, second.holder)
  assert.equal(ada.desk.inHand.has(task.key), true)
  // given back and asked for again in one breath: what is held again is in hand
  const again = clock.run(Promise.all([holdings.release(task, { reason: 'by-person', signal }), claim()]))
  assert.equal((await again)[1].holder.terms.epoch, 2)
  assert.equal(ada.desk.inHand.has(task.key), true)
  await clock.run(bob.desk.interrupt(task.key, { kind: 'break', reason: 'by-person', signal }))
  await clock.advance(minute)
  assert.equal(ada.desk.inHand.has(task.key), false)
})

test('what is held for a person says why it ended: its time is over, or the task is', async (t) => {
  const { clock, ada, bob, task, claim } = await openStand(t)
  const reason = async (): Promise<string | undefined> =>
    (await clock.run(bob.desk.sight(task.key, { signal }))).chain?.state.holding?.reason
  await claim(2 * minute)
  await clock.advance(2 * minute + 1_000)
  assert.equal(await reason(), 'by-person: its time is over')
  await claim()
  await clock.run(ada.desk.source.project(task.key, { add: [], remove: [], state: 'closed' }, { signal }))
  await clock.advance(minute)
  assert.equal(await reason(), 'not-eligible: the task is closed')
})

test('while a task is held for a person, or about to be, the worker of the node is told to leave it alone; then no more', async (t) => {
  const { clock, ada, bob, holdings, task, claim } = await openStand(t)
  const inHand: boolean[] = []
  const claiming = claim().then(() => inHand.push(ada.desk.inHand.has(task.key)))
  // its first request is on its way
  await clock.advance(1)
  inHand.push(ada.desk.inHand.has(task.key))
  await claiming
  await clock.run(holdings.release(task, { reason: 'by-person', signal }))
  inHand.push(ada.desk.inHand.has(task.key))
  await clock.run(bob.desk.claim(task, await clock.run(bob.desk.sight(task.key, { signal })), { epoch: 2, signal }))
  await assert.rejects(claim(), { code: 'CLAIM_LOST' })
  inHand.push(ada.desk.inHand.has(task.key))
  assert.deepEqual(inHand, [true, true, false, false])
})

test('what a person merged by hand is over when he says so, while he holds it', async (t) => {
  const { clock, ada, holdings, task, claim, meaningOf } = await openStand(t)
  const { holder } = await claim()
  await clock.run(ada.desk.interrupt(task.key, { kind: 'done', reason: 'by-person: merged', signal }))
  await clock.advance(2 * minute)
  assert.deepEqual([(await meaningOf()).meaning, holder.mode], ['done', 'lost'])
  assert.equal(ada.desk.inHand.has(task.key), false)
  await assert.rejects(clock.run(holdings.release(task, { reason: 'by-person', signal })), { code: 'CLAIM_LOST' })
})

test('a task that failed three times needs a person, and who claims it is told the word of the lists', async (t) => {
  const { clock, bob, task, claim } = await openStand(t)
  for (const epoch of [1, 2, 3]) {
    const attempt = await clock.run(bob.desk.claim(task, await clock.run(bob.desk.sight(task.key, { signal })), { epoch, signal }))
    const { holder } = attempt.result === 'held' ? attempt : assert.fail(attempt.result)
    await clock.run(holder.release('failed: no idea', { signal }))
  }
  await assert.rejects(claim(), { code: 'CLAIM_LOST', message: /it is needs-human; `althing task break/ })
})
