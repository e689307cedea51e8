import type { ContentStore, Exchange } from '../content/content.ts'
import type { Membership } from '../hive/membership.ts'
import type { OwnerId, PeerId } from '../identity/keys.ts'
import type { HiveId } from '../journal/entry.ts'
import type { Journal } from '../journal/journal.ts'
import type { Chance } from '../lib/chance.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import type { Database } from '../store/database.ts'

/** What the market needs of one hive. */
export interface MarketHive {
  readonly hive: HiveId
  /** As people call it. */
  readonly name: string
  readonly node: PeerId
  /** Ours, when it is a member. */
  readonly owner: OwnerId | undefined
  readonly journal: Pick<Journal, 'append' | 'find'>
  readonly membership: Pick<Membership, 'handleOf' | 'findOwner' | 'policy'>
  /** Undefined without hosts: then only what is on disk can be installed. */
  readonly exchange: Exchange | undefined
  /** Nothing, unless this node is revoked here, so that what it publishes reaches nobody. @throws Fault NODE_REVOKED */
  readonly needAdmitted: () => void
  /** Admitted peers connected right now. */
  readonly connectedPeers: () => readonly PeerId[]
  /** Resolves when an admitted peer is connected, or at once where nobody else is in the hive or no host is open. @throws the signal's reason */
  readonly untilConnected: (options: { readonly signal: AbortSignal }) => Promise<void>
}

/** What the market is made of. */
export interface MarketDeps {
  readonly database: Database
  readonly content: ContentStore
  readonly clock: Clock
  readonly chance: Chance
  readonly log: Log
  /** The hive a caller named, or the current one. @throws when there is none */
  readonly findHive: (name: string | undefined) => MarketHive
  /** Where `--global` installs: a folder of the home. */
  readonly globalDirectory: string
  /** Whether the node goes away when the call is done. */
  readonly isTransient: boolean
}

/** Knobs of the `market` group, and `content.replicas` as `copies`. */
export interface MarketOptions {
  readonly maxPackageBytes: number
  readonly maxPackageFiles: number
  readonly maxManifestBytes: number
  readonly searchLimit: number
  /** How long a publish waits for members to sign for their copies, in milliseconds. */
  readonly copiesTimeoutMs: number
  /** How long a provider record may take, in milliseconds. */
  readonly announceTimeoutMs: number
  /** How old a count of providers may be when it is shown, in milliseconds. */
  readonly providersAgeMs: number
  /** How long a search waits for counts of providers, in milliseconds. */
  readonly providersTimeoutMs: number
  /** How long an install waits for another one in the same place, in milliseconds. */
  readonly installWaitMs: number
  /** How long ago we must have first seen a release of an open hive before it is installed unasked, in milliseconds; closed hives do not wait. */
  readonly coolDownMs: number
  /** Members that keep a copy of what is published, ourselves counted. */
  readonly copies: number
}
