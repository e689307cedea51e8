import { compare } from './harness/compare.ts'
import type { Contestant, Figure } from './harness/compare.ts'
import type { Context, Question } from './harness/question.ts'
import { runNode } from './harness/run-command.ts'

interface Run {
  readonly nodes: number
  readonly minutes: number
  readonly rounds: number
}

const simulator = new URL('../test/sim/main.ts', import.meta.url).pathname
const seed = 1

/** How fast virtual time passes. */
export const question: Question = {
  name: 'sim',
  asks: 'How many virtual seconds does the simulator pass in a second, with 100 and with 1,000 nodes?',
  ask: async (context) => {
    const runs: readonly Run[] = context.quick
      ? [{ nodes: 20, minutes: 1, rounds: 1 }]
      : [
          { nodes: 100, minutes: 10, rounds: 1 },
          { nodes: 1000, minutes: 2, rounds: 1 },
        ]
    const figures: Figure[] = []
    for (const run of runs) figures.push(...(await askFor(context, run)))
    return {
      figures,
      conditions: [
        ...runs.map(
          ({ nodes, minutes, rounds }) =>
            `${nodes} nodes: \`npm run sim -- --nodes ${nodes} --seed ${seed} --minutes ${minutes}\`, ${rounds} times`,
        ),
        'real journals over databases in memory and the in-memory network, with the faults drawn from the seed; the invariants are checked',
        'the peer is the clock on the wall: 1 virtual second in 1 second',
      ],
    }
  },
}

async function askFor(context: Context, { nodes, minutes, rounds }: Run): Promise<readonly Figure[]> {
  const words = ['--nodes', nodes, '--seed', seed, '--minutes', minutes].map(String)
  const ours: Contestant = { name: 'simulator', measure: async () => readRate((await runNode([simulator, ...words], context)).stdout) }
  const wall = { name: 'the wall clock', measure: async () => 1 }
  return await compare(context, { what: `${nodes} nodes`, unit: 'virtual s/s', ours, peers: [wall], rounds, warmups: 0 })
}

/** @throws Error when the simulator said no rate */
function readRate(stdout: string): number {
  const rate = /([\d,.]+) virtual seconds per second/.exec(stdout)?.[1]
  if (rate === undefined) throw new Error(`the simulator did not say how fast it was: ${stdout.slice(-400)}`)
  return Number(rate.replaceAll(',', ''))
}
