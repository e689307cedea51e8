import type { OwnerId } from '../../identity/keys.ts'
import type { HiveId } from '../../journal/entry.ts'
import type { Reader } from '../../store/database.ts'
import type { MarketDeps, MarketHive, MarketOptions } from '../market.ts'
import type { IndexedRelease, IndexedVersion } from '../package-index.ts'
import { findVersions, getRelease } from '../package-index.ts'
import { formatDigest } from '../release.ts'
import { spellPackage } from '../spell.ts'
import type { KnownPackage } from '../rules/look-alike.ts'
import type { Override, TrustIssue, TrustedRelease } from '../rules/trust.ts'
import { judgeTrust } from '../rules/trust.ts'
import { compareNewest } from '../rules/versions.ts'
import { findNearNames } from './name-pieces.ts'
import { originOf, sourceOf } from '../sources.ts'
import type { Source } from './sight.ts'
import { newestSeen, sourceOfHive } from './sight.ts'
import { listTransfers } from './transfers.ts'

/** What a lock pins of a package. */
export interface PinnedRelease {
  readonly owner: OwnerId
  readonly version: string
  /** `sha256:…` of its archive. */
  readonly digest: string
  readonly source: string
}

export interface ReleaseQuestion {
  readonly release: IndexedRelease
  readonly locked: PinnedRelease | undefined
  /** What was accepted before, or now. */
  readonly overrides: readonly Override[]
  /** Whether some other package is installed where this one goes. */
  readonly isInstalled: (other: { readonly owner: OwnerId; readonly name: string }) => boolean
  /** Our wall time in milliseconds. */
  readonly now: number
}

/** What this node knows against installing a release of a hive: the facts for `judgeTrust`, gathered from index and sights. */
export function judgeRelease(
  deps: Pick<MarketDeps, 'registries'> & { readonly database: Reader; readonly options: Pick<MarketOptions, 'coolDownMs'> },
  hive: MarketHive,
  question: ReleaseQuestion,
): readonly TrustIssue[] {
  const { release, locked, overrides, now } = question
  const { database } = deps
  const { owner, name } = release
  const source = sourceOfHive(hive.hive)
  const versions = findVersions(database, hive.hive, name, owner)
  const isOpenHive = hive.membership.policy === 'open'
  return judgeTrust({
    package: spellPackage(hive, release),
    wanted: describeRelease(release, { source: sourceOf(hive), version: versions.find(({ entry }) => entry === release.entry) }),
    locked: locked === undefined ? undefined : describePinned(database, { hive: hive.hive, name, locked: toOrigin(deps, hive, locked) }),
    policy: { coolDownMs: isOpenHive ? deps.options.coolDownMs : 0, isOpenHive },
    now,
    newestSeen: newestSeen(database, { source, owner, name }),
    newestOffered:
      hive.source === undefined ? versions.toSorted(compareNewest).at(-1)?.version : deps.registries?.newestOffered(hive, release),
    self: toKnown(hive, { owner, name, versions, isInstalled: locked !== undefined }),
    // Only who is new here is compared, and comparing asks much of the index.
    near: locked === undefined ? findNear(database, hive, question) : [],
    overrides,
    transfers: locked === undefined ? [] : listTransfers(database, { hive: hive.hive, owner: locked.owner, name }),
  })
}

/** A registry and the hive whose packages it has say the same, and one stands for the other. */
function toOrigin({ registries }: Pick<MarketDeps, 'registries'>, hive: MarketHive, locked: PinnedRelease): PinnedRelease {
  const home = registries?.findSource(locked.source)
  const origin = home === undefined ? locked.source : `hive:${originOf(home)}`
  return origin === `hive:${originOf(hive)}` ? { ...locked, source: sourceOf(hive) } : locked
}

function describeRelease(
  { owner, version, digest, manifest }: IndexedRelease,
  known: { readonly source: Source; readonly version: IndexedVersion | undefined },
): TrustedRelease {
  return {
    owner,
    version,
    digest: formatDigest(digest),
    permissions: manifest.permissions,
    yanked: known.version?.yanked ?? null,
    deprecated: known.version?.deprecated ?? null,
    // a release that is in no index was never seen to count
    firstSeenAt: known.version?.firstSeenAt ?? Number.MAX_SAFE_INTEGER,
    source: known.source,
  }
}

interface PinnedRequest {
  readonly hive: HiveId
  readonly name: string
  readonly locked: PinnedRelease
}

function describePinned(reader: Reader, { hive, name, locked }: PinnedRequest): TrustedRelease {
  const known = findVersions(reader, hive, name, locked.owner).find(({ digest }) => formatDigest(digest) === locked.digest)
  const release = known && getRelease(reader, known.entry)
  return {
    ...locked,
    permissions: release?.manifest.permissions,
    yanked: known?.yanked ?? null,
    deprecated: known?.deprecated ?? null,
    firstSeenAt: known?.firstSeenAt ?? Number.MAX_SAFE_INTEGER,
  }
}

/** Packages of other owners that this one could be mistaken for: near names, and the same name under another handle. */
function findNear(reader: Reader, hive: MarketHive, { release, isInstalled }: ReleaseQuestion): readonly KnownPackage[] {
  const sameName = Map.groupBy(findVersions(reader, hive.hive, release.name), ({ owner }) => owner)
  const near = findNearNames(reader, hive.hive, release.name).map(({ owner, name }) => ({
    owner,
    name,
    versions: findVersions(reader, hive.hive, name, owner),
  }))
  const all = [...[...sameName].map(([owner, versions]) => ({ owner, name: release.name, versions })), ...near]
  return all.filter(({ owner }) => owner !== release.owner).map((other) => toKnown(hive, { ...other, isInstalled: isInstalled(other) }))
}

interface Named {
  readonly owner: OwnerId
  readonly name: string
  readonly versions: readonly IndexedVersion[]
  readonly isInstalled: boolean
}

function toKnown(hive: MarketHive, { owner, name, versions, isInstalled }: Named): KnownPackage {
  return {
    package: spellPackage(hive, { owner, name }),
    owner,
    handle: hive.membership.handleOf(owner) ?? owner,
    name,
    isInstalled,
    versions: versions.length,
    firstSeenAt: versions.reduce((first, version) => Math.min(first, version.firstSeenAt), Number.MAX_SAFE_INTEGER),
  }
}
