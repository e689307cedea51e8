import type { OwnerId } from '../../identity/keys.ts'
import type { Cid } from '../../lib/cid.ts'
import type { Reader } from '../../store/database.ts'
import type { Lock, LockedPackage } from '../install/lock.ts'
import type { MarketHive } from '../market.ts'
import type { IndexedVersion } from '../package-index.ts'
import { findVersions, getRelease } from '../package-index.ts'
import { formatDigest } from '../release.ts'
import type { Candidate, Catalogue, PackageId, Requirement } from '../rules/candidates.ts'
import { chooseOwner, packageId } from '../rules/candidates.ts'
import { parsePackageReference } from '../rules/names.ts'
import { sourceOfHive } from '../trust/sight.ts'
import { followTransfer, listGivers } from '../trust/transfers.ts'

/** A version that the index of a hive has, or that the lock pins. */
export interface IndexCandidate extends Candidate {
  /** Who signed it: of a package that was handed on, perhaps an owner before. */
  readonly owner: OwnerId
  readonly name: string
  readonly hive: MarketHive
  /** The entry that says it; undefined for what only the lock knows. */
  readonly entry: Cid | undefined
}

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
  const idOf = (owner: OwnerId, name: string): PackageId => packageId(followTransfer(database, hive.hive, { owner, name }))
  for (const entry of lock.values()) pinned.set(idOf(entry.owner, nameOf(entry)), entry)
  const hiveOf = (id: PackageId): MarketHive | undefined => {
    const source = pinned.get(id)?.source
    return source === undefined || source === sourceOfHive(hive.hive) ? hive : findSource(source)
  }
  const names: NameDeps = { database, hive, lock, idOf }
  return {
    idOf,
    lockedOf: (id) => pinned.get(id),
    versionsOf: (id) => {
      const locked = pinned.get(id)
      const from = hiveOf(id)
      const found = from === undefined ? [] : findEvery(database, from, id)
      const isKnown = locked === undefined || found.some(({ version, digest }) => version === locked.version && digest === locked.digest)
      return isKnown ? found : [...found, toPinned(id, locked, from ?? hive)]
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
export function isPinned({ owner, version, digest }: IndexCandidate, locked: LockedPackage): boolean {
  return locked.owner === owner && locked.version === version && locked.digest === digest
}

/** Owners before that are followed at most. */
const maxGivers = 32

function findEvery(database: Reader, hive: MarketHive, id: PackageId): readonly IndexCandidate[] {
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
): IndexCandidate {
  return { id, name, hive, owner, version, at, digest: formatDigest(digest), yanked, entry, source: sourceOfHive(hive.hive) }
}

function toPinned(id: PackageId, locked: LockedPackage, hive: MarketHive): IndexCandidate {
  const { owner, version, digest, source } = locked
  return { id, owner, name: nameOf(locked), version, at: 0, digest, yanked: null, source, hive, entry: undefined }
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
  const owners = [...new Set(findVersions(database, hive.hive, reference.name, owner).map((version) => version.owner))]
  // What this package needed of the name before, it means still.
  const before = locked?.dependencies.find((need) => nameOf(need) === reference.name)
  const chosen = owner ?? (before && lock.get(before.package)?.owner) ?? chooseOwner(owners, dependant)
  if (chosen !== undefined && owners.includes(chosen)) return { ...unknown, target: idOf(chosen, reference.name) }
  return { ...unknown, rivals: owners.map((rival) => packageId({ owner: rival, name: reference.name })) }
}
