import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addToRate, medianOf, perMs, unknownRate } from './rate.ts'

test('a rate is unknown before the first bytes', () => {
  assert.equal(perMs(unknownRate), undefined)
  assert.equal(perMs(addToRate(unknownRate, 0, 100)), undefined)
})

test('bytes over time are a rate, and bytes in no time count as a millisecond', () => {
  assert.equal(perMs(addToRate(unknownRate, 1_000, 10)), 100)
  assert.equal(perMs(addToRate(unknownRate, 1_000, 0)), 1_000)
})

test('what happened lately counts more', () => {
  const slowed = addToRate(addToRate(unknownRate, 10_000, 100), 0, 9_000)
  assert.ok((perMs(slowed) ?? 1) < 0.1)
  const recovered = addToRate(slowed, 300_000, 3_000)
  assert.ok((perMs(recovered) ?? 0) > 45)
})

test('the median of an even number is the lower one, and of none undefined', () => {
  assert.equal(medianOf([]), undefined)
  assert.equal(medianOf([5]), 5)
  assert.equal(medianOf([10, 9, 100]), 10)
  assert.equal(medianOf([4, 1, 3, 2]), 2)
})
