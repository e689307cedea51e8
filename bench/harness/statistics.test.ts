import assert from 'node:assert/strict'
import { test } from 'node:test'
import { medianOf, quantileOf } from './statistics.ts'

test('the median of an odd count is the middle value, of an even count the mean of the two middle ones', () => {
  assert.equal(medianOf([3, 100, 1]), 3)
  assert.equal(medianOf([1, 2, 4, 100]), 3)
})

test('a quantile lies between the values around it', () => {
  assert.equal(quantileOf([0, 10], 0.9), 9)
})

test('no values, or one that is no number, give no figure', () => {
  assert.throws(() => medianOf([]), RangeError)
  assert.throws(() => medianOf([1, Number.NaN]), RangeError)
})
