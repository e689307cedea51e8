import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { nodeOf } from '../../journal/testing/bench-of-peers.ts'
import { createSeededChance } from '../../lib/chance.ts'
import { drawOf, sampleSuccess } from './sample-success.ts'

const shape = fc.double({ min: 1, max: 1_001, noNaN: true })
const draw = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

test('where nothing is known a sample is the draw itself', () => {
  for (const at of [0, 0.1, 0.5, 0.999_9]) assert.ok(Math.abs(sampleSuccess({ alpha: 1, beta: 1 }, at) - at) < 1e-9)
})

test('a sample is the quantile of the Beta distribution that the draw names', () => {
  // by hand: P(x) = x² for (2, 1), 1 - (1 - x)³ for (1, 3), and a half of what is symmetric
  assert.ok(Math.abs(sampleSuccess({ alpha: 2, beta: 1 }, 0.25) - 0.5) < 1e-3)
  assert.ok(Math.abs(sampleSuccess({ alpha: 1, beta: 3 }, 0.875) - 0.5) < 1e-3)
  assert.ok(Math.abs(sampleSuccess({ alpha: 400, beta: 400 }, 0.5) - 0.5) < 1e-3)
  assert.ok(sampleSuccess({ alpha: 1, beta: 1_001 }, 0.999) < 0.01)
})

test('samples have the mean of what is believed', () => {
  const seed = 11
  const chance = createSeededChance(seed)
  const samples = Array.from({ length: 2_000 }, () => sampleSuccess({ alpha: 8, beta: 2 }, chance.fraction()))
  const mean = samples.reduce((sum, sample) => sum + sample, 0) / samples.length
  assert.ok(Math.abs(mean - 0.8) < 0.01, `seed ${seed}: ${mean}`)
})

test('a sample is a number between nothing and one, is the same for the same draw, and never falls by a success', () => {
  fc.assert(
    fc.property(shape, shape, draw, fc.double({ min: 0, max: 50, noNaN: true }), (alpha, beta, at, more) => {
      const sample = sampleSuccess({ alpha, beta }, at)
      assert.ok(sample >= 0 && sample <= 1, String(sample))
      assert.equal(sampleSuccess({ alpha, beta }, at), sample)
      assert.ok(sampleSuccess({ alpha: alpha + more, beta }, at) >= sample - 1e-9)
      assert.ok(sampleSuccess({ alpha, beta: beta + more }, at) <= sample + 1e-9)
    }),
    { numRuns: 50 },
  )
})

test('a node draws once for an epoch of a task, another number than others do and than for the next epoch, all over the range', () => {
  const one = { self: nodeOf('ada'), task: 'forge.example.org/team/shop#issue-7', epoch: 1 }
  assert.equal(drawOf(one), drawOf({ ...one }))
  const others = [one, { ...one, self: nodeOf('bob') }, { ...one, epoch: 2 }, { ...one, task: 'forge.example.org/team/shop#issue-8' }]
  assert.equal(new Set(others.map(drawOf)).size, 4)
  const draws = Array.from({ length: 1_000 }, (_, epoch) => drawOf({ ...one, epoch }))
  assert.ok(draws.every((number) => number >= 0 && number < 1))
  const mean = draws.reduce((sum, number) => sum + number, 0) / draws.length
  assert.ok(Math.abs(mean - 0.5) < 0.05, String(mean))
})
