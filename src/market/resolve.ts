import type { OwnerId } from '../identity/keys.ts'
import type { Fault } from '../lib/fault.ts'
import { findNearest } from '../lib/nearest.ts'
import type { Reader } from '../store/database.ts'
import { marketFaults } from './faults.ts'
import type { MarketHive } from './market.ts'
import type { IndexedRelease, IndexedVersion } from './package-index.ts'
import { getRelease, listNames } from './package-index.ts'
import type { PackageReference } from './rules/names.ts'
import { parsePackageReference } from './rules/names.ts'
import { parseTag } from './rules/tags.ts'
import { chooseRelease, chooseStanding, compareReleases } from './rules/versions.ts'
import { askedWith, findVersionsIn } from './sources.ts'
import { findTag } from './trust/tags.ts'
import type { PackageKey } from './trust/word-table.ts'

/** Names compared for a suggestion at most. */
const maxNames = 20_000
/** Versions named in a fault at most. */
const maxVersionsShown = 20

/**
 * The release that `NAME`, `@owner/NAME` or either with `@RANGE` or `@TAG` means in a hive; undefined when its row in the index cannot be read.
 *
 * @throws Fault REFERENCE_INVALID, PACKAGE_UNKNOWN, PACKAGE_AMBIGUOUS, VERSION_UNKNOWN
 */
export function resolvePackage(reader: Reader, hive: MarketHive, text: string): IndexedRelease | undefined {
  const { reference, owner, versions } = findPackage(reader, hive, text)
  const range = rangeOfRequest(reader, { hive: hive.hive, owner, name: reference.name }, reference.range)
  // what was yanked is meant only when nothing else is
  const chosen = chooseStanding(versions, range) ?? chooseRelease(versions, range)
  if (chosen === undefined) throw unknownVersion(hive, reference, versions)
  return getRelease(reader, chosen.entry)
}

/** A package that a person named, and what there is of it. */
export interface FoundPackage {
  readonly reference: PackageReference
  readonly owner: OwnerId
  readonly versions: readonly IndexedVersion[]
}

/**
 * Reads a reference, and finds the one owner it means; of several, `preferred` when it is among them.
 *
 * @throws Fault REFERENCE_INVALID, PACKAGE_UNKNOWN, PACKAGE_AMBIGUOUS
 */
export function findPackage(reader: Reader, hive: MarketHive, text: string, preferred?: OwnerId): FoundPackage {
  const reference = readReference(text)
  const versions = findByOwner(reader, hive, reference)
  const owners = [...new Set(versions.map((version) => version.owner))]
  const owner = owners.find((each) => each === preferred) ?? owners[0]
  if (owner === undefined) throw unknownPackage(reader, hive, reference)
  if (owners.length > 1 && owner !== preferred) throw ambiguousPackage(hive, reference, owners)
  return { reference, owner, versions: versions.filter((version) => version.owner === owner) }
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

/** `@owner/name` as people of this hive write it. */
export function spellPackage(hive: MarketHive, release: Pick<IndexedRelease, 'owner' | 'name'>): string {
  return `@${hive.membership.handleOf(release.owner) ?? release.owner}/${release.name}`
}

function findByOwner(reader: Reader, hive: MarketHive, { owner, name }: PackageReference): readonly IndexedVersion[] {
  if (owner === undefined) return findVersionsIn(reader, hive, name)
  const ownerId = hive.membership.findOwner(owner)
  return ownerId === undefined ? [] : findVersionsIn(reader, hive, name, ownerId)
}

/** The fault for a text that names no package, or not in the way it has to be named here. */
export function refuseReference(text: string, write = 'NAME, @owner/NAME, or either with a version range: axum@^1.2'): Fault {
  const shown = JSON.stringify(text.slice(0, 80).toWellFormed())
  return marketFaults.create('REFERENCE_INVALID', {
    message: `${shown} names no package as it is needed here. Write ${write}`,
    data: { reference: text.slice(0, 256).toWellFormed() },
  })
}

function unknownPackage(reader: Reader, hive: MarketHive, { owner, name }: PackageReference): Fault {
  const nearest = findNearest(name, listNamesIn(reader, hive)) ?? null
  const reference = owner === undefined ? name : `@${owner}/${name}`
  const hint = nearest === null || nearest === name ? `Look with \`althing search ${name}\`.` : `Did you mean ${nearest}?`
  return marketFaults.create('PACKAGE_UNKNOWN', {
    message: `the hive "${hive.name}" has no package ${reference}. ${hint}`,
    data: { reference, nearest },
  })
}

function listNamesIn(reader: Reader, hive: MarketHive): readonly string[] {
  return askedWith(hive).flatMap((source) => listNames(reader, source.hive, maxNames))
}

function ambiguousPackage(hive: MarketHive, { name }: PackageReference, owners: readonly IndexedRelease['owner'][]): Fault {
  const candidates = owners.map((owner) => spellPackage(hive, { owner, name })).toSorted()
  return marketFaults.create('PACKAGE_AMBIGUOUS', {
    message: `${owners.length} owners have a package ${name}. Say which: ${candidates.slice(0, 10).join(', ')}`,
    data: { name, candidates },
  })
}

/** The fault for a range, or a tag, that no version of a package is in. */
export function unknownVersion(hive: MarketHive, { name, range }: PackageReference, releases: readonly IndexedVersion[]): Fault {
  const versions = releases
    .toSorted(compareReleases)
    .toReversed()
    .map(({ version }) => version)
  const [first] = releases
  const reference = first === undefined ? name : spellPackage(hive, { owner: first.owner, name })
  return marketFaults.create('VERSION_UNKNOWN', {
    message: `${reference} has no version in ${range ?? '*'}. There are: ${versions.slice(0, maxVersionsShown).join(', ')}`,
    data: { reference, range: range ?? '*', versions: versions.slice(0, maxVersionsShown) },
  })
}
