import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSteady, judgeBackoff } from './backoff.ts'

const limits = { redialBaseMs: 1000, redialMaxMs: 60_000 }

test('F12: the delay doubles with each failure up to the longest', () => {
  assert.deepEqual(
    [0, 1, 2, 5, 6, 1000].map((failures) => judgeBackoff(failures, limits, 1)),
    [1000, 2000, 4000, 32_000, 60_000, 60_000],
  )
})

test('F30: chance spreads it over its second half', () => {
  assert.deepEqual(
    [0, 0.5, 1].map((fraction) => judgeBackoff(1, limits, fraction)),
    [1000, 1500, 2000],
  )
})

test('F12: only a connection that lasted as long as the longest delay counts as steady', () => {
  assert.deepEqual(
    [59_999, 60_000].map((lasted) => isSteady(lasted, limits)),
    [false, true],
  )
})
