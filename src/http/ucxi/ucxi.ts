import type { Chance } from '../../lib/chance.ts'
import type { Cid } from '../../lib/cid.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Log } from '../../lib/log.ts'
import type { Address, NavigationStep, Temporal } from '../../ucxl/ucxl.ts'

/** One version of a resource, as far as HTTP shows it. */
export interface UcxiVersion {
  readonly resource: string
  readonly address: string
  readonly version: number
  /** Null for a deletion. */
  readonly cid: Cid | null
  readonly mediaType: string
  /** In bytes. */
  readonly size: number
  readonly metadata: Readonly<Record<string, string>>
  readonly writer: string
  readonly owner: string
  /** The writer's wall time in milliseconds. */
  readonly at: number
  readonly isContested: boolean
}

export interface UcxiStored extends UcxiVersion {
  readonly status: 'created' | 'updated' | 'deleted' | 'unchanged'
  readonly replicas: { readonly wanted: number; readonly confirmed: number }
  /** Of what was sealed by this write: nodes that can open it, and those it is meant for that cannot yet. */
  readonly sealed?: { readonly recipients: number; readonly unreachable: readonly string[] } | undefined
}

/** Where a version stands among those that can be read. */
export interface UcxiPosition {
  readonly first: number
  readonly last: number
  /** In milliseconds. */
  readonly knownUntil: number
}

export interface UcxiRead extends UcxiVersion, UcxiPosition {
  /** Whether the content was opened for this reader: `size` and `mediaType` are of what `open` gives. */
  readonly isSealed: boolean
  readonly open: (range?: { readonly start?: number; readonly end?: number }) => AsyncIterable<Uint8Array>
}

export interface UcxiPage<Item> {
  readonly items: readonly Item[]
  readonly cursor: string | undefined
}

export interface UcxiPageRequest {
  readonly limit: number
  readonly cursor?: string | undefined
}

/** A member that has the newest version, or says that it provides the resource. */
export interface UcxiProvider {
  readonly node: string
  /** `here`: this node. `signed`: it signed for the bytes. `announced`: it says so. */
  readonly by: 'here' | 'signed' | 'announced'
  /** Until when what it announced is good, in milliseconds; undefined for what was not announced. */
  readonly expiresAt: number | undefined
}

export interface UcxiFound {
  readonly resource: string
  readonly first: number
  readonly last: number
  readonly newest: UcxiVersion
  /** Each once. */
  readonly providers: readonly UcxiProvider[]
}

export interface UcxiAnnounce {
  /** Concrete. */
  readonly address: Address
  /** What the newest version must say, as far as anything is said here. */
  readonly mediaType?: string | undefined
  readonly metadata?: Readonly<Record<string, string>> | undefined
  readonly checksum?: Cid | undefined
}

export interface UcxiAnnounced {
  readonly status: 'announced' | 'refreshed'
  readonly version: UcxiVersion
  readonly provider: string
  /** In milliseconds. */
  readonly expiresAt: number
}

/** One thing that happened; `provider` and `expiresAt` are of an `announced` alone. */
export interface UcxiEvent {
  readonly id: number
  readonly event: string
  readonly version: UcxiVersion
  readonly provider?: string
  readonly expiresAt?: number
}

/** How many copies there are of what this node looks after. */
export interface UcxiCopies {
  readonly target: number
  readonly members: number
  readonly below: number
  readonly isChecking: boolean
}

/** Questions to others since the node started. */
export interface UcxiResolver {
  readonly asked: number
  readonly cached: number
  readonly told: number
  readonly missed: number
  readonly refused: number
  readonly remembered: number
}

/** What must be so for a write to happen. */
export type UcxiCondition = { readonly is: 'content'; readonly cid: Cid } | { readonly is: 'absent' }

export interface UcxiPut {
  readonly address: Address
  readonly body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>
  readonly mediaType: string
  readonly metadata: Readonly<Record<string, string>>
  readonly condition?: UcxiCondition | undefined
  /** Roles and owners whose nodes alone can open it. */
  readonly sealFor?: readonly string[] | undefined
  readonly replicas?: number | undefined
  /** How long to wait for the copies, in milliseconds. */
  readonly waitMs?: number | undefined
}

export interface UcxiQuery extends UcxiPageRequest {
  readonly pattern: Address
  readonly text?: string | undefined
  readonly metadata?: Readonly<Record<string, string>> | undefined
  readonly since?: number | undefined
}

interface Waiting {
  readonly signal: AbortSignal
}

/** The context of one hive, as far as HTTP asks it; `context` has it, and the composition root joins the two. */
export interface UcxiStore {
  readonly put: (request: UcxiPut, waiting: Waiting) => Promise<UcxiStored>
  readonly delete: (address: Address, options: Waiting & { readonly condition?: UcxiCondition | undefined }) => Promise<UcxiStored>
  readonly get: (address: Address, options: Waiting) => Promise<UcxiRead>
  readonly versions: (address: Address, page: UcxiPageRequest) => UcxiPage<UcxiVersion>
  readonly navigate: (
    address: Address,
    temporal: Temporal,
    session?: string,
  ) => UcxiPosition & { readonly session: string; readonly version: UcxiVersion; readonly steps: readonly NavigationStep[] }
  readonly discover: (pattern: Address, page: UcxiPageRequest) => UcxiPage<UcxiFound>
  readonly query: (request: UcxiQuery) => UcxiPage<UcxiFound>
  readonly watch: (pattern: Address, options: Waiting & { readonly after?: number | undefined }) => AsyncIterable<UcxiEvent>
  readonly announce: (request: UcxiAnnounce, waiting: Waiting) => Promise<UcxiAnnounced>
  readonly status: () => {
    readonly resources: number
    readonly versions: number
    readonly deleted: number
    readonly contested: number
    readonly sessions: number
    readonly agents: readonly string[]
    readonly copies: UcxiCopies | undefined
    readonly announced: { readonly own: number; readonly known: number }
    readonly resolver: UcxiResolver | undefined
  }
}

/** The open context of a hive by name or id; without one, of the current hive. */
export type FindContext = (hive: string | undefined) => Promise<UcxiStore>

export interface UcxiDeps {
  readonly findContext: FindContext
  readonly clock: Clock
  readonly chance: Chance
  readonly log: Log
  /** Aborted when the node ends. */
  readonly ending: AbortSignal
}

export interface UcxiOptions {
  /** Without it every route is unknown, and says which knob it waits for. */
  readonly enabled: boolean
  /** Longest content that is taken, in bytes. */
  readonly maxContentBytes: number
  /** Longest JSON that is taken, and longest content that is given inside JSON, in bytes. */
  readonly maxJsonBytes: number
  /** Requests of one caller that are answered, a second and at once; 0 is no cap. */
  readonly requestsPerSecond: number
  /** Subscriptions open at once. */
  readonly maxSubscriptions: number
  /** Silence after which a subscriber is sent a comment, in milliseconds. */
  readonly keepAliveMs: number
  /** What a subscriber may leave unread before it is cut, in bytes. */
  readonly maxUnreadBytes: number
}
