import { parseArgs } from 'node:util'
import { explore } from '../../src/tasks/testing/explorer/explore.ts'
import { readCount } from './read-count.ts'

/** `npm run sim -- explore`: every order of steps of three nodes, with more faults than every run of the tests has time for. */
export function exploreClaims(words: readonly string[]): void {
  const { values } = parseArgs({
    args: [...words],
    options: {
      faults: { type: 'string', default: '2' },
      worlds: { type: 'string', default: '3000000' },
    },
  })
  const [faults, maxWorlds] = [readCount('faults', values.faults), readCount('worlds', values.worlds)]
  const searches = [
    { trouble: 'nodes', maxRenewals: 1 },
    // a chain that may go back to any of its links has far more pasts
    { trouble: 'forge', maxRenewals: faults === 1 ? 1 : 0 },
  ] as const
  for (const { trouble, maxRenewals } of searches) {
    const startedAt = performance.now()
    const { worlds, counterExample } = explore({ trouble, faults, maxRenewals, maxWorlds })
    const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1)
    console.log(`trouble with the ${trouble}, ${faults} at most: ${worlds} different worlds in ${seconds} s`)
    if (counterExample === undefined) continue
    console.error(['a guarantee is broken:', ...counterExample.trace, counterExample.broke].join('\n  '))
    process.exitCode = 1
    return
  }
  console.log('no order of steps breaks a guarantee')
}
