import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { TestContext } from 'node:test'
import type { Exchange } from '../../content/content.ts'
import { openContentStore } from '../../content/content-store.ts'
import type { LocalContentStore } from '../../content/content-store.ts'
import { Acquaintances } from '../../hive/acquaintances.ts'
import type { KnownGenesis } from '../../hive/genesis.ts'
import type { OwnerId, PeerId } from '../../identity/keys.ts'
import { ownerIdOfKey } from '../../identity/keys.ts'
import type { ReplicatedJournal } from '../../journal/journal.ts'
import type { View } from '../../journal/view.ts'
import { openJournal } from '../../journal/open-journal.ts'
import { admitAll, keyOf, nodeOf, testHive, testOptions } from '../../journal/testing/bench-of-peers.ts'
import { encodeText } from '../../lib/bytes.ts'
import { createSeededChance } from '../../lib/chance.ts'
import type { Clock } from '../../lib/clock.ts'
import { systemClock } from '../../lib/clock.ts'
import { silentLog } from '../../lib/log.ts'
import type { CallContext, HandlersOf } from '../../operations/define-operation.ts'
import type { Database } from '../../store/database.ts'
import { openDatabase } from '../../store/database.ts'
import type { BlobStore } from '../../store/blobs.ts'
import { openBlobStore } from '../../store/disk-blobs.ts'
import { createMemoryBlobStore } from '../../store/memory-blobs.ts'
import { createMarketHandlers } from '../handlers.ts'
import { createIndexView } from '../index-view.ts'
import type { MarketDeps, MarketHive, MarketOptions } from '../market.ts'
import type { marketOperations } from '../operations.ts'
import type { IndexedRelease } from '../package-index.ts'
import { findVersions, getRelease } from '../package-index.ts'
import type { UnpackedStore } from '../unpacked/unpacked-store.ts'

/** Limits small enough for tests to reach. */
export const testMarketOptions: MarketOptions = {
  maxPackageBytes: 8_388_608,
  maxPackageFiles: 200,
  maxManifestBytes: 262_144,
  searchLimit: 10,
  copiesTimeoutMs: 1_000,
  announceTimeoutMs: 1_000,
  providersAgeMs: 300_000,
  providersTimeoutMs: 1_000,
  installWaitMs: 5_000,
  coolDownMs: 86_400_000,
  sharing: 'copy',
  copies: 3,
  registry: {
    mode: 'hybrid',
    serve: false,
    serveAgeMs: 0,
    freshMs: 0,
    timeoutMs: 10_000,
    stallTimeoutMs: 5_000,
    fetchTimeoutMs: 600_000,
    hedgeMs: 200,
    maxIndexBytes: 262_144,
    maxListBytes: 262_144,
    maxNames: 100,
  },
}

/** The owner of a peer with a name: every peer has one of its own. */
export function ownerOf(name: string): OwnerId {
  return ownerIdOfKey(keyOf(`owner of ${name}`).publicKey)
}

const people = ['ada', 'bob', 'cy', 'eve']
const owners = new Map<PeerId, OwnerId>(people.map((name) => [nodeOf(name), ownerOf(name)]))

/** One node's market, over a database in memory. */
export interface Stand extends AsyncDisposable {
  readonly node: PeerId
  readonly owner: OwnerId
  readonly database: Database
  readonly blobs: BlobStore
  readonly content: LocalContentStore
  readonly journal: ReplicatedJournal
  readonly view: View
  readonly deps: MarketDeps
  readonly handlers: HandlersOf<typeof marketOperations>
  readonly context: CallContext
}

export interface StandOptions {
  /** A folder for database and blocks; in memory without. */
  readonly home?: string
  readonly exchange?: Exchange
  readonly peers?: readonly PeerId[]
  readonly owners?: ReadonlyMap<PeerId, OwnerId>
  readonly handleOf?: (owner: OwnerId) => string | undefined
  readonly globalDirectory?: string
  readonly options?: Partial<MarketOptions>
  /** Without, every package is unpacked from its archive. */
  readonly unpacked?: UnpackedStore
  readonly isTransient?: boolean
  /** By which its entries say when they were written. */
  readonly clock?: Clock
  /** Of a hive with members that can be proven; the hive of the tests without. */
  readonly genesis?: KnownGenesis
  readonly policy?: 'closed' | 'open'
  readonly remote?: MarketHive['remote']
  readonly needAdmitted?: MarketHive['needAdmitted']
  readonly untilConnected?: MarketHive['untilConnected']
}

/** The market of a peer: real journal, real content, blocks in memory. */
export async function openStand(name: string, given: StandOptions = {}): Promise<Stand> {
  const stack = new AsyncDisposableStack()
  const database = stack.use(openDatabase({ path: given.home === undefined ? ':memory:' : join(given.home, 'althing.sqlite') }))
  const blobs = stack.use(await openBlobs(database, given.home))
  const content = openContentStore({ blobs, database, clock: systemClock, log: silentLog }, { graceMs: 86_400_000, replicas: 3 })
  const known = given.owners ?? owners
  const acquaintances = new Acquaintances({ database, clock: systemClock })
  const { isBlocked } = acquaintances
  const view = createIndexView({ content, clock: systemClock, ownerOf: (node) => known.get(node), isBlocked })
  const journal = stack.use(
    await openJournal(
      {
        hive: given.genesis?.id ?? testHive,
        key: keyOf(name),
        database,
        clock: given.clock ?? systemClock,
        admission: admitAll,
        owners: { ownerOf: (node) => known.get(node) },
        interest: acquaintances,
        log: silentLog,
      },
      { ...testOptions, views: [view], policy: given.policy ?? 'closed' },
    ),
  )
  const handleOf = given.handleOf ?? ((owner: OwnerId) => people.find((person) => ownerOf(person) === owner))
  const hive: ReturnType<MarketDeps['findHive']> = {
    hive: given.genesis?.id ?? testHive,
    ...(given.genesis && { genesis: given.genesis }),
    name: 'workbench',
    node: nodeOf(name),
    owner: known.get(nodeOf(name)),
    journal,
    membership: {
      policy: given.policy ?? 'closed',
      handleOf,
      findOwner: (text) => people.map(ownerOf).find((owner) => owner === text || handleOf(owner) === text),
    },
    exchange: given.exchange,
    connectedPeers: () => given.peers ?? [],
    remote: given.remote,
    needAdmitted: given.needAdmitted ?? (() => {}),
    untilConnected: given.untilConnected ?? (async () => {}),
  }
  const deps: MarketDeps = {
    database,
    content,
    clock: systemClock,
    chance: createSeededChance(7),
    log: silentLog,
    findHive: () => hive,
    globalDirectory: given.globalDirectory ?? '/nowhere',
    unpacked: given.unpacked,
    acquaintances,
    openHives: () => [
      { membership: hive.membership, reconsider: () => journal.reconsider(), rebuildViews: (kinds) => journal.rebuildViews(kinds) },
    ],
    isTransient: given.isTransient ?? false,
  }
  return {
    node: hive.node,
    owner: ownerOf(name),
    database,
    blobs,
    content,
    journal,
    view,
    deps,
    handlers: createMarketHandlers(deps, { ...testMarketOptions, ...given.options }),
    context: { signal: new AbortController().signal, hive: undefined, report: () => {} },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

function openBlobs(database: Database, home: string | undefined): Promise<BlobStore> {
  if (home === undefined) return Promise.resolve(createMemoryBlobStore({ clock: systemClock }, { maxDiskBytes: 0 }))
  return openBlobStore(
    { database, directory: join(home, 'blobs'), clock: systemClock, log: silentLog },
    { maxDiskBytes: 0, compress: true },
  )
}

/** Every release of a name that stands, as a stand's index has it. */
export function releasesOf(stand: Stand, name: string, owner?: OwnerId): readonly IndexedRelease[] {
  return findVersions(stand.database, testHive, name, owner).flatMap(({ entry }) => getRelease(stand.database, entry) ?? [])
}

/** What one node has of its own goes to another, as replication brings it. */
export async function replicate(from: Stand, to: Stand): Promise<void> {
  for (const head of from.journal.heads()) {
    const known = to.journal.headOf(head.node, head.incarnation)?.seq ?? 0
    if (head.seq > known) await to.journal.receive([...from.journal.range(head.node, head.incarnation, known + 1, head.seq)], from.node)
  }
}

/** An exchange that finds everything on other stands. */
export function exchangeWith(own: () => Stand, ...others: readonly Stand[]): Exchange {
  return {
    fetch: async (cid, { signal }) => {
      const giver = others.find((other) => other.content.stat(cid)?.isWhole === true)
      if (giver === undefined) throw new Error(`nobody has ${cid}`)
      const added = await own().content.add(giver.content.read(cid, { signal }), { signal })
      return { ...added, providers: [{ peer: giver.node, bytes: added.size }], liars: [] }
    },
    findHolders: async (cid) => others.filter((other) => other.content.stat(cid)?.isWhole === true).map((other) => other.node),
    announce: async () => {},
    replicate: async () => others.map((other) => other.node),
    [Symbol.asyncDispose]: async () => {},
  }
}

/** A folder that goes with the test. */
export async function makeTemporary(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'althing-market-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** Writes files by path, and gives the folder. */
export async function writeFiles(folder: string, files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
  for (const [path, body] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), body)
  }
  return folder
}

/** A package.toml that says the least. */
export function manifestOf(name: string, version = '1.0.0', more = ''): string {
  return `[package]\nname = "${name}"\nversion = "${version}"\ndescription = "A package of the tests"\n${more}`
}

/** Bytes of a text as a stream. */
export async function* streamOf(...parts: readonly (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield typeof part === 'string' ? encodeText(part) : part
}
