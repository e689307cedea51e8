import type { Exchange } from '../content/content.ts'
import type { LocalContentStore } from '../content/content-store.ts'
import type { Membership } from '../hive/membership.ts'
import type { OwnerId, PeerId, SigningKey } from '../identity/keys.ts'
import type { SealKey, SealKeys } from '../identity/seal-keys.ts'
import type { HiveId } from '../journal/entry.ts'
import type { ReplicatedJournal } from '../journal/journal.ts'
import type { Chance } from '../lib/chance.ts'
import type { Cid } from '../lib/cid.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import type { Host } from '../network/host.ts'
import type { Database } from '../store/database.ts'
import type { ContextStatus } from './context-status.ts'
import type { Resealed, SealedFor, SealSource } from './sealing/seal-facts.ts'
import type { Address, NavigationStep, Temporal } from '../ucxl/ucxl.ts'

/** A member as a run before this one saw it. */
export interface SeenBefore {
  readonly node: PeerId
  /** How long ago, in milliseconds. */
  readonly agoMs: number
}

/** What context needs of one hive. */
export interface ContextHive {
  readonly hive: HiveId
  /** As people call it. */
  readonly name: string
  readonly node: PeerId
  readonly journal: Pick<ReplicatedJournal, 'append' | 'find' | 'lineHeads'>
  readonly membership: Pick<Membership, 'mayWriteAs' | 'hasOwned' | 'judge' | 'members' | 'findOwner' | 'handleOf' | 'policy' | 'ownerOf'>
  /** Undefined without hosts: then only what is on disk can be read. */
  readonly exchange: Exchange | undefined
  /** Undefined where no host is open. */
  readonly host: Host | undefined
  /** The node key: what this node says that it has is signed with it. */
  readonly key: SigningKey
  /** Members that earlier runs were connected to. */
  readonly seenBefore: () => readonly SeenBefore[]
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
  /** Keys that content is sealed to. */
  readonly sealKeys: SealKeys
  /** Tells when they, or who holds a role, may be others. */
  readonly seals: SealSource
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
  /** Short content that was read lately and is remembered, in bytes. */
  readonly cacheBytes: number
  /** How long a put waits for members to sign for their copies, in milliseconds. */
  readonly copiesTimeoutMs: number
  /** From the first change of who may open sealed versions until they are sealed anew, and least time between two such passes, in milliseconds. */
  readonly resealDelayMs: number
  /** Versions sealed anew in one pass. */
  readonly maxReseals: number
  /** Events a watcher may be behind. */
  readonly maxWaitingEvents: number
  /** A member that was not connected for so long keeps no copies, in milliseconds. */
  readonly memberMs: number
  /** Between two looks at what has too few copies or went bad, in milliseconds; half more or less, by chance. */
  readonly stewardIntervalMs: number
  /** How long new versions, and changes among members, gather before they are looked after, in milliseconds. */
  readonly stewardSettleMs: number
  /** Age of a member's word that it has a copy after which it is asked again, in milliseconds. */
  readonly copyCheckMs: number
  /** Bytes fetched and read again to keep copies, in a second; 0 is no cap. */
  readonly healBytesPerSecond: number
  /** Questions of one member about context that are answered in a second. */
  readonly questionsPerSecond: number
  /** Members asked at once for an address that is not known here. */
  readonly resolveMembers: number
  /** Time for one answer of a member, in milliseconds. */
  readonly askTimeoutMs: number
  /** How long the answer of members is good, in milliseconds; and how long it is remembered that there was none. */
  readonly resolveTtlMs: number
  readonly missTtlMs: number
  /** Such answers remembered at once. */
  readonly maxResolved: number
  /** How long an announcement is good, in milliseconds. */
  readonly announceTtlMs: number
  /** Announcements of this node in a minute, and resources that it announces. */
  readonly announcesPerMinute: number
  readonly maxAnnounced: number
  /** Announcements of all that are remembered. */
  readonly maxClaims: number
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
  /** Bytes of the body, where they are known before it is read: what is too long is then refused at once. */
  readonly size?: number | undefined
  readonly mediaType: string
  readonly metadata: Metadata
  readonly condition?: Condition | undefined
  /** Whose nodes alone can open it: `role:NAME`, `@HANDLE`, an owner id; or `everyone`. Without it as the version before. */
  readonly sealFor?: readonly string[] | undefined
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
  /** Undefined where it is not sealed, or not by this write. */
  readonly sealed?: SealedFor | undefined
}

export interface ReadVersion extends Version {
  /** Versions that can be read. */
  readonly first: number
  readonly last: number
  /** The moment up to which the writer's journal is known here, in milliseconds: what it wrote later may be missing. */
  readonly knownUntil: number
  /** Whether the content was sealed: then `size` and `mediaType` are of what `open` gives, and `cid` is of what is kept. */
  readonly isSealed: boolean
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

/** A member that has the content of a resource's newest version, or says that it provides the resource. */
export interface Provider {
  readonly node: PeerId
  /** `here`: this node. `signed`: it signed for the bytes. `announced`: it says so. */
  readonly by: 'here' | 'signed' | 'announced'
  /** Our wall time until which what it announced is good, in milliseconds; undefined for what was not announced. */
  readonly expiresAt: number | undefined
}

/** One resource that a pattern means. */
export interface FoundResource {
  readonly resource: string
  readonly first: number
  readonly last: number
  /** The newest version. */
  readonly newest: Version
  /** Each once. */
  readonly providers: readonly Provider[]
}

export interface AnnounceRequest {
  /** Concrete. */
  readonly address: Address
  /** What the newest version must say, as far as anything is said here. */
  readonly mediaType?: string | undefined
  readonly metadata?: Metadata | undefined
  readonly checksum?: Cid | undefined
}

/** What this node said that it provides. */
export interface AnnouncedVersion {
  readonly status: 'announced' | 'refreshed'
  readonly version: Version
  readonly provider: PeerId
  /** Our wall time in milliseconds. Said again in time, as long as this node runs and has it. */
  readonly expiresAt: number
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
  /** Grows by one from some number of this run of the node; where a watcher goes on. */
  readonly id: number
  readonly event: 'stored' | 'deleted' | 'announced'
  readonly version: Version
  /** Who provides it, and our wall time until which, in milliseconds; of an `announced` alone. */
  readonly provider?: PeerId
  readonly expiresAt?: number
}

/** Events that came together, and the place behind them. */
export interface NextEvents {
  readonly items: readonly ContextEvent[]
  /** To give as `after` next time. */
  readonly after: number
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
  /** The first of these, with what was committed together with it; none, once the signal says so. @throws Fault WATCH_LAGGED */
  readonly nextEvents: (pattern: Address, options: Waiting & { readonly after?: number | undefined }) => Promise<NextEvents>
  /**
   * Seals the newest version of one resource, or of all this node writes, to those who may open it now, where these changed.
   *
   * Earlier versions stay as they are: who could open them still can. @throws Fault RESOURCE_MISSING, WRITER_DENIED for the one that was named
   */
  readonly reseal: (address: Address | undefined, waiting: Waiting) => Promise<Resealed>
  /** Makes a new key for what is sealed to this node from now on; older keys stay, for what was sealed to them. @throws Fault NODE_REVOKED, SEAL_KEYS_FULL */
  readonly rekey: () => Promise<SealKey>
  /**
   * Says to all members that this node provides the newest version of a resource, fetching its content first. The same again says it for longer.
   *
   * @throws Fault ADDRESS_NOT_CONCRETE, RESOURCE_MISSING, RESOURCE_DELETED, VERSION_CONTESTED, CHECKSUM_DIFFERS, CONTENT_UNAVAILABLE, ANNOUNCE_LIMITED, HIVE_OFFLINE
   */
  readonly announce: (request: AnnounceRequest, waiting: Waiting) => Promise<AnnouncedVersion>
  readonly status: () => ContextStatus
}
