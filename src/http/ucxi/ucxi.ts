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
}

/** Where a version stands among those that can be read. */
export interface UcxiPosition {
  readonly first: number
  readonly last: number
  /** In milliseconds. */
  readonly knownUntil: number
}

export interface UcxiRead extends UcxiVersion, UcxiPosition {
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

export interface UcxiFound {
  readonly resource: string
  readonly first: number
  readonly last: number
  readonly newest: UcxiVersion
}

/** What must be so for a write to happen. */
export type UcxiCondition = { readonly is: 'content'; readonly cid: Cid } | { readonly is: 'absent' }

export interface UcxiPut {
  readonly address: Address
  readonly body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>
  readonly mediaType: string
  readonly metadata: Readonly<Record<string, string>>
  readonly condition?: UcxiCondition | undefined
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
  readonly watch: (
    pattern: Address,
    options: Waiting & { readonly after?: number | undefined },
  ) => AsyncIterable<{ readonly id: number; readonly event: string; readonly version: UcxiVersion }>
  readonly status: () => {
    readonly resources: number
    readonly versions: number
    readonly deleted: number
    readonly contested: number
    readonly sessions: number
    readonly agents: readonly string[]
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
  /** Subscriptions open at once. */
  readonly maxSubscriptions: number
  /** Silence after which a subscriber is sent a comment, in milliseconds. */
  readonly keepAliveMs: number
  /** What a subscriber may leave unread before it is cut, in bytes. */
  readonly maxUnreadBytes: number
}
