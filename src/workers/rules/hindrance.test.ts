import assert from 'node:assert/strict'
import { test } from 'node:test'
import { meetHindrance, restMs } from './hindrance.ts'

const at = (now: number, reason = 'the model is down') => ({ reason, now, pollMs: 10_000 })

test('a hindrance that is met again after its rest is rested from for twice as long', () => {
  const first = meetHindrance(undefined, at(0))
  assert.deepEqual(first, { reason: 'the model is down', times: 1, until: 20_000 })
  assert.deepEqual(meetHindrance(first, at(20_000)), { reason: 'the model is down', times: 2, until: 60_000 })
})

test('tasks that meet one hindrance at once count as one, and the last says why', () => {
  const first = meetHindrance(undefined, at(0))
  assert.deepEqual(meetHindrance(first, at(5_000, 'no key')), { reason: 'no key', times: 1, until: 20_000 })
})

test('a rest is never longer than 256 polls', () => {
  assert.equal(restMs(8, 10_000), 2_560_000)
  assert.equal(restMs(100, 10_000), 2_560_000)
})
