import type { Exchange } from '../content/content.ts'
import type { LocalContentStore } from '../content/content-store.ts'
import type { Membership } from '../hive/membership.ts'
import type { OwnerId, PeerId } from '../identity/keys.ts'
import type { HiveId } from '../journal/entry.ts'
import type { ReplicatedJournal } from '../journal/journal.ts'
import type { Chance } from '../lib/chance.ts'
import type { Cid } from '../lib/cid.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import type { Database } from '../store/database.ts'
import type { Address, NavigationStep, Temporal } from '../ucxl/ucxl.ts'

/** What context needs of one hive. */
export interface ContextHive {
  readonly hive: HiveId
  /** As people call it. */
  readonly name: string
  readonly node: PeerId
  readonly journal: Pick<ReplicatedJournal, 'append' | 'find' | 'lineHeads'>
  readonly membership: Pick<Membership, 'mayWriteAs' | 'hasOwned' | 'judge'>
  /** Undefined without hosts: then only what is on disk can be read. */
  readonly exchange: Exchange | undefined
  /** Nothing, unless this node is revoked here. @throws Fault NODE_REVOKED */
  readonly needAdmitted: () => void
  /** Admitted peers connected right now. */
  readonly connectedPeers: () => readonly PeerId[]
  /** Resolves when an admitted peer is connected, or at once where nobody else is in the hive or no host is open. @throws the signal's reason */
  readonly untilConnected: (options: { readonly signal: AbortSignal }) => Promise<void>
}

/** Tells of versions as they become readable. */
export interface VersionSource {
  /** Called after the commit with the entry of each version that can be read now, in the order of versions; not while the view is rebuilt. */
  readonly onVersion: (listener: (entry: Cid) => void) => () => void
}

/** What the context of one hive is made of. */
export interface ContextDeps {
  readonly hive: ContextHive
  readonly database: Database
  readonly content: LocalContentStore
  /** The view of the hive's journals that all is read from. */
  readonly view: VersionSource
  readonly clock: Clock
  readonly chance: Chance
  readonly log: Log
  /** Whether the node goes away when the call is done. */
  readonly isTransient: boolean
}

/** Knobs of the `context` group. */
export interface ContextOptions {
  /** Members that keep the content of a version, ourselves counted. */
  readonly replicas: number
  /** Longest content of a version, in bytes. */
  readonly maxBodyBytes: number
  /** Versions kept of a resource; 0 keeps all. */
  readonly keepVersions: number
  /** Age up to which versions of a resource are kept, in milliseconds; 0 keeps all. */
  readonly keepMs: number
  /** Navigation sessions open at once; the one unused for longest goes first. */
  readonly maxSessions: number
  /** Age of an unused session at which it ends, in milliseconds. */
  readonly sessionMs: number
  /** Steps a session remembers. */
  readonly maxSteps: number
  /** Longest text that is searched, in bytes; longer content is found by its address and metadata only. */
  readonly maxTextBytes: number
  /** How long a put waits for members to sign for their copies, in milliseconds. */
  readonly copiesTimeoutMs: number
  /** Events a watcher may be behind. */
  readonly maxWaitingEvents: number
}

/** What may be said of a version beside its content: names of `[a-z0-9-]`, values of text. */
export type Metadata = Readonly<Record<string, string>>

/** What must be so for a write to happen. */
export type Condition =
  /** The newest version has this content. */
  | { readonly is: 'content'; readonly cid: Cid }
  /** There is no version, or the newest is a deletion. */
  | { readonly is: 'absent' }

export interface PutRequest {
  /** Concrete. */
  readonly address: Address
  readonly body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>
  readonly mediaType: string
  readonly metadata: Metadata
  readonly condition?: Condition | undefined
  /** Copies to wait for, ourselves counted; without it `context.replicas`. */
  readonly replicas?: number | undefined
  /** How long to wait for them, in milliseconds; without it `context.copiesTimeoutMs`. */
  readonly waitMs?: number | undefined
}

/** One version of one resource, as its writer signed it. */
export interface Version {
  /** Canonical form without the temporal segment. */
  readonly resource: string
  /** Canonical address of this very version, `…/*~N/…`. */
  readonly address: string
  /** 1 and up, without gaps. */
  readonly version: number
  /** Null for a deletion. */
  readonly cid: Cid | null
  readonly mediaType: string
  /** Of the content, in bytes. */
  readonly size: number
  readonly metadata: Metadata
  /** The entry that says it, and the node that signed that. */
  readonly entry: Cid
  readonly writer: PeerId
  /** The owner behind the writer when it wrote. */
  readonly owner: OwnerId
  /** The writer's wall time in milliseconds. */
  readonly at: number
  /** Whether another node gave the same number to something else: then neither can be read by it. */
  readonly isContested: boolean
}

/** How many members have the content, ourselves counted. */
export interface Copies {
  readonly wanted: number
  readonly confirmed: number
}

export interface StoredVersion extends Version {
  /** `unchanged`: the newest version already said exactly this. */
  readonly status: 'created' | 'updated' | 'deleted' | 'unchanged'
  readonly replicas: Copies
}

export interface ReadVersion extends Version {
  /** Versions that can be read. */
  readonly first: number
  readonly last: number
  /** The moment up to which the writer's journal is known here, in milliseconds: what it wrote later may be missing. */
  readonly knownUntil: number
  /** Verified bytes, from `start` to `end` (exclusive); fetched from members when they are not here. @throws Fault CONTENT_UNAVAILABLE, CONTENT_MISSING */
  readonly open: (range?: { readonly start?: number; readonly end?: number }) => AsyncIterable<Uint8Array>
}

/** Where a caller goes on, in the order of a list; lists stay as they are while somebody writes. */
export interface PageRequest {
  /** 1 to 1,000. */
  readonly limit: number
  /** Of the page before; without it the beginning. */
  readonly cursor?: string | undefined
}

export interface Page<Item> {
  readonly items: readonly Item[]
  /** Undefined at the end. */
  readonly cursor: string | undefined
}

/** One resource that a pattern means. */
export interface FoundResource {
  readonly resource: string
  readonly first: number
  readonly last: number
  /** The newest version. */
  readonly newest: Version
}

export interface QueryRequest extends PageRequest {
  readonly pattern: Address
  /** Words that all occur in content, metadata or path. */
  readonly text?: string | undefined
  /** Values that the newest version's metadata has. */
  readonly metadata?: Metadata | undefined
  /** Newest versions written at or after this, by their writers' clocks, in milliseconds. */
  readonly since?: number | undefined
}

/** Where a session stands after a step. */
export interface NavigatedVersion {
  readonly session: string
  readonly version: Version
  readonly first: number
  readonly last: number
  readonly knownUntil: number
  readonly steps: readonly NavigationStep[]
}

export interface ContextEvent {
  /** Grows by one; where a watcher goes on. */
  readonly id: number
  readonly event: 'stored' | 'deleted'
  readonly version: Version
}

export interface ContextStatus {
  readonly resources: number
  readonly versions: number
  /** Resources whose newest version is a deletion. */
  readonly deleted: number
  /** Numbers that two nodes gave to different versions. @see docs/decisions/0005-one-writer-per-name.md */
  readonly contested: number
  readonly sessions: number
  /** Agent names this node may write as. */
  readonly agents: readonly string[]
}

/** Waits, and is told when to stop. */
export interface Waiting {
  readonly signal: AbortSignal
}

/** The context of one hive: versions under addresses, each resource with one writer. */
export interface ContextStore extends AsyncDisposable {
  /**
   * Adds a version. Resolves when it is on disk here; `replicas` says who else has it. The same again changes nothing.
   *
   * @throws Fault ADDRESS_NOT_CONCRETE, WRITER_DENIED, WRITER_ELSEWHERE, CONDITION_FAILED, CONTEXT_TOO_LARGE, METADATA_INVALID, DISK_FULL
   */
  readonly put: (request: PutRequest, waiting: Waiting) => Promise<StoredVersion>
  /** Adds a version that says that there is nothing any more; earlier ones stay readable. @throws Fault of `put`, RESOURCE_MISSING */
  readonly delete: (address: Address, options: Waiting & { readonly condition?: Condition | undefined }) => Promise<StoredVersion>
  /**
   * The version that an address means; `session` is where `~~N` and `^^N` count from.
   *
   * @throws Fault RESOURCE_MISSING, RESOURCE_DELETED, TEMPORAL_OUT_OF_BOUNDS, VERSION_CONTESTED, SESSION_UNKNOWN
   */
  readonly get: (address: Address, options: Waiting & { readonly session?: string | undefined }) => Promise<ReadVersion>
  /** Every kept version of a resource, newest first. @throws Fault RESOURCE_MISSING */
  readonly versions: (address: Address, page: PageRequest) => Page<Version>
  /** Moves a session of one's own among the versions of a resource; without one a new one begins. @throws Fault of `get` */
  readonly navigate: (address: Address, temporal: Temporal, session?: string) => NavigatedVersion
  /** Resources that a pattern means and that are not deleted, by name. */
  readonly discover: (pattern: Address, page: PageRequest) => Page<FoundResource>
  readonly query: (request: QueryRequest) => Page<FoundResource>
  /**
   * What is stored or deleted from now on, or after an event that was seen, each after its commit. Ends with the signal, without a throw.
   *
   * @throws Fault WATCH_LAGGED to who is so far behind that events were let go
   */
  readonly watch: (pattern: Address, options: Waiting & { readonly after?: number | undefined }) => AsyncIterable<ContextEvent>
  readonly status: () => ContextStatus
}
