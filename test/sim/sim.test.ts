import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SimulationReport } from './simulation.ts'
import { Simulation } from './simulation.ts'

/** A seed whose script has every kind of fault, and restores that fork. */
const seed = 11

async function simulate(options: { readonly seed: number; readonly minutes: number }): Promise<SimulationReport> {
  return new Simulation({ nodes: 12, membership: 'grants', faultsPerMinute: 3, ...options }).run()
}

test('F10 F11 F13 F16 F17 F18 F35 S10: twelve nodes converge after partitions, cuts, loss, sleep, skew, restarts and restores, and lose nothing', async () => {
  const report = await simulate({ seed, minutes: 10 })
  assert.deepEqual(report.violations, [])
  assert.ok(report.commits > 2000, `${report.commits} commits`)
  assert.ok(report.incarnations > 0, 'no restore forked')
  assert.deepEqual(Object.keys(report.faults).toSorted(), ['noise', 'one-way', 'partition', 'restart', 'restore', 'skew', 'sleep'])
  // S10: a member is thrown out half-way, and what it wrote past that counts with nobody.
  assert.ok(report.forbidden > 0, 'nobody wrote past a revocation')
})

test('the same seed gives the same trace, and another seed another', async () => {
  const [first, second, other] = [
    await simulate({ seed: 2, minutes: 1 }),
    await simulate({ seed: 2, minutes: 1 }),
    await simulate({ seed: 3, minutes: 1 }),
  ]
  assert.equal(first.trace, second.trace)
  assert.notEqual(first.trace, other.trace)
})
