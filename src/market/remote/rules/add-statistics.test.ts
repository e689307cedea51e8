import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addStatistics } from './add-statistics.ts'

test('what members say of the same words is added, and who says nothing of a word adds nothing', () => {
  const sum = addStatistics({ packages: 10, counts: [1, 2] }, { packages: 5, counts: [4] })
  assert.deepEqual(sum, { packages: 15, counts: [5, 2] })
})

test('S2: who claims more than any hive has is believed no further than that', () => {
  const sum = addStatistics({ packages: 10, counts: [] }, { packages: Number.MAX_SAFE_INTEGER, counts: [Number.MAX_SAFE_INTEGER] })
  assert.deepEqual(sum, { packages: 10_000_000, counts: [10_000_000] })
})
