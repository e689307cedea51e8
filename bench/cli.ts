import { join } from 'node:path'
import { openChild } from './harness/child.ts'
import { compare } from './harness/compare.ts'
import type { Contestant, Figure } from './harness/compare.ts'
import type { Context, Question } from './harness/question.ts'
import { runNode } from './harness/run-command.ts'
import { openTemporaryFolder } from './harness/temporary-folder.ts'
import { openInstalled } from './ours/installed.ts'
import { openRunningNode } from './ours/running-node.ts'
import { stockDefaults, stockVersions } from './peers/stock-node.ts'

/** How long a person waits for a command, and for a node. */
export const question: Question = {
  name: 'cli',
  asks: 'How long do `althing --version`, `althing p2p status` and the start of a node take?',
  ask: async (context) => {
    await using installed = await openInstalled(context)
    const { launcher } = installed
    const figures = [
      ...(await askVersion(context, launcher)),
      ...(await askStatus(context, launcher)),
      ...(await askStart(context, launcher)),
    ]
    return {
      figures,
      conditions: [
        `all with the same node binary (${process.version}), from before the process is started to its end; ours from the published bundle, whose compile cache is warm after the first run`,
        'p2p status asks a node that runs on the same home over its unix socket',
        'ready: `p2p start` has printed its status, listens, and answers on its socket; the stock node listens, subscribes to 5 topics, and answers its parent',
        `the stock node is loaded from node_modules, not bundled: ${stockVersions()}; ${stockDefaults}`,
      ],
    }
  },
}

function roundsOf({ quick }: Context): { readonly rounds: number; readonly warmups: number } {
  return quick ? { rounds: 3, warmups: 1 } : { rounds: 31, warmups: 3 }
}

/** What any command of node costs: the floor of every other. */
function nothing(context: Context): Contestant {
  return { name: 'node -e 0', measure: async () => (await runNode(['-e', '0'], context)).ms }
}

async function askVersion(context: Context, launcher: string): Promise<readonly Figure[]> {
  const ours: Contestant = { name: 'althing --version', measure: async () => (await runNode([launcher, '--version'], context)).ms }
  const peers = [{ ...nothing(context), aim: { atMost: 1.3 } }]
  return await compare(context, { what: 'version', unit: 'ms', ours, peers, ...roundsOf(context) })
}

async function askStatus(context: Context, launcher: string): Promise<readonly Figure[]> {
  await using folder = await openTemporaryFolder()
  await using _node = await openRunningNode({ launcher, home: folder.path, signal: context.signal })
  const words = [launcher, 'p2p', 'status', '--home', folder.path]
  const ours: Contestant = { name: 'althing p2p status', measure: async () => (await runNode(words, context)).ms }
  const peers = [{ ...nothing(context), aim: { atMost: 2 } }]
  return await compare(context, { what: 'status of a running node', unit: 'ms', ours, peers, ...roundsOf(context) })
}

async function askStart(context: Context, launcher: string): Promise<readonly Figure[]> {
  await using folder = await openTemporaryFolder()
  const start = async (home: string): Promise<number> => {
    await using node = await openRunningNode({ launcher, home: join(folder.path, home), signal: context.signal })
    return node.readyMs
  }
  const stock: Contestant = {
    name: 'stock libp2p node',
    measure: async () => {
      const startedAt = performance.now()
      await using child = openChild('stock-peer', context)
      await child.ask('address')
      return performance.now() - startedAt
    },
  }
  const rounds = context.quick ? 2 : 11
  const first: Contestant = { name: 'althing p2p start', measure: async (round) => start(`first-${round}`) }
  const again: Contestant = { name: 'althing p2p start', measure: async () => start('again') }
  return [
    ...(await compare(context, { what: 'first start to ready', unit: 'ms', ours: first, peers: [stock], rounds, warmups: 1 })),
    ...(await compare(context, { what: 'later start to ready', unit: 'ms', ours: again, peers: [stock], rounds, warmups: 1 })),
  ]
}
