import { multiaddr } from '@multiformats/multiaddr'
import { CID } from 'multiformats/cid'
import { create as createDigest } from 'multiformats/hashes/digest'
import { mapBounded } from '../../src/lib/map-bounded.ts'
import type { Link } from '../harness/links.ts'
import { versionOf } from '../harness/machine.ts'
import type { GossipNetwork, RoutingNetwork } from '../harness/network.ts'
import { openStockNode } from './stock-node.ts'
import type { StockNode } from './stock-node.ts'

const topic = 'bench'
const rawCodec = 0x55
const sha256Code = 0x12
/** The processor is scarce: a handshake is nothing but arithmetic. */
const parallelDials = 4

/** Stock nodes, linked; gossip and Kademlia run in both kinds of network. */
async function openNodes(count: number, links: readonly Link[], signal: AbortSignal): Promise<readonly StockNode[]> {
  const nodes = await mapBounded(Array.from({ length: count }).keys(), () => openStockNode('noise'), { concurrency: parallelDials, signal })
  const dial = async ([from, to]: Link): Promise<void> => {
    const [address] = at(nodes, to).getMultiaddrs()
    await at(nodes, from).dial(multiaddr(String(address)), { signal })
  }
  await mapBounded(links, dial, { concurrency: parallelDials, signal })
  return nodes
}

/** Stock gossipsub. */
export async function openStockGossip(count: number, links: readonly Link[], signal: AbortSignal): Promise<GossipNetwork> {
  const nodes = await openNodes(count, links, signal)
  let heard: ((place: number, bytes: Uint8Array) => void) | undefined
  for (const [place, node] of nodes.entries()) {
    node.services.gossip.addEventListener('message', ({ detail }) => heard?.(place, detail.data))
    node.services.gossip.subscribe(topic)
  }
  return {
    name: `stock ${versionOf('@libp2p/gossipsub')}`,
    size: count,
    publish: async (place, bytes) => {
      await at(nodes, place).services.gossip.publish(topic, bytes)
    },
    onMessage: (listen) => {
      heard = listen
    },
    [Symbol.asyncDispose]: () => closeNodes(nodes),
  }
}

/** Stock Kademlia. */
export async function openStockRouting(count: number, links: readonly Link[], signal: AbortSignal): Promise<RoutingNetwork> {
  const nodes = await openNodes(count, links, signal)
  return {
    name: `stock ${versionOf('@libp2p/kad-dht')}`,
    size: count,
    provide: async (place, key, options) => {
      const events = at(nodes, place).services.dht.provide(cidOf(key), options)
      for await (const _ of events);
    },
    findFirst: async (place, key, options) => {
      for await (const event of at(nodes, place).services.dht.findProviders(cidOf(key), options)) {
        if (event.name === 'PROVIDER' && event.providers.length > 0) return true
      }
      return false
    },
    findAll: async (place, key, options) => {
      const found = new Set<string>()
      for await (const event of at(nodes, place).services.dht.findProviders(cidOf(key), options)) {
        if (event.name === 'PROVIDER') for (const { id } of event.providers) found.add(id.toString())
      }
      return found.size
    },
    [Symbol.asyncDispose]: () => closeNodes(nodes),
  }
}

async function closeNodes(nodes: readonly StockNode[]): Promise<void> {
  await mapBounded(nodes, async (node) => node.stop(), { concurrency: parallelDials })
}

function cidOf(key: Uint8Array): CID {
  return CID.createV1(rawCodec, createDigest(sha256Code, key))
}

function at<T>(items: readonly T[], place: number): T {
  const item = items[place]
  if (item === undefined) throw new RangeError(`there is no node ${place}`)
  return item
}
