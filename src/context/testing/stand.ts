import type { TestContext } from 'node:test'
import type { Exchange } from '../../content/content.ts'
import { openContentStore } from '../../content/content-store.ts'
import type { LocalContentStore } from '../../content/content-store.ts'
import { certificateKind, formatDocumentBody } from '../../hive/membership-view.ts'
import { signCertificate } from '../../identity/certificate.ts'
import type { OwnerId, PeerId } from '../../identity/keys.ts'
import { ownerIdOfKey } from '../../identity/keys.ts'
import type { AdmissionVerdict, ReplicatedJournal } from '../../journal/journal.ts'
import { openJournal } from '../../journal/open-journal.ts'
import { admitAll, keyOf, nodeOf, testHive, testOptions } from '../../journal/testing/bench-of-peers.ts'
import { encodeText } from '../../lib/bytes.ts'
import { createSeededChance } from '../../lib/chance.ts'
import { silentLog } from '../../lib/log.ts'
import { createVirtualClock } from '../../lib/virtual-clock.ts'
import type { VirtualClock } from '../../lib/virtual-clock.ts'
import type { BlobStore } from '../../store/blobs.ts'
import type { Database } from '../../store/database.ts'
import { openDatabase } from '../../store/database.ts'
import { createMemoryBlobStore } from '../../store/memory-blobs.ts'
import { parseAddress, parsePattern } from '../../ucxl/ucxl.ts'
import type { ContextHive, ContextOptions, ContextStore, PutRequest, ReadVersion, StoredVersion } from '../context.ts'
import { openContext } from '../context-store.ts'
import type { ContextView } from '../context-view.ts'
import { createContextView } from '../context-view.ts'

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
  copiesTimeoutMs: 1_000,
  maxWaitingEvents: 8,
}

/** When stands begin. */
export const startsAt = 1_760_000_000_000

/** Who owns which agent names, as a hive would say; every stand reads the same one. */
export class Names {
  readonly #ever = new Map<string, Set<OwnerId>>()
  readonly #now = new Map<string, OwnerId>()
  readonly #cut = new Map<PeerId, AdmissionVerdict>()

  /** The owner of a name from now on. */
  grant(agent: string, owner: string): this {
    const id = ownerOf(owner)
    this.#now.set(agent, id)
    this.#ever.set(agent, (this.#ever.get(agent) ?? new Set()).add(id))
    return this
  }

  /** Takes a node out behind an entry of its journal. */
  revoke(name: string, after: { readonly incarnation: number; readonly seq: number }): void {
    this.#cut.set(nodeOf(name), { verdict: 'cut', after })
  }

  readonly hasOwned = (owner: OwnerId, agent: string): boolean => this.#ever.get(agent)?.has(owner) === true

  readonly judge = (node: PeerId): AdmissionVerdict => this.#cut.get(node) ?? { verdict: 'admitted' }

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
  /** Members connected. */
  readonly peers?: readonly PeerId[]
}

/** One node's context: real journal, real content, over a database in memory. */
export interface Stand extends AsyncDisposable {
  readonly name: string
  readonly node: PeerId
  readonly database: Database
  readonly content: LocalContentStore
  readonly journal: ReplicatedJournal
  readonly view: ContextView
  readonly clock: VirtualClock
  readonly context: ContextStore
  /** Says that its certificate names these agents now. */
  readonly certify: (agents: readonly string[]) => Promise<void>
  readonly put: (address: string, text: string, more?: Partial<PutRequest>) => Promise<StoredVersion>
  readonly get: (address: string, session?: string) => Promise<ReadVersion>
  /** The content that an address means, as text. */
  readonly read: (address: string) => Promise<string>
}

export async function openStand(name: string, given: StandOptions = {}): Promise<Stand> {
  const stack = new AsyncDisposableStack()
  const clock = given.clock ?? createVirtualClock({ startsAt })
  const names = given.names ?? new Names().grant('ada', 'ada')
  const database = given.database ?? stack.use(openDatabase({ path: ':memory:' }))
  const blobs = given.blobs ?? createMemoryBlobStore({ clock }, { maxDiskBytes: 0 })
  const content = openContentStore({ blobs, database, clock, log: silentLog }, { graceMs: 86_400_000, replicas: 3 })
  const view = createContextView({ content, membership: names })
  const journal = stack.use(
    await openJournal(
      { hive: testHive, key: keyOf(name), database, clock, admission: { ...admitAll, judge: names.judge }, log: silentLog },
      { ...testOptions, views: [view] },
    ),
  )
  const owner = given.owner ?? name
  let serial = journal.status().entries
  let certified: readonly string[] = []
  const certify = async (agents: readonly string[]): Promise<void> => {
    serial += 1
    certified = agents
    const fields = { node: journal.node, label: name, agents, roles: [], notBefore: 0, notAfter: undefined, serial }
    const { bytes } = signCertificate(keyOf(`owner of ${owner}`), fields)
    await journal.append(certificateKind, formatDocumentBody(bytes))
  }
  await certify(given.agents ?? ['ada'])
  const hive: ContextHive = {
    hive: testHive,
    name: 'workbench',
    node: journal.node,
    journal,
    membership: {
      hasOwned: names.hasOwned,
      judge: names.judge,
      mayWriteAs: (_node, agent) => certified.includes(agent) && names.ownerOfName(agent) === ownerOf(owner),
    },
    exchange: given.exchange,
    needAdmitted: () => {},
    connectedPeers: () => given.peers ?? [],
    untilConnected: async () => {},
  }
  const context = stack.use(
    openContext(
      { hive, database, content, view, clock, chance: createSeededChance(7), log: silentLog, isTransient: false },
      { ...testContextOptions, ...given.options },
    ),
  )
  const { signal } = new AbortController()
  const get: Stand['get'] = (address, session) => context.get(parsePattern(address), { signal, session })
  return {
    name,
    node: journal.node,
    database,
    content,
    journal,
    view,
    clock,
    context,
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
