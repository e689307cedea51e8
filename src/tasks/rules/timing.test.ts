import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ObjectId } from '../git/objects.ts'
import { backoffMs, judgeRefusal } from './judge-refusal.ts'
import { mayWork, renewalDueMs, timesOfLease, ttlSecondsOf, workLeftMs } from './lease.ts'
import { confirmRequest, emptyLine, judgeOutcome, sendRequest } from './request.ts'
import { isSuspect, judgeTakeover, watchValue } from './watch.ts'

const [one, two, other] = ['1'.repeat(40), '2'.repeat(40), '3'.repeat(40)] as ObjectId[] as [ObjectId, ObjectId, ObjectId]
const minute = 60_000
const times = timesOfLease(15 * minute)

test('a lease of 15 minutes is renewed every 5, with a margin of an eighth; a short one keeps 3 s', () => {
  assert.deepEqual(times, { ttlMs: 900_000, marginMs: 112_500, renewMs: 300_000 })
  assert.deepEqual(timesOfLease(10_000).marginMs, 3_000)
})

test('where a forge limits pushes renewals are as far apart as the nodes need, and the lease with them', () => {
  assert.deepEqual(timesOfLease(minute, 6), { ttlMs: 180_000, marginMs: 22_500, renewMs: 60_000 })
})

test('the lease that a claim says is the one its holder goes by, at most a day', () => {
  const seconds = ttlSecondsOf({ ttlSeconds: 60, limitedNodes: 6 })
  assert.equal(seconds, 180)
  assert.deepEqual(timesOfLease(seconds * 1000), timesOfLease(minute, 6))
  assert.deepEqual(
    [ttlSecondsOf({ ttlSeconds: 900, limitedNodes: 0 }), ttlSecondsOf({ ttlSeconds: 60, limitedNodes: 10_000 })],
    [900, 86_400],
  )
})

test('F17, F18: a holder works until the margin, by the monotonic clock; a closed lid ends it at once, a wall clock set back does not', () => {
  const lease = { sentAt: 1_000, wallAt: 5_000_000 }
  const at = (monotonic: number, wall: number): boolean => mayWork(lease, times, { monotonic: 1_000 + monotonic, wall: 5_000_000 + wall })
  assert.equal(at(787_499, 787_499), true)
  assert.equal(at(787_500, 787_500), false)
  assert.equal(at(minute, minute + 112_500), true)
  assert.equal(at(minute, minute + 112_501), false)
  assert.equal(at(minute, minute - 3_600_000), true)
  assert.equal(workLeftMs(lease, times, { monotonic: 1_000, wall: 5_000_000 }), 787_500)
  assert.equal(renewalDueMs(lease, times, { monotonic: 201_000, wall: 0 }), 100_000)
})

test('a value is suspect after TTL and margin without a change, timed from the first sight of it', () => {
  const watch = watchValue(undefined, one, 100)
  assert.equal(isSuspect(watch, times, 100 + 1_012_499), false)
  assert.equal(isSuspect(watch, times, 100 + 1_012_500), true)
  assert.equal(watchValue(watch, one, 500).since, 100)
  assert.equal(watchValue(watch, two, 500).since, 500)
})

test('who is alive but does not renew keeps the task one TTL longer, and no more', () => {
  const late = 2_000_000
  const watch = watchValue(undefined, one, 0)
  const alive = { isAlive: true }
  assert.equal(judgeTakeover(watch, times, { signs: alive, now: 10 }).verdict, 'wait')
  assert.equal(judgeTakeover(watch, times, { signs: { isAlive: false }, now: late }).verdict, 'take-over')
  const waiting = judgeTakeover(watch, times, { signs: alive, now: late })
  assert.equal(waiting.verdict, 'wait')
  assert.equal(judgeTakeover(waiting.watch, times, { signs: alive, now: late + 899_999 }).verdict, 'wait')
  assert.equal(judgeTakeover(waiting.watch, times, { signs: alive, now: late + 900_000 }).verdict, 'take-over')
})

test('F21: after a refusal or no answer the ref decides: lost only if its value is not of our own chain', () => {
  const held = confirmRequest(sendRequest(emptyLine, { old: undefined, next: one }))
  const renewing = sendRequest(held, { old: one, next: two })
  const quiet = { mayBeOnItsWay: false }
  assert.equal(judgeOutcome(renewing, two, quiet).outcome, 'accepted')
  assert.equal(judgeOutcome(renewing, one, quiet).outcome, 'refused')
  assert.equal(judgeOutcome(renewing, one, { mayBeOnItsWay: true }).outcome, 'unknown')
  assert.equal(judgeOutcome(renewing, other, quiet).outcome, 'lost')
  assert.equal(judgeOutcome(renewing, undefined, quiet).outcome, 'regressed')
  const further = confirmRequest(renewing)
  assert.equal(judgeOutcome(further, two, quiet).outcome, 'refused')
  assert.equal(judgeOutcome(further, one, quiet).outcome, 'regressed')
  assert.equal(confirmRequest(further), further)
})

test('F21: a request that counts as refused and stands there all the same is what the next one stands upon', () => {
  const held = confirmRequest(sendRequest(emptyLine, { old: undefined, next: one }))
  const refused = judgeOutcome(sendRequest(held, { old: one, next: two }), one, { mayBeOnItsWay: false }).line
  const judged = judgeOutcome(sendRequest(refused, { old: one, next: other }), two, { mayBeOnItsWay: false })
  assert.deepEqual([judged.outcome, judged.line.known, judged.line.pending], ['refused', two, undefined])
})

test('an absent ref proves nothing of a first claim that was not answered', () => {
  const asking = sendRequest(emptyLine, { old: undefined, next: one })
  assert.equal(judgeOutcome(asking, undefined, { mayBeOnItsWay: true }).outcome, 'unknown')
  assert.equal(judgeOutcome(asking, undefined, { mayBeOnItsWay: false }).outcome, 'refused')
  const taking = sendRequest(emptyLine, { old: other, next: one })
  assert.equal(judgeOutcome(taking, undefined, { mayBeOnItsWay: false }).outcome, 'unknown')
  assert.deepEqual(sendRequest(asking, { old: undefined, next: one }), asking)
})

test('a hook or a protected branch is a policy; words nobody knows are contention', () => {
  for (const reason of ['pre-receive hook declined', 'protected branch', 'deny updating a hidden ref', 'GH006: no'])
    assert.equal(judgeRefusal(reason), 'policy', reason)
  for (const reason of ['failed to update ref', 'cannot lock ref', 'stale info', ''])
    assert.equal(judgeRefusal(reason), 'contention', reason)
})

test('tries are further and further apart, up to five minutes', () => {
  assert.deepEqual([backoffMs(0, 0), backoffMs(0, 1), backoffMs(3, 1), backoffMs(40, 1)], [500, 1_000, 8_000, 300_000])
})
