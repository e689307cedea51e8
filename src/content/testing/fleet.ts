import type { PeerId, SigningKey } from '../../identity/keys.ts'
import { openSigningKey, peerIdOfKey } from '../../identity/keys.ts'
import type { HiveId } from '../../journal/entry.ts'
import { createSeededChance } from '../../lib/chance.ts'
import type { Cid } from '../../lib/cid.ts'
import { createCid, hashBytes, rawCodec } from '../../lib/cid.ts'
import { encodeText } from '../../lib/bytes.ts'
import { silentLog } from '../../lib/log.ts'
import type { VirtualClock } from '../../lib/virtual-clock.ts'
import { createVirtualClock } from '../../lib/virtual-clock.ts'
import type { Host } from '../../network/host.ts'
import type { MemoryNetwork } from '../../network/memory.ts'
import { createMemoryNetwork, quietNetwork } from '../../network/memory.ts'
import type { MemoryHostOptions, MemoryNetworkOptions } from '../../network/memory-contract.ts'
import type { BlobStore } from '../../store/blobs.ts'
import type { Database } from '../../store/database.ts'
import { openDatabase } from '../../store/database.ts'
import { openBlobStore } from '../../store/disk-blobs.ts'
import { createMemoryBlobStore } from '../../store/memory-blobs.ts'
import type { Exchange, FetchReport } from '../content.ts'
import type { LocalContentStore } from '../content-store.ts'
import { openContentStore } from '../content-store.ts'
import type { ExchangeOptions } from '../exchange.ts'
import { openExchange } from '../exchange.ts'

/** A hive for tests. */
export const testHive = createCid(rawCodec, encodeText('the hive of the content tests')) as HiveId

/** Options for tests: complete, without caps. */
export const testExchangeOptions: ExchangeOptions = {
  rangeBlocks: 64,
  parallelRanges: 4,
  fetchTimeoutMs: 600_000,
  stallTimeoutMs: 10_000,
  maxProviders: 16,
  askTimeoutMs: 3_000,
  idleTimeoutMs: 60_000,
  maxServed: 64,
  maxReplicaBytes: 1_073_741_824,
  downloadBytesPerSecond: 0,
  uploadBytesPerSecond: 0,
  provideIntervalMs: 43_200_000,
}

const hostOptions: MemoryHostOptions = {
  strangerGraceMs: 10_000,
  maxStrangers: 64,
  maxConnectionsPerPeer: 4,
  maxStreamsPerPeer: 128,
  gossipMessagesPerSecond: 200,
  maxGossipBytes: 98_304,
  dialTimeoutMs: 5_000,
  dht: 'server',
  redialBaseMs: 1_000,
  redialMaxMs: 60_000,
}

/** A node with the parts that content needs. */
export interface FleetNode {
  readonly peer: PeerId
  readonly key: SigningKey
  readonly host: Host
  readonly blobs: BlobStore
  readonly database: Database
  readonly content: LocalContentStore
  readonly exchange: Exchange
}

/** Nodes of one hive on virtual time, in memory. */
export interface Fleet extends AsyncDisposable {
  readonly clock: VirtualClock
  readonly network: MemoryNetwork
  /** A host alone, for a peer whose answers a test writes down. */
  readonly openHost: (name: string) => Host
  readonly open: (name: string, options?: Partial<ExchangeOptions & { readonly maxDiskBytes: number }>) => FleetNode
  /** The same with blocks in files. */
  readonly openOnDisk: (name: string, directory: string) => Promise<FleetNode>
  /** Everybody knows and admits everybody. */
  readonly connect: (...hosts: readonly { readonly host: Host }[]) => Promise<void>
  /** Adds bytes to a node and refers to them in the hive. */
  readonly add: (node: FleetNode, bytes: Uint8Array) => Promise<Cid>
  readonly fetch: (
    node: FleetNode,
    cid: Cid,
    options?: { readonly signal?: AbortSignal; readonly maxBytes?: number },
  ) => Promise<FetchReport>
}

/** The node key of a name: the same in every run. */
export function testKey(name: string): SigningKey {
  return openSigningKey(hashBytes(encodeText(name)))
}

/** Bytes that do not compress and differ from chunk to chunk. */
export function testBytes(size: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(size)
  const words = new Uint32Array(bytes.buffer, 0, size >> 2)
  let state = seed
  for (let index = 0; index < words.length; index += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    words[index] = state
  }
  return bytes
}

/** Keeps content in the hive as a record would. */
export async function refer(node: Pick<FleetNode, 'content' | 'database'>, cid: Cid, hive: HiveId = testHive): Promise<void> {
  await node.database.write((tx) => node.content.reference(tx, { hive, cid, reason: 'entry', source: 'test' }))
}

/** All bytes of content on a node's disk. */
export async function readAll(content: LocalContentStore, cid: Cid): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  for await (const part of content.read(cid, { signal: new AbortController().signal })) parts.push(part)
  return new Uint8Array(Buffer.concat(parts))
}

export function openFleet(networkOptions: Partial<MemoryNetworkOptions> = {}): Fleet {
  const stack = new AsyncDisposableStack()
  const clock = createVirtualClock({ startsAt: 1_760_000_000_000 })
  const chance = createSeededChance(7)
  const network = createMemoryNetwork({ clock, chance }, { ...quietNetwork, ...networkOptions })
  const openHost = (name: string): Host => stack.use(network.openHost(peerIdOfKey(testKey(name).publicKey), hostOptions))
  const openNode = (name: string, blobs: BlobStore, options: Partial<ExchangeOptions & { readonly database: Database }>): FleetNode => {
    const host = openHost(name)
    const key = testKey(name)
    const database = options.database ?? stack.use(openDatabase({ path: ':memory:' }))
    const content = openContentStore({ blobs, database, clock, log: silentLog }, { graceMs: 86_400_000, replicas: 3 })
    const deps = { hive: testHive, host, content, blobs, database, key, clock, chance, log: silentLog }
    const exchange = stack.use(openExchange(deps, { ...testExchangeOptions, ...options }))
    return { peer: host.peerId, key, host, blobs, database, content, exchange }
  }
  return {
    clock,
    network,
    openHost,
    open: (name, options = {}) => openNode(name, createMemoryBlobStore({ clock }, { maxDiskBytes: options.maxDiskBytes ?? 0 }), options),
    openOnDisk: async (name, directory) => {
      const database = stack.use(openDatabase({ path: ':memory:' }))
      const opened = openBlobStore({ database, directory, clock, log: silentLog }, { maxDiskBytes: 0, compress: false })
      return openNode(name, stack.use(await clock.run(opened)), { database })
    },
    connect: async (...nodes) => {
      const signal = new AbortController().signal
      for (const [index, { host }] of nodes.entries()) {
        for (const other of nodes.slice(index + 1)) {
          host.admit(other.host.peerId)
          other.host.admit(host.peerId)
          await clock.run(host.dial(other.host.peerId, { signal }))
        }
      }
      await clock.advance(10)
    },
    add: async (node, bytes) => {
      const { cid } = await clock.run(node.content.add([bytes], { signal: new AbortController().signal }))
      await clock.run(refer(node, cid))
      return cid
    },
    fetch: (node, cid, options = {}) =>
      clock.run(
        node.exchange.fetch(cid, { signal: options.signal ?? new AbortController().signal, maxBytes: options.maxBytes ?? 2 ** 40 }),
      ),
    [Symbol.asyncDispose]: async () => {
      await clock.run(stack.disposeAsync())
    },
  }
}
