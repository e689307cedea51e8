import { openMemoryKeyStore } from '../../identity/key-store.ts'
import type { KeyStore } from '../../identity/key-store.ts'
import { openSigningKey, peerIdOfKey } from '../../identity/keys.ts'
import type { HiveId } from '../../journal/entry.ts'
import type { ReplicatedJournal } from '../../journal/journal.ts'
import { testOptions } from '../../journal/testing/bench-of-peers.ts'
import { openJournal } from '../../journal/open-journal.ts'
import { openReplication } from '../../journal/replication.ts'
import { createSeededChance } from '../../lib/chance.ts'
import type { JsonObject } from '../../lib/json.ts'
import type { Log } from '../../lib/log.ts'
import type { SkewedClock, VirtualClock } from '../../lib/virtual-clock.ts'
import { createVirtualClock } from '../../lib/virtual-clock.ts'
import type { Host } from '../../network/host.ts'
import type { MemoryNetwork } from '../../network/memory.ts'
import { createMemoryNetwork, quietNetwork } from '../../network/memory.ts'
import { testHostOptions } from '../../network/suite/test-options.ts'
import type { CallContext } from '../../operations/define-operation.ts'
import type { Database } from '../../store/database.ts'
import { openDatabase } from '../../store/database.ts'
import { createEnrollment } from '../enrollment.ts'
import { createHiveHandlers } from '../handlers.ts'
import type { HiveService } from '../hive-service.ts'
import { openHiveService } from '../hive-service.ts'
import type { HiveRow, HiveTable } from '../hive-table.ts'
import { createHiveTable } from '../hive-table.ts'
import { openMembership } from '../open-membership.ts'
import type { HiveRegistry } from '../registry.ts'

/** Moment at which worlds begin: 2026-01-01. */
const startsAt = 1_767_225_600_000

const { views: _, policy: __, ...journalOptions } = testOptions
const replicationOptions = {
  batchEntries: 512,
  batchBytes: 1_048_576,
  headsIntervalMs: 5_000,
  stallTimeoutMs: 5_000,
  maxInvalidBatches: 3,
  gossipPerSecond: 200,
}
const serviceOptions = {
  helloTimeoutMs: 10_000,
  helloAttempts: 3,
  joinTimeoutMs: 30_000,
  joinsPerMinute: 60,
  helloesPerMinute: 600,
  rootHandle: '',
}

/** A hive as it runs on one node of a test world. */
export interface RunningTestHive {
  readonly service: HiveService
  readonly journal: ReplicatedJournal
  readonly host: Host
  readonly replication: AsyncDisposable
}

/** One node of a test world: real keys, journals and membership over the in-memory network. */
export interface TestNode {
  readonly name: string
  readonly keys: KeyStore
  readonly database: Database
  readonly clock: SkewedClock
  readonly hives: HiveTable
  readonly registry: HiveRegistry
  readonly handlers: ReturnType<typeof createHiveHandlers>
  readonly enrollment: ReturnType<typeof createEnrollment>
  /** Everything the node ever logged. */
  readonly logged: readonly string[]
  readonly running: (hive?: HiveId) => RunningTestHive
  /** Closes and opens what runs, as a restart does: what was in memory is gone. */
  readonly restart: () => Promise<void>
}

/** What `hive.invite` takes. */
export type InviteInput = Parameters<TestNode['handlers']['hive.invite']>[0]

/** Nodes in one process on virtual time. One network per hive, as with real hosts. */
export interface TestWorld extends AsyncDisposable {
  readonly clock: VirtualClock
  readonly network: (hive: HiveId) => MemoryNetwork
  readonly addNode: (name: string) => Promise<TestNode>
  readonly context: (hive?: string) => CallContext
  /** Runs to the end of some work, letting virtual time pass. */
  readonly run: <T>(work: Promise<T>) => Promise<T>
}

/** A world whose nodes have these options; a test changes those it is about. */
export function createTestWorld(changes: Partial<typeof serviceOptions> = {}): TestWorld {
  const clock = createVirtualClock({ startsAt })
  const networks = new Map<HiveId, MemoryNetwork>()
  const closers: (() => Promise<void>)[] = []
  let nodes = 0
  const network = (hive: HiveId): MemoryNetwork => {
    const known = networks.get(hive) ?? createMemoryNetwork({ clock, chance: createSeededChance(7) }, quietNetwork)
    networks.set(hive, known)
    return known
  }
  return {
    clock,
    network,
    run: (work) => clock.run(work, { maxMs: 600_000 }),
    context: (hive) => ({ signal: new AbortController().signal, hive, report: () => undefined }),
    addNode: async (name) => {
      const node = await openTestNode({ name, seed: ++nodes, clock, network, options: { ...serviceOptions, ...changes } })
      closers.push(node.close)
      return node
    },
    [Symbol.asyncDispose]: async () => {
      for (const close of closers) await clock.run(close())
    },
  }
}

interface NodeParts {
  readonly name: string
  readonly seed: number
  readonly clock: VirtualClock
  readonly network: (hive: HiveId) => MemoryNetwork
  readonly options: typeof serviceOptions
}

async function openTestNode({
  name,
  seed,
  clock: world,
  network,
  options: hiveOptions,
}: NodeParts): Promise<TestNode & { readonly close: () => Promise<void> }> {
  const clock = world.withSkew(0)
  const chance = createSeededChance(seed)
  const keys = await openMemoryKeyStore({ clock, chance }, { label: name, scryptLogN: 10 })
  const database = openDatabase({ path: ':memory:' })
  const hives = createHiveTable(database)
  const logged: string[] = []
  const log = recordingLog(logged)
  const open = new Map<HiveId, RunningTestHive>()

  const openHive = async (row: HiveRow): Promise<HiveService> => {
    const running = open.get(row.known.id)
    if (running !== undefined) return running.service
    const hive = row.known.id
    const membership = openMembership({ database, certificate: keys.certificate() }, row.known)
    const journal = await openJournal(
      { hive, key: keys.node, database, clock, admission: membership, owners: membership, log },
      { ...journalOptions, views: [membership.view], policy: membership.policy },
    )
    const host = network(hive).openHost(keys.nodeId, testHostOptions, { clock })
    const service = await openHiveService({ membership, journal, host, keys, database, clock, chance, log }, hiveOptions)
    const replication = openReplication({ journal, host, clock, chance, log }, replicationOptions)
    open.set(hive, { service, journal, host, replication })
    for (const address of row.bootstrap) await host.dial(address, { signal: AbortSignal.timeout(5_000) }).catch(() => undefined)
    return service
  }
  const closeHive = async (id: HiveId): Promise<void> => {
    const running = open.get(id)
    open.delete(id)
    await running?.replication[Symbol.asyncDispose]()
    await running?.service[Symbol.asyncDispose]()
    await running?.host[Symbol.asyncDispose]()
    await running?.journal[Symbol.asyncDispose]()
  }
  const registry: HiveRegistry = {
    open: openHive,
    close: closeHive,
    running: () => [...open.values()].map(({ service }) => service),
    openGuest: async (hive) => {
      const guest = openSigningKey(chance.bytes(32))
      return network(hive).openHost(peerIdOfKey(guest.publicKey), testHostOptions, { clock })
    },
  }
  const deps = { hives, registry, keys, clock, chance }
  const options = { joinTimeoutMs: 30_000 }
  const closeAll = async (): Promise<void> => {
    for (const id of open.keys()) await closeHive(id)
  }
  return {
    name,
    keys,
    database,
    clock,
    hives,
    registry,
    logged,
    handlers: createHiveHandlers({ ...deps, isTransient: false, connectedPeers: ({ known }) => connectedTo(open.get(known.id)) }, options),
    enrollment: createEnrollment(deps, options),
    running: (hive) => {
      const running = hive === undefined ? [...open.values()].at(-1) : open.get(hive)
      if (running === undefined) throw new Error(`${name} runs no such hive`)
      return running
    },
    restart: async () => {
      await closeAll()
      for (const row of hives.list()) await openHive(row)
    },
    close: async () => {
      await closeAll()
      await database[Symbol.asyncDispose]()
    },
  }
}

function connectedTo(running: RunningTestHive | undefined): readonly string[] {
  return (running?.host.connections() ?? []).filter(({ admitted }) => admitted).map(({ peer }) => peer)
}

function recordingLog(lines: string[]): Log {
  const take =
    (level: string) =>
    (message: string, fields?: JsonObject): void =>
      void lines.push(`${level} ${message} ${JSON.stringify(fields ?? {})}`)
  return { debug: take('debug'), info: take('info'), warn: take('warn'), error: take('error') }
}
