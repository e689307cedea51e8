import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ClaimsReport } from './claims-simulation.ts'
import { ClaimsSimulation } from './claims-simulation.ts'

async function simulate(options: { readonly seed: number; readonly isTroubled: boolean }): Promise<ClaimsReport> {
  return new ClaimsSimulation({ nodes: 6, tasks: 12, ...options }).run()
}

test('where nothing goes wrong each of twelve tasks is claimed exactly once by six workers, with at most 1.5 tries', async () => {
  const report = await simulate({ seed: 1, isTroubled: false })
  assert.deepEqual(report.violations, [])
  assert.deepEqual([report.once, report.holdings], [12, 12])
  assert.ok(report.tries <= 18, `${report.tries} tries`)
})

test('F3 F4 F10–F14 F16–F19 F21 F27 F28 F35: whatever goes wrong, G1–G4 hold in the log of the server, and every task ends; a seed gives the same trace', async (t) => {
  const seed = 7
  t.diagnostic(`seed ${seed}`)
  const [report, again] = [await simulate({ seed, isTroubled: true }), await simulate({ seed, isTroubled: true })]
  assert.deepEqual(report.violations, [])
  assert.ok(report.holdings > 12, 'nothing that went wrong took a task from anybody')
  assert.equal(report.trace, again.trace)
})
