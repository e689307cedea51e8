import type { OwnerId } from '../../identity/keys.ts'
import type { Reader } from '../../store/database.ts'
import type { Lock, LockedPackage } from '../install/lock.ts'
import type { MarketHive } from '../market.ts'
import type { IndexedVersion } from '../package-index.ts'
import { findVersions, getRelease } from '../package-index.ts'
import { formatDigest } from '../release.ts'
import type { Catalogue, PackageId, Requirement } from '../rules/candidates.ts'
import { chooseOwner, packageId } from '../rules/candidates.ts'
import { parsePackageReference } from '../rules/names.ts'
import { maxOwners } from '../rules/succession.ts'
import { followTransfer, listGivers } from '../trust/transfers.ts'
import { askedWith, findVersionsIn, originOf, sourceOf } from '../sources.ts'
import type { IndexCandidate, SourceCandidate } from './index-candidate.ts'
import { mergeSources } from './merge-sources.ts'

export interface CatalogueDeps {
  readonly database: Reader
  /** The hive that is asked for what the lock does not pin. */
  readonly hive: MarketHive
  /** The hive of a source that the lock names; undefined when this node is not in it. */
  readonly findSource: (source: string) => MarketHive | undefined
  readonly lock: Lock
}

/**
 * What can be installed: the index of a hive, and what the lock pins, each from the source it is pinned to.
 *
 * A package that was handed on is one package: the versions of all its owners, known by the last.
 */
export interface IndexCatalogue extends Catalogue<IndexCandidate> {
  /** What a package is known by. */
  readonly idOf: (owner: OwnerId, name: string) => PackageId
  readonly lockedOf: (id: PackageId) => LockedPackage | undefined
}

/** Opens the catalogue for one resolution; it reads the index as it goes. */
export function createCatalogue({ database, hive, findSource, lock }: CatalogueDeps): IndexCatalogue {
  const pinned = new Map<PackageId, LockedPackage>()
  const followed = new Map<PackageId, PackageId>()
  // asked many times over in one resolution, and each time of the database
  const idOf = (owner: OwnerId, name: string): PackageId => {
    const own = packageId({ owner, name })
    const known = followed.get(own) ?? packageId(followIn(database, hive, { owner, name }))
    followed.set(own, known)
    return known
  }
  for (const entry of lock.values()) pinned.set(idOf(entry.owner, nameOf(entry)), entry)
  const names: NameDeps = { database, hive, lock, idOf }
  return {
    idOf,
    lockedOf: (id) => pinned.get(id),
    versionsOf: (id) => {
      const locked = pinned.get(id)
      if (locked === undefined) return mergeSources(askedWith(hive).flatMap((source) => findEvery(database, source, id)))
      const home = askedWith(hive).find((source) => sourceOf(source) === locked.source) ?? findSource(locked.source)
      const found = mergeSources(findPinned({ database, hive }, { id, locked, home }))
      const isKnown = found.some(({ version, digest }) => version === locked.version && digest === locked.digest)
      return isKnown ? found : [...found, toPinned(id, locked, home ?? hive)]
    },
    dependenciesOf: (candidate) => {
      const locked = pinned.get(candidate.id)
      const understood = locked?.isIsolated === false && isPinned(candidate, locked) ? readUnderstood(names, locked) : undefined
      if (understood !== undefined) return understood
      const release = candidate.entry === undefined ? undefined : getRelease(database, candidate.entry)
      const dependencies = release?.manifest.dependencies ?? []
      return dependencies.map(({ name, range }) => toRequirement(names, { name, range, dependant: candidate.owner, locked }))
    },
  }
}

/** The name of a locked package, without its owner. */
export function nameOf(locked: Pick<LockedPackage, 'package'>): string {
  return locked.package.slice(locked.package.indexOf('/') + 1)
}

/** Whether a candidate is what the lock pins, byte for byte. */
export function isPinned({ owner, version, digest }: SourceCandidate, locked: LockedPackage): boolean {
  return locked.owner === owner && locked.version === version && locked.digest === digest
}

/** Owners before that are followed at most. */
const maxGivers = 32

interface PinnedRequest {
  readonly id: PackageId
  readonly locked: LockedPackage
  /** The source that the lock names; undefined when this node does not ask it. */
  readonly home: MarketHive | undefined
}

/** What the pinned source has, and others of the same hive; of strangers only the bytes that are pinned. */
function findPinned(
  { database, hive }: Pick<CatalogueDeps, 'database' | 'hive'>,
  { id, locked, home }: PinnedRequest,
): readonly SourceCandidate[] {
  const origin = home === undefined ? locked.source : `hive:${originOf(home)}`
  const others = askedWith(hive).filter((source) => source.hive !== home?.hive)
  return [...(home === undefined ? [] : [home]), ...others].flatMap((source) => {
    const found = findEvery(database, source, id)
    return source === home || `hive:${originOf(source)}` === origin ? found : found.filter((each) => isPinned(each, locked))
  })
}

/** Whose a package is now, as the first source says that knows of it being handed on. */
function followIn(database: Reader, hive: MarketHive, key: { readonly owner: OwnerId; readonly name: string }): typeof key {
  const ends = askedWith(hive).map((source) => followTransfer(database, source.hive, key))
  return ends.find(({ owner }) => owner !== key.owner) ?? key
}

function findEvery(database: Reader, hive: MarketHive, id: PackageId): readonly SourceCandidate[] {
  const [last = '', name = ''] = id.split('/')
  const owners = new Set<OwnerId>([last as OwnerId])
  for (const owner of owners) {
    if (owners.size > maxGivers) break
    for (const giver of listGivers(database, { hive: hive.hive, owner, name })) owners.add(giver)
  }
  return [...owners].flatMap((owner) =>
    findVersions(database, hive.hive, name, owner).map((version) => toCandidate({ id, name, hive }, version)),
  )
}

function toCandidate(
  { id, name, hive }: { readonly id: PackageId; readonly name: string; readonly hive: MarketHive },
  { owner, version, at, digest, yanked, entry }: IndexedVersion,
): SourceCandidate {
  return { id, name, hive, owner, version, at, digest: formatDigest(digest), yanked, entry, source: sourceOf(hive) }
}

function toPinned(id: PackageId, locked: LockedPackage, hive: MarketHive): IndexCandidate {
  const { owner, version, digest, source } = locked
  return { id, owner, name: nameOf(locked), version, at: 0, digest, yanked: null, source, hive, entry: undefined, alsoAt: [], disputes: [] }
}

interface NameDeps extends Pick<CatalogueDeps, 'database' | 'hive' | 'lock'> {
  readonly idOf: (owner: OwnerId, name: string) => PackageId
}

/**
 * What was understood when it was installed is not understood anew: a name may mean several by now. Undefined for a lock that lacks
 * something of it, as a merge by hand may leave it.
 */
function readUnderstood({ lock, idOf }: NameDeps, { dependencies }: LockedPackage): readonly Requirement[] | undefined {
  const found = dependencies.map(({ package: name, range }): Requirement | undefined => {
    const entry = lock.get(name)
    return entry && { name, range, target: idOf(entry.owner, nameOf(entry)), rivals: [] }
  })
  return found.every((requirement) => requirement !== undefined) ? found : undefined
}

interface Named {
  readonly name: string
  readonly range: string
  readonly dependant: OwnerId
  readonly locked: LockedPackage | undefined
}

function toRequirement({ database, hive, lock, idOf }: NameDeps, { name, range, dependant, locked }: Named): Requirement {
  const reference = parsePackageReference(name)
  const unknown: Requirement = { name, range, target: undefined, rivals: [] }
  if (reference === undefined || reference.range !== undefined) return unknown
  const owner = reference.owner === undefined ? undefined : hive.membership.findOwner(reference.owner)
  if (reference.owner !== undefined && owner === undefined) return unknown
  const owners = [...new Set(findVersionsIn(database, hive, reference.name, owner).map((version) => version.owner))]
  // of a package that was handed on several owners released, and it is one
  const findHeir = ([first]: readonly OwnerId[]): OwnerId | undefined =>
    owners.length <= maxOwners && new Set(owners.map((each) => idOf(each, reference.name))).size === 1 ? first : undefined
  // What this package needed of the name before, it means still.
  const before = locked?.dependencies.find((need) => nameOf(need) === reference.name)
  const chosen = owner ?? (before && lock.get(before.package)?.owner) ?? chooseOwner(owners, dependant) ?? findHeir(owners)
  if (chosen !== undefined && owners.includes(chosen)) return { ...unknown, target: idOf(chosen, reference.name) }
  return { ...unknown, rivals: owners.map((rival) => packageId({ owner: rival, name: reference.name })) }
}
