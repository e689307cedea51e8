import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mergeHits } from './merge-hits.ts'

const hit = (name: string, rank: number, source: number, isFull = true) => ({ owner: 'ada', name, rank, source, isFull })

test('what several sources found is one list: whole answers first, as each ranks them', () => {
  const hits = [hit('a', 0, 0), hit('b', 1, 0, false), hit('c', 0, 1), hit('d', 1, 1)]
  assert.deepEqual(
    mergeHits(hits, 10).map(({ name }) => name),
    ['a', 'c', 'd', 'b'],
  )
  assert.equal(mergeHits(hits, 2).length, 2)
})

test('a package that several sources have is there once, as the first says it', () => {
  const found = mergeHits([hit('b', 0, 1), hit('a', 0, 0), hit('b', 1, 0)], 10)
  assert.deepEqual(
    found.map(({ name, source }) => [name, source]),
    [
      ['a', 0],
      ['b', 0],
    ],
  )
})
