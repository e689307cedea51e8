import type { OwnerId } from '../identity/keys.ts'
import type { Reader } from '../store/database.ts'
import type { MarketHive } from './market.ts'
import type { IndexedRelease, IndexedVersion } from './package-index.ts'
import { getRelease } from './package-index.ts'
import { refuseAmbiguous, refuseReference, refuseUnknown, refuseVersion } from './refuse-package.ts'
import type { PackageReference } from './rules/names.ts'
import { parsePackageReference } from './rules/names.ts'
import { findSuccessors } from './rules/succession.ts'
import { parseTag } from './rules/tags.ts'
import { chooseRelease, chooseStanding } from './rules/versions.ts'
import { askedWith, findVersionsIn } from './sources.ts'
import { findTag } from './trust/tags.ts'
import { listTransfers } from './trust/transfers.ts'
import type { PackageKey } from './trust/word-table.ts'

/**
 * The release that `NAME`, `@owner/NAME` or either with `@RANGE` or `@TAG` means in a hive; undefined when its row in the index cannot be read.
 *
 * @throws Fault REFERENCE_INVALID, PACKAGE_UNKNOWN, PACKAGE_AMBIGUOUS, VERSION_UNKNOWN
 */
export function resolvePackage(reader: Reader, hive: MarketHive, text: string): IndexedRelease | undefined {
  const found = findPackage(reader, hive, text)
  const { reference, owner, versions } = found
  const range = rangeOfRequest(reader, { hive: hive.hive, owner, name: reference.name }, reference.range)
  // what was yanked is meant only when nothing else is
  const chosen = chooseStanding(versions, range) ?? chooseRelease(versions, range)
  if (chosen === undefined) throw refuseVersion(reader, hive, found)
  return getRelease(reader, chosen.entry)
}

/** A package that a person named, and what there is of it. */
export interface FoundPackage {
  readonly reference: PackageReference
  readonly owner: OwnerId
  /** Those of its owner, and of owners before who handed it on. */
  readonly versions: readonly IndexedVersion[]
  /** Those of its owner. */
  readonly own: readonly IndexedVersion[]
}

/**
 * Reads a reference, and finds the one owner it means: of several, `preferred` when it is among them, and none who handed it on to another.
 *
 * @throws Fault REFERENCE_INVALID, PACKAGE_UNKNOWN, PACKAGE_BLOCKED, PACKAGE_AMBIGUOUS
 */
export function findPackage(reader: Reader, hive: MarketHive, text: string, preferred?: OwnerId): FoundPackage {
  const reference = readReference(text)
  const all = findVersionsIn(reader, hive, reference.name)
  const successors = findSuccessors([...new Set(all.map((version) => version.owner))], (owner) => {
    return askedWith(hive).flatMap((source) => listTransfers(reader, { hive: source.hive, owner, name: reference.name }))
  })
  const owners = ownersMeant(hive, reference, { successors, preferred })
  const [owner, ...others] = owners
  if (owner === undefined) throw refuseUnknown(reader, hive, reference)
  if (others.length > 0) throw refuseAmbiguous(hive, reference, owners)
  const own = all.filter((version) => version.owner === owner)
  return { reference, owner, versions: all.filter((version) => version.owner === owner || successors.get(version.owner) === owner), own }
}

interface KnownOwners {
  readonly successors: ReadonlyMap<OwnerId, OwnerId>
  readonly preferred: OwnerId | undefined
}

function ownersMeant(hive: MarketHive, { owner }: PackageReference, { successors, preferred }: KnownOwners): readonly OwnerId[] {
  if (owner !== undefined) {
    const named = hive.membership.findOwner(owner)
    return named !== undefined && successors.has(named) ? [named] : []
  }
  return preferred !== undefined && successors.has(preferred) ? [preferred] : [...new Set(successors.values())]
}

/** Reads a reference from a person. @throws Fault REFERENCE_INVALID */
export function readReference(text: string): PackageReference {
  const reference = parsePackageReference(text)
  if (reference === undefined) throw refuseReference(text)
  return reference
}

/** The range that is meant: of a tag, the version it names now. A tag that is not set stays as it is, and no version is in it. */
export function rangeOfRequest(reader: Reader, key: PackageKey, request: string | undefined): string | undefined {
  if (request === undefined) return undefined
  const tag = parseTag(request)
  return tag === undefined ? request : (findTag(reader, key, tag) ?? request)
}
