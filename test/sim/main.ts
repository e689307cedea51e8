import { parseArgs } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { readCount } from './read-count.ts'
import type { MembershipModel } from './sim-node.ts'
import { Simulation } from './simulation.ts'

/** Largest hive simulated with real certificates and grants unless asked for. */
const maxGranted = 128

// Nearly all that a simulated message makes is dropped at once: with larger halves less of it is copied.
setFlagsFromString('--max-semi-space-size=64')

if (process.argv[2] === 'claims') {
  const { simulateClaims } = await import('./claims/main.ts')
  await simulateClaims(process.argv.slice(3))
  process.exit()
}

if (process.argv[2] === 'explore') {
  const { exploreClaims } = await import('./explore.ts')
  exploreClaims(process.argv.slice(3))
  process.exit()
}

const { values } = parseArgs({
  options: {
    nodes: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
    minutes: { type: 'string', default: '10' },
    faults: { type: 'string', default: '3' },
    membership: { type: 'string' },
  },
})

const options = {
  nodes: readCount('nodes', values.nodes),
  seed: readCount('seed', values.seed),
  minutes: readCount('minutes', values.minutes),
  faultsPerMinute: readCount('faults', values.faults),
  membership: readMembership(values.membership, values.nodes),
}
console.log(
  `simulating ${options.nodes} nodes for ${options.minutes} virtual minutes, seed ${options.seed}, members by ${options.membership}`,
)
const startedAt = performance.now()
const report = await new Simulation(options).run((minute) => {
  const memory = Math.round(process.memoryUsage.rss() / 1_048_576)
  process.stdout.write(`  minute ${minute} after ${seconds()} s, ${memory} MiB\n`)
})
const faults = Object.entries(report.faults).map(([name, count]) => `${count} ${name}`)
console.log(`faults: ${faults.join(', ')}`)
console.log(
  `${report.writes} writes, ${report.commits} commits on all nodes, ${report.incarnations} incarnations opened, ${report.forbidden} notes past a revocation`,
)
console.log(`${report.entries} entries in the hive, ${report.copies} on all disks`)
const { links, messages, gossips, bytes } = report.network
console.log(`${links} connections, ${messages} messages, ${gossips} hops of gossip (${report.lostHops} lost), ${bytes} bytes on the wire`)
const { user, system } = process.cpuUsage()
const processorSeconds = (user + system) / 1_000_000
console.log(
  `${(report.virtualSeconds / seconds()).toFixed(1)} virtual seconds per second, ${(report.virtualSeconds / processorSeconds).toFixed(1)} per second of processor time (${processorSeconds.toFixed(1)} s)`,
)
console.log(`trace ${report.trace}`)
for (const violation of report.violations) console.error(`violated: ${violation}`)
console.log(report.violations.length === 0 ? 'every invariant holds' : `replay with --seed ${options.seed}`)
process.exitCode = report.violations.length === 0 ? 0 : 1

function seconds(): number {
  return Math.round((performance.now() - startedAt) / 100) / 10
}

/** Certificates and grants cost a check for each node in each node; beyond this many a list stands for them. */
function readMembership(text: string | undefined, nodes: string): MembershipModel {
  if (text === undefined) return Number(nodes) <= maxGranted ? 'grants' : 'list'
  if (text === 'grants' || text === 'list') return text
  console.error(`--membership takes "grants" or "list", not "${text}"`)
  process.exit(2)
}
