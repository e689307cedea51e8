import type { TestContext } from 'node:test'
import type { PeerId } from '../../identity/keys.ts'
import { createSeededChance } from '../../lib/chance.ts'
import { silentLog } from '../../lib/log.ts'
import type { SkewedClock, VirtualClock } from '../../lib/virtual-clock.ts'
import { createVirtualClock } from '../../lib/virtual-clock.ts'
import type { Host } from '../../network/host.ts'
import type { MemoryNetwork } from '../../network/memory.ts'
import { createMemoryNetwork, quietNetwork } from '../../network/memory.ts'
import type { MemoryHostOptions, MemoryNetworkOptions } from '../../network/memory-contract.ts'
import type { Database } from '../../store/database.ts'
import type { Replication, ReplicationOptions } from '../replication.ts'
import { openReplication } from '../replication.ts'
import type { TestPeer, TestPeerOptions } from './bench-of-peers.ts'
import { nodeOf, notesOf, openPeer } from './bench-of-peers.ts'

export const fleetHostOptions: MemoryHostOptions = {
  strangerGraceMs: 10_000,
  maxStrangers: 64,
  maxConnectionsPerPeer: 4,
  maxStreamsPerPeer: 128,
  gossipMessagesPerSecond: 500,
  maxGossipBytes: 98_304,
  redialBaseMs: 500,
  redialMaxMs: 8_000,
  dialTimeoutMs: 10_000,
  dht: 'server',
}

export const fleetReplicationOptions: ReplicationOptions = {
  batchEntries: 512,
  batchBytes: 1_048_576,
  headsIntervalMs: 30_000,
  stallTimeoutMs: 20_000,
  maxInvalidBatches: 3,
  gossipPerSecond: 50,
}

/** A journal with a host and replication on virtual time. */
export interface FleetPeer extends TestPeer {
  readonly name: string
  readonly host: Host
  readonly clock: SkewedClock
  readonly replication: Replication
  /** Ends the node and leaves its database open, as a stop or a crash does. */
  readonly stop: () => Promise<void>
}

export interface Fleet {
  readonly clock: VirtualClock
  readonly network: MemoryNetwork
  readonly open: (name: string, options?: TestPeerOptions & { readonly skewMs?: number }) => Promise<FleetPeer>
  /** Connects every pair. */
  readonly connect: (...peers: readonly FleetPeer[]) => Promise<void>
  readonly advance: (ms: number) => Promise<void>
}

/** Peers of one hive in one process; everything is closed when the test ends. */
export function createFleet(t: TestContext, options: Partial<MemoryNetworkOptions> & { readonly seed?: number } = {}): Fleet {
  const { seed = 1, ...network } = options
  const clock = createVirtualClock({ startsAt: 1_760_000_000_000 })
  const chance = createSeededChance(seed)
  const world = createMemoryNetwork({ clock, chance }, { ...quietNetwork, ...network })
  const admitted: Host[] = []
  const open: Fleet['open'] = async (name, { skewMs = 0, ...rest } = {}) => {
    const own = clock.withSkew(skewMs)
    const peer = await openPeer(name, { clock: own, ...rest })
    const host = world.openHost(nodeOf(name), fleetHostOptions, { clock: own })
    for (const other of admitted) admitBoth(host, other)
    admitted.push(host)
    const replication = openReplication({ journal: peer.journal, host, clock: own, chance, log: silentLog }, fleetReplicationOptions)
    const stop = async (): Promise<void> => {
      admitted.splice(admitted.indexOf(host) >>> 0, 1)
      await clock.run(Promise.all([replication[Symbol.asyncDispose](), host[Symbol.asyncDispose]()]))
      await peer.journal[Symbol.asyncDispose]()
    }
    t.after(stop)
    return { ...peer, name, host, clock: own, replication, stop }
  }
  return {
    clock,
    network: world,
    open,
    advance: (ms) => clock.advance(ms),
    connect: async (...peers) => {
      for (const [index, peer] of peers.entries()) {
        for (const other of peers.slice(index + 1)) await clock.run(dial(peer, other.node))
      }
      await clock.advance(100)
    },
  }
}

/** What the journals of some peers hold, for comparing: each must be equal to the first. */
export function stateOf(peer: { readonly database: Database; readonly journal: TestPeer['journal'] }): unknown {
  const nodes = [...new Set(peer.journal.heads().map((head) => head.node))].toSorted()
  return { heads: nodes.map((node) => peer.journal.lineHeads(node)), notes: notesOf(peer.database) }
}

async function dial(peer: FleetPeer, other: PeerId): Promise<void> {
  await peer.host.dial(`/memory/${other}/p2p/${other}`, { signal: AbortSignal.any([]) })
}

function admitBoth(a: Host, b: Host): void {
  a.admit(b.peerId)
  b.admit(a.peerId)
}
