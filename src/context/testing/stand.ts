import type { TestContext } from 'node:test'
import type { Exchange } from '../../content/content.ts'
import { openContentStore } from '../../content/content-store.ts'
import type { LocalContentStore } from '../../content/content-store.ts'
import { admittedPeers } from '../../content/search.ts'
import { certificateKind, formatDocumentBody } from '../../hive/membership-view.ts'
import { signCertificate } from '../../identity/certificate.ts'
import type { Member } from '../../hive/membership.ts'
import type { OwnerId, PeerId } from '../../identity/keys.ts'
import { ownerIdOfKey } from '../../identity/keys.ts'
import type { SealKeys } from '../../identity/seal-keys.ts'
import { openMemorySealKeys } from '../../identity/seal-keys.ts'
import type { AdmissionVerdict, ReplicatedJournal } from '../../journal/journal.ts'
import { openJournal } from '../../journal/open-journal.ts'
import { admitAll, keyOf, nodeOf, testHive, testOptions } from '../../journal/testing/bench-of-peers.ts'
import { encodeText } from '../../lib/bytes.ts'
import type { Chance } from '../../lib/chance.ts'
import type { Clock } from '../../lib/clock.ts'
import { createSeededChance } from '../../lib/chance.ts'
import { silentLog } from '../../lib/log.ts'
import { createVirtualClock } from '../../lib/virtual-clock.ts'
import type { VirtualClock } from '../../lib/virtual-clock.ts'
import type { Host } from '../../network/host.ts'
import type { MemoryNetwork } from '../../network/memory.ts'
import type { BlobStore } from '../../store/blobs.ts'
import type { Database } from '../../store/database.ts'
import { openDatabase } from '../../store/database.ts'
import { createMemoryBlobStore } from '../../store/memory-blobs.ts'
import { parseAddress, parsePattern } from '../../ucxl/ucxl.ts'
import type { ContextHive, ContextOptions, ContextStore, PutRequest, ReadVersion, StoredVersion } from '../context.ts'
import { openContext } from '../context-store.ts'
import type { ContextView } from '../context-view.ts'
import { createContextView } from '../context-view.ts'
import { createSealView } from '../sealing/seal-view.ts'
import { openOverHost, standHostOptions } from './stand-host.ts'

/** Limits small enough for tests to reach. */
export const testContextOptions: ContextOptions = {
  replicas: 3,
  maxBodyBytes: 1_000_000,
  keepVersions: 0,
  keepMs: 0,
  maxSessions: 3,
  sessionMs: 60_000,
  maxSteps: 8,
  maxTextBytes: 65_536,
  cacheBytes: 65_536,
  copiesTimeoutMs: 1_000,
  // longer than tests let pass, but for those that ask for a pass
  resealDelayMs: 1_000_000_000,
  maxReseals: 3,
  maxWaitingEvents: 8,
  memberMs: 86_400_000,
  stewardIntervalMs: 60_000,
  stewardSettleMs: 500,
  copyCheckMs: 86_400_000,
  healBytesPerSecond: 0,
  questionsPerSecond: 500,
  resolveMembers: 8,
  askTimeoutMs: 3_000,
  resolveTtlMs: 30_000,
  missTtlMs: 2_000,
  maxResolved: 100,
  announceTtlMs: 3_600_000,
  announcesPerMinute: 600,
  maxAnnounced: 100,
  maxClaims: 1_000,
}

/** When stands begin. */
export const startsAt = 1_760_000_000_000

/** Who owns which agent names, as a hive would say; every stand reads the same one. */
export class Names {
  readonly #ever = new Map<string, Set<OwnerId>>()
  readonly #now = new Map<string, OwnerId>()
  readonly #cut = new Map<PeerId, AdmissionVerdict>()
  readonly #roles = new Map<string, { readonly roles: readonly string[]; readonly revoked: boolean }>()
  readonly #nodes = new Map<PeerId, string>()
  readonly #certified = new Map<PeerId, readonly string[]>()

  /** The owner of a name from now on. */
  grant(agent: string, owner: string): this {
    const id = ownerOf(owner)
    this.#now.set(agent, id)
    this.#ever.set(agent, (this.#ever.get(agent) ?? new Set()).add(id))
    return this
  }

  /** A member with some roles, in place of those before. */
  enroll(owner: string, roles: readonly string[], { revoked = false }: { readonly revoked?: boolean } = {}): this {
    this.#roles.set(owner, { roles, revoked })
    return this
  }

  /** A machine of an owner. */
  settle(owner: string, node: PeerId): void {
    this.#nodes.set(node, owner)
  }

  readonly members = (): readonly Member[] =>
    [...this.#roles].map(([handle, { roles, revoked }]) => {
      const nodes = [...this.#nodes].filter(([node, owner]) => owner === handle && this.judge(node).verdict === 'admitted')
      const named = nodes.map(([node]) => ({ node, label: handle }))
      return { owner: ownerOf(handle), handle, level: 'suggestion', roles, scopes: [], agents: [], nodes: named, revoked }
    })

  readonly findOwner = (handle: string): OwnerId | undefined =>
    this.members().find((member) => member.handle === handle || member.owner === handle)?.owner

  readonly handleOf = (owner: OwnerId): string | undefined => this.members().find((member) => member.owner === owner)?.handle

  /** Takes a node out behind an entry of its journal. */
  revoke(name: string, after: { readonly incarnation: number; readonly seq: number }): void {
    this.#cut.set(nodeOf(name), { verdict: 'cut', after })
  }

  readonly hasOwned = (owner: OwnerId, agent: string): boolean => this.#ever.get(agent)?.has(owner) === true

  readonly judge = (node: PeerId): AdmissionVerdict => this.#cut.get(node) ?? { verdict: 'admitted' }

  /** What a node's certificate says. */
  certify(node: PeerId, agents: readonly string[]): void {
    this.#certified.set(node, agents)
  }

  readonly ownerOfNode = (node: PeerId): OwnerId | undefined => {
    const owner = this.#nodes.get(node)
    return owner === undefined ? undefined : ownerOf(owner)
  }

  readonly mayWriteAs = (node: PeerId, agent: string): boolean =>
    this.#certified.get(node)?.includes(agent) === true && this.#now.get(agent) === this.ownerOfNode(node)

  ownerOfName(agent: string): OwnerId | undefined {
    return this.#now.get(agent)
  }
}

/** The owner of that name. */
export function ownerOf(name: string): OwnerId {
  return ownerIdOfKey(keyOf(`owner of ${name}`).publicKey)
}

export interface StandOptions {
  /** Agent names its certificate says. */
  readonly agents?: readonly string[]
  /** Whose node it is; its own owner's without. */
  readonly owner?: string
  readonly names?: Names
  readonly database?: Database
  /** Of that database; in memory without. */
  readonly blobs?: BlobStore
  readonly clock?: VirtualClock
  readonly options?: Partial<ContextOptions>
  readonly exchange?: Exchange
  /** With it the stand has a host, by which it replicates, asks and answers. */
  readonly network?: MemoryNetwork
  readonly chance?: Chance
  /** What its clock says to it alone. */
  readonly ownClock?: Clock
  readonly sealKeys?: SealKeys
  /** Whether the node ends with the command. */
  readonly isTransient?: boolean
  /** Members connected. */
  readonly peers?: readonly PeerId[]
  /** Whether strangers may come in; they may not without. */
  readonly policy?: 'closed' | 'open'
}

/** One node's context: real journal, real content, over a database in memory. */
export interface Stand extends AsyncDisposable {
  readonly name: string
  readonly node: PeerId
  readonly database: Database
  readonly blobs: BlobStore
  readonly content: LocalContentStore
  readonly journal: ReplicatedJournal
  readonly view: ContextView
  readonly clock: VirtualClock
  readonly context: ContextStore
  readonly sealKeys: SealKeys
  /** Of a stand with a network. */
  readonly host: Host | undefined
  /** Says that its certificate names these agents now. */
  readonly certify: (agents: readonly string[]) => Promise<void>
  readonly put: (address: string, text: string, more?: Partial<PutRequest>) => Promise<StoredVersion>
  readonly get: (address: string, session?: string) => Promise<ReadVersion>
  /** The content that an address means, as text. */
  readonly read: (address: string) => Promise<string>
}

export async function openStand(name: string, given: StandOptions = {}): Promise<Stand> {
  const stack = new AsyncDisposableStack()
  const worldClock = given.clock ?? createVirtualClock({ startsAt })
  const clock = given.ownClock ?? worldClock
  const chance = given.chance ?? createSeededChance(7)
  const names = given.names ?? new Names().grant('ada', 'ada')
  const database = given.database ?? stack.use(openDatabase({ path: ':memory:' }))
  const blobs = given.blobs ?? createMemoryBlobStore({ clock }, { maxDiskBytes: 0 })
  const content = openContentStore({ blobs, database, clock, log: silentLog }, { graceMs: 86_400_000, replicas: 3 })
  const view = createContextView({ content, membership: names })
  const seals = createSealView()
  const sealKeys = given.sealKeys ?? openMemorySealKeys({ clock })
  const journal = stack.use(
    await openJournal(
      { hive: testHive, key: keyOf(name), database, clock, admission: { ...admitAll, judge: names.judge }, log: silentLog },
      { ...testOptions, views: [view, seals] },
    ),
  )
  const owner = given.owner ?? name
  names.settle(owner, journal.node)
  let serial = journal.status().entries
  const certify = async (agents: readonly string[]): Promise<void> => {
    serial += 1
    names.certify(journal.node, agents)
    const fields = { node: journal.node, label: name, agents, roles: [], notBefore: 0, notAfter: undefined, serial }
    const { bytes } = signCertificate(keyOf(`owner of ${owner}`), fields)
    await journal.append(certificateKind, formatDocumentBody(bytes))
  }
  await certify(given.agents ?? ['ada'])
  const host = given.network?.openHost(journal.node, standHostOptions, { clock })
  if (host !== undefined) stack.use(host)
  const own = { hive: testHive, journal, content, blobs, database, key: keyOf(name), clock, chance, log: silentLog }
  const overHost = host && openOverHost({ ...own, host, names })
  if (overHost !== undefined) stack.use(overHost)
  const connectedPeers = (): readonly PeerId[] => (host === undefined ? (given.peers ?? []) : admittedPeers(host))
  const hive: ContextHive = {
    hive: testHive,
    name: 'workbench',
    node: journal.node,
    journal,
    membership: {
      hasOwned: names.hasOwned,
      judge: names.judge,
      policy: given.policy ?? 'closed',
      members: names.members,
      findOwner: names.findOwner,
      handleOf: names.handleOf,
      mayWriteAs: names.mayWriteAs,
      ownerOf: names.ownerOfNode,
    },
    exchange: overHost?.exchange ?? given.exchange,
    host,
    key: keyOf(name),
    seenBefore: () => [],
    needAdmitted: () => {},
    connectedPeers,
    untilConnected: async () => {},
  }
  const context = stack.use(
    openContext(
      { hive, database, content, view, seals, sealKeys, clock, chance, log: silentLog, isTransient: given.isTransient ?? false },
      { ...testContextOptions, ...given.options },
    ),
  )
  const { signal } = new AbortController()
  const get: Stand['get'] = (address, session) => context.get(parsePattern(address), { signal, session })
  return {
    name,
    node: journal.node,
    database,
    blobs,
    content,
    journal,
    view,
    clock: worldClock,
    context,
    sealKeys,
    host,
    certify,
    get,
    put: async (address, text, more) => {
      const request = { address: parseAddress(address), body: [encodeText(text)], mediaType: 'text/plain', metadata: {}, ...more }
      return context.put(request, { signal })
    },
    read: async (address) => textOf(await get(address)),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

/** A stand that goes with the test. */
export async function useStand(t: TestContext, name: string, given?: StandOptions): Promise<Stand> {
  const stand = await openStand(name, given)
  t.after(() => stand[Symbol.asyncDispose]())
  return stand
}

export async function textOf(version: ReadVersion): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of version.open()) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

/** What one node has of every journal goes to another, entries and bytes, as replication brings them. */
export async function replicate(from: Stand, to: Stand): Promise<void> {
  for (const head of from.journal.heads()) {
    const known = to.journal.headOf(head.node, head.incarnation)?.seq ?? 0
    if (head.seq > known) await to.journal.receive([...from.journal.range(head.node, head.incarnation, known + 1, head.seq)], from.node)
  }
  const { signal } = new AbortController()
  for (const { cid } of from.database.all<{ readonly cid: PutCid }>('select distinct cid from reference')) {
    if (from.content.stat(cid)?.isWhole === true) await to.content.add(from.content.read(cid, { signal }), { signal })
  }
}

type PutCid = Parameters<LocalContentStore['stat']>[0]

/** Every row of the view, in an order of its own: the same wherever views agree. */
export function rowsOf({ database }: Stand): unknown {
  return {
    resources: database.all(
      'select hive, resource, agent, role, project, task, path, first, last, cid, at, node, is_unordered from context_resource order by resource',
    ),
    versions: database.all(
      `select r.resource, v.version, v.entry, v.node, v.owner, v.at, v.cid, v.media_type, v.size, v.metadata, v.keeps, v.counts
       from context_version v join context_resource r on r.id = v.resource order by r.resource, v.version, v.entry`,
    ),
    names: database.all('select agent, node, owner, since, is_used from context_name order by agent, node'),
    words: database.all('select r.resource, w.words from context_word w join context_resource r on r.id = w.rowid order by r.resource'),
    references: database.all("select cid, source from reference where reason = 'entry' order by cid, source"),
  }
}
