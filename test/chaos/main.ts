import { parseArgs } from 'node:util'
import { readCount } from '../sim/read-count.ts'
import { runChaos } from './chaos.ts'

/** `npm run chaos`: real nodes, real tasks, and everything that can go wrong on one machine. Ends with 1 when a guarantee is broken. */
const { values } = parseArgs({
  options: {
    nodes: { type: 'string', default: '3' },
    tasks: { type: 'string', default: '12' },
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1_000_000) + 1) },
  },
})
const [nodes, tasks] = [readCount('nodes', values.nodes), readCount('tasks', values.tasks)]
const [seconds, seed] = [readCount('seconds', values.seconds), readCount('seed', values.seed)]
const ends: (() => unknown)[] = []
try {
  console.log(`chaos with seed ${seed}`)
  const report = await runChaos({ after: (end) => void ends.unshift(end) }, { nodes, tasks, seconds, seed }, console.log)
  const listed = (counts: Readonly<Record<string, number>>): string =>
    Object.entries(counts)
      .map(([name, count]) => `${count} ${name}`)
      .join(', ')
  const { pushes, firstClaimMs, requests } = report
  const tries = (pushes['claim'] ?? 0) + (pushes['takeover'] ?? 0)
  console.log(
    `what went wrong: ${listed(report.faults)}; ${requests.failed} of ${requests.asked} requests to the forge; ${requests.pushes} pushes came to it`,
  )
  console.log(`${report.tasks} tasks, ${report.once} held once, ${report.holdings} holdings, in ${report.seconds} s`)
  console.log(`pushes that were taken: ${listed(pushes)}; ${(tries / tasks).toFixed(2)} claims and takeovers per task`)
  console.log(`first claims: half of them within ${firstClaimMs.middle} ms, all within ${firstClaimMs.longest} ms`)
  for (const violation of report.violations) console.error(`violated: ${violation}`)
  console.log(
    report.violations.length === 0
      ? 'every guarantee holds, and every task came to its end'
      : `a guarantee is broken; the seed was ${seed}`,
  )
  process.exitCode = report.violations.length === 0 ? 0 : 1
} finally {
  // an end may be followed by another, and keeps none from being done
  for (let end = ends.shift(); end !== undefined; end = ends.shift()) {
    try {
      await end()
    } catch (error) {
      process.exitCode = 1
      console.error(error)
    }
  }
}
process.exit()
