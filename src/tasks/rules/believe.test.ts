import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Experience } from './believe.ts'
import { believe } from './believe.ts'

const day = 86_400_000
const now = 1_760_000_000_000
const alike = { isSameProject: true, isSameType: true, at: now } as const
const merged: Experience = { ...alike, result: 'merged' }
const failed: Experience = { ...alike, result: 'failed' }
const times = <T>(count: number, one: T): readonly T[] => Array.from({ length: count }, () => one)
const meanOf = (past: readonly Experience[]): number => {
  const { alpha, beta } = believe(past, now)
  return alpha / (alpha + beta)
}
const experiences = fc.array(
  fc.record({
    isSameProject: fc.boolean(),
    isSameType: fc.boolean(),
    result: fc.constantFrom('open', 'in-review', 'merged', 'failed', 'moot'),
    at: fc.integer({ min: now - 4_000 * day, max: now + 4_000 * day }),
  } satisfies { [K in keyof Experience]: fc.Arbitrary<Experience[K]> }),
  { maxLength: 40 },
)

test('who did nothing yet has a fair chance, and so has whose work says nothing of it', () => {
  assert.deepEqual(believe([], now), { alpha: 1, beta: 1 })
  assert.deepEqual(
    believe(
      [
        { ...alike, result: 'open' },
        { ...alike, result: 'moot' },
      ],
      now,
    ),
    { alpha: 1, beta: 1 },
  )
})

test('what was merged is a success, what failed a failure, and what is in review half a success', () => {
  assert.deepEqual(believe([merged, merged, failed], now), { alpha: 3, beta: 2 })
  assert.deepEqual(believe([{ ...alike, result: 'in-review' }], now), { alpha: 1.5, beta: 1 })
})

test('what is thirty days old counts half, and a clock that went back makes nothing count for more', () => {
  assert.deepEqual(believe([{ ...merged, at: now - 30 * day }], now), { alpha: 1.5, beta: 1 })
  assert.deepEqual(believe([{ ...failed, at: now - 60 * day }], now), { alpha: 1, beta: 1.25 })
  assert.deepEqual(believe([{ ...merged, at: now + 30 * day }], now), { alpha: 2, beta: 1 })
})

test('tasks of another type or project are a prior that counts like five at most, and those of the project before those of others', () => {
  const elsewhere = times(100, { ...failed, isSameProject: false })
  assert.deepEqual(believe(elsewhere, now), { alpha: 1, beta: 6 })
  assert.deepEqual(believe(elsewhere.slice(0, 2), now), { alpha: 1, beta: 3 })
  const here = times(15, { ...merged, isSameType: false })
  assert.deepEqual(believe([...elsewhere, ...here], now), { alpha: 4.75, beta: 2.25 })
  assert.deepEqual(believe([...elsewhere, ...times(20, merged)], now), { alpha: 21, beta: 6 })
})

test('a type of task is of no weight in another project: names of types mean something else there', () => {
  const other = { ...failed, isSameProject: false }
  assert.deepEqual(believe([other], now), believe([{ ...other, isSameType: false }], now))
})

test('the mean is a number between nothing and one, never falls by a success and never rises by a failure', () => {
  fc.assert(
    fc.property(experiences, fc.boolean(), fc.boolean(), fc.integer({ min: 0, max: 1_000 }), (past, isSameProject, isSameType, days) => {
      const mean = meanOf(past)
      const more = { isSameProject, isSameType, at: now - days * day }
      assert.ok(mean > 0 && mean < 1, String(mean))
      assert.ok(meanOf([...past, { ...more, result: 'merged' }]) >= mean - 1e-12)
      assert.ok(meanOf([...past, { ...more, result: 'in-review' }]) >= mean - 1e-12)
      assert.ok(meanOf([...past, { ...more, result: 'failed' }]) <= mean + 1e-12)
    }),
  )
})
