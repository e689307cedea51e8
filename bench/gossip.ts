import { compare } from './harness/compare.ts'
import type { Contestant, Figure } from './harness/compare.ts'
import { createLinks } from './harness/links.ts'
import type { GossipNetwork } from './harness/network.ts'
import type { Context, Question } from './harness/question.ts'
import { measureSpread, messageBytes, untilMeshed } from './harness/spread.ts'
import { quantileOf } from './harness/statistics.ts'
import { openHostGossip } from './ours/host-network.ts'
import { stockDefaults } from './peers/stock-node.ts'
import { openStockGossip } from './peers/stock-network.ts'

/** Connections of one node, about. */
const degree = 10

interface Sizes {
  readonly counts: readonly number[]
  readonly messages: number
  readonly rounds: number
}

/** How fast news reach everybody. */
export const question: Question = {
  name: 'gossip',
  asks: 'How long does a message take to the last of 30 and of 100 nodes?',
  ask: async (context) => {
    const sizes = context.quick ? { counts: [10, 30], messages: 5, rounds: 2 } : { counts: [30, 100], messages: 20, rounds: 5 }
    const figures: Figure[] = []
    for (const count of sizes.counts) figures.push(...(await askFor(context, count, sizes)))
    return {
      figures,
      conditions: [
        `all nodes in one process and on one core, over TCP on loopback with noise, ${degree} connections each, the same links on both sides`,
        `${sizes.messages} messages of ${messageBytes} bytes a round, one after the other, each from another node, published after the mesh has formed`,
        stockDefaults,
      ],
    }
  },
}

async function askFor(context: Context, count: number, { messages, rounds }: Sizes): Promise<readonly Figure[]> {
  const links = createLinks(count, degree)
  await using ours = await openHostGossip(count, links, context.signal)
  await using stock = await openStockGossip(count, links, context.signal)
  for (const network of [ours, stock]) await untilMeshed(network, context)
  const figures: Figure[] = []
  const shares = [
    { share: 0.5, word: 'median' },
    { share: 0.9, word: '90th percentile' },
  ]
  for (const { share, word } of shares) {
    const contestant = (network: GossipNetwork): Contestant => ({
      name: network.name,
      measure: async (round) => quantileOf(await spreadAll(network, messages, round), share),
    })
    const what = `to the last of ${count} nodes, ${word}`
    const peers = [contestant(stock)]
    figures.push(...(await compare(context, { what, unit: 'ms', ours: contestant(ours), peers, rounds, warmups: 1 })))
  }
  return figures
}

async function spreadAll(network: GossipNetwork, messages: number, round: number): Promise<readonly number[]> {
  const spread: number[] = []
  for (let n = 0; n < messages; n += 1) spread.push(await measureSpread(network, (round * messages + n) % network.size))
  return spread
}
