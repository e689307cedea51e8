import type { ContentStore, Exchange, FetchOptions } from '../content/content.ts'
import type { Cid } from '../lib/cid.ts'
import type { Acquaintances } from '../hive/acquaintances.ts'
import type { Membership } from '../hive/membership.ts'
import type { OwnerId, PeerId } from '../identity/keys.ts'
import type { HiveId } from '../journal/entry.ts'
import type { Journal } from '../journal/journal.ts'
import type { Chance } from '../lib/chance.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import type { Database } from '../store/database.ts'
import type { KnownGenesis } from '../hive/genesis.ts'
import type { RegistryOptions } from './registry/options.ts'
import type { PackageName } from './rules/names.ts'
import type { Sharing } from './rules/sharing.ts'
import type { RemoteSearch } from './remote/remote-search.ts'
import type { Source } from './trust/sight.ts'
import type { UnpackedStore } from './unpacked/unpacked-store.ts'

/** Who gave bytes: a peer id, or a registry as locks name it. */
export interface Giver {
  readonly peer: string
  readonly bytes: number
}

/** Content that is whole on our disk now. */
export interface FetchedBytes {
  readonly providers: readonly Giver[]
  /** The content, held to its CID, where it came now and is short. */
  readonly bytes?: Uint8Array
}

/** Bytes from others: the members of a hive, or a registry. */
export interface MarketExchange extends Pick<Exchange, 'findHolders' | 'announce' | 'replicate'> {
  /** As `Exchange.fetch`. */
  readonly fetch: (cid: Cid, options: FetchOptions) => Promise<FetchedBytes>
}

/** What the market needs of one hive, or of a registry that stands for one. */
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
  readonly exchange: MarketExchange | undefined
  /** How locks name it; undefined for a hive, which they name by its id. */
  readonly source?: Source
  /** Undefined where nobody exports it. Of a registry: of the hive whose packages it has. */
  readonly genesis?: KnownGenesis
  /** Asks other members of an open hive; undefined without hosts. */
  readonly remote?: Pick<RemoteSearch, 'members' | 'ask'> | undefined
  /** Registries that are asked with it, by `registry.mode`. */
  readonly beside?: readonly MarketHive[]
  /** Nothing, unless this node is revoked here, so that what it publishes reaches nobody. @throws Fault NODE_REVOKED */
  readonly needAdmitted: () => void
  /** Admitted peers connected right now. */
  readonly connectedPeers: () => readonly PeerId[]
  /** Resolves when an admitted peer is connected, or at once where nobody else is in the hive or no host is open. @throws the signal's reason */
  readonly untilConnected: (options: { readonly signal: AbortSignal }) => Promise<void>
}

/** A hive as it knows owners, and what follows when others are followed or blocked. */
export interface KnownOwners {
  readonly membership: Pick<Membership, 'policy' | 'findOwner' | 'handleOf'>
  /** Counts room again, and drops journals of who is blocked. */
  readonly reconsider: () => Promise<void>
  /** Builds the views of some kinds of records anew. */
  readonly rebuildViews: (kinds: readonly string[]) => Promise<void>
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
  /** The static registries of this node; undefined where none are asked. */
  readonly registries?: RegistryBook
  /** Whom the person of this node follows, blocks and calls by names of their own. */
  readonly acquaintances: Acquaintances
  /** Every hive that is open. */
  readonly openHives: () => readonly KnownOwners[]
  /** Where `--global` installs: a folder of the home. */
  readonly globalDirectory: string
  /** Unpacked packages that projects share; undefined for a home in memory. */
  readonly unpacked: UnpackedStore | undefined
  /** Whether the node goes away when the call is done. */
  readonly isTransient: boolean
}

export interface RefreshOptions {
  readonly signal: AbortSignal
  /** Names to ask for too, once what is said of a name is here: what it needs. */
  readonly follow?: (name: PackageName) => readonly PackageName[]
}

/** The registries that this node asks beside its hives, or instead of them. */
export interface RegistryBook {
  /** What is asked where a hive is meant: it and the registries, they alone, or it alone. @throws Fault REGISTRY_NONE */
  readonly ask: (hive: MarketHive) => MarketHive
  /** The registry that a lock names; undefined for one this node does not ask. */
  readonly findSource: (source: string) => MarketHive | undefined
  /**
   * Brings what is known of some names, or of all, up to date, within a bounded time; what is kept is used where a registry does not answer.
   *
   * @throws Fault REGISTRY_UNREACHABLE where no hive is asked and no registry ever answered
   */
  readonly refresh: (names: readonly PackageName[] | 'everything', options: RefreshOptions) => Promise<void>
  /** Several sources of the same bytes as one. */
  readonly hedge: (exchanges: readonly MarketExchange[]) => MarketExchange | undefined
  /** Whether imported indexes that nobody signed are searched too. */
  readonly showsForeign: boolean
  /** The newest version of a package that a registry says now, other than what it ever said; undefined for a hive, which forgets nothing. */
  readonly newestOffered: (hive: MarketHive, key: { readonly owner: OwnerId; readonly name: string }) => string | undefined
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
  /** The `registry` group. */
  readonly registry: RegistryOptions
  /** How files of unpacked packages are shared with projects. */
  readonly sharing: Sharing
  /** Members that keep a copy of what is published, ourselves counted. */
  readonly copies: number
}
