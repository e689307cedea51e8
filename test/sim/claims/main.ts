import { parseArgs } from 'node:util'
import { readCount } from '../read-count.ts'
import { ClaimsSimulation } from './claims-simulation.ts'
import type { ClaimsReport } from './claims-simulation.ts'

/** `npm run sim -- claims`: real workers on a simulated forge, for one seed or many. */
export async function simulateClaims(words: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...words],
    options: {
      nodes: { type: 'string', default: '50' },
      tasks: { type: 'string', default: '200' },
      seed: { type: 'string', default: '1' },
      seeds: { type: 'string', default: '1' },
      calm: { type: 'boolean', default: false },
    },
  })
  const [nodes, tasks] = [readCount('nodes', values.nodes), readCount('tasks', values.tasks)]
  const [first, seeds] = [readCount('seed', values.seed), readCount('seeds', values.seeds)]
  console.log(`simulating claims: ${nodes} nodes, ${tasks} tasks, ${seeds} seeds from ${first}${values.calm ? ', nothing goes wrong' : ''}`)
  let [tries, isGood] = [0, true]
  for (let seed = first; seed < first + seeds; seed++) {
    const startedAt = performance.now()
    const report = await new ClaimsSimulation({ nodes, tasks, seed, isTroubled: !values.calm }).run()
    tries += report.tries
    console.log(describeReport(seed, { tasks, report, seconds: (performance.now() - startedAt) / 1_000 }))
    for (const violation of report.violations) console.error(`  violated: ${violation}`)
    if (report.violations.length === 0) continue
    isGood = false
    console.error(`  replay with: npm run sim -- claims --nodes ${nodes} --tasks ${tasks} --seed ${seed}${values.calm ? ' --calm' : ''}`)
  }
  console.log(
    `${(tries / (tasks * seeds)).toFixed(2)} tries per task over ${seeds} seeds; ${isGood ? 'every guarantee holds' : 'a guarantee is broken'}`,
  )
  process.exitCode = isGood ? 0 : 1
}

function describeReport(
  seed: number,
  { tasks, report, seconds }: { readonly tasks: number; readonly report: ClaimsReport; readonly seconds: number },
): string {
  const faults = Object.entries(report.faults).map(([name, count]) => `${count} ${name}`)
  const pushes = Object.entries(report.pushes).map(([name, count]) => `${count} ${name}`)
  return [
    `seed ${seed}: ${tasks} tasks, ${report.once} held once, ${report.holdings} holdings, ${(report.tries / tasks).toFixed(2)} tries per task`,
    `  ${report.virtualSeconds} virtual seconds in ${seconds.toFixed(1)} s; ${report.gossiped} words, ${report.forgeRequests} requests to the forge`,
    `  pushes: ${pushes.join(', ')}`,
    `  faults: ${faults.length === 0 ? 'none' : faults.join(', ')}`,
    `  trace ${report.trace}`,
  ].join('\n')
}
