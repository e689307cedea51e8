import type { Fault } from '../lib/fault.ts'
import { findNearest } from '../lib/nearest.ts'
import type { Reader } from '../store/database.ts'
import { marketFaults } from './faults.ts'
import type { MarketHive } from './market.ts'
import type { IndexedRelease, IndexedVersion } from './package-index.ts'
import { findVersions, getRelease, listNames } from './package-index.ts'
import type { PackageReference } from './rules/names.ts'
import { parsePackageReference } from './rules/names.ts'
import { chooseRelease, compareReleases } from './rules/versions.ts'

/** Names compared for a suggestion at most. */
const maxNames = 20_000
/** Versions named in a fault at most. */
const maxVersionsShown = 20

/**
 * The release that `NAME`, `@owner/NAME` or either with `@RANGE` means in a hive; undefined when its row in the index cannot be read.
 *
 * @throws Fault REFERENCE_INVALID, PACKAGE_UNKNOWN, PACKAGE_AMBIGUOUS, VERSION_UNKNOWN
 */
export function resolvePackage(reader: Reader, hive: MarketHive, text: string): IndexedRelease | undefined {
  const reference = parsePackageReference(text)
  if (reference === undefined) throw refuseReference(text)
  const versions = findByOwner(reader, hive, reference)
  if (versions.length === 0) throw unknownPackage(reader, hive, reference)
  const owners = new Set(versions.map(({ owner }) => owner))
  if (owners.size > 1) throw ambiguousPackage(hive, reference, [...owners])
  const chosen = chooseRelease(versions, reference.range)
  if (chosen === undefined) throw unknownVersion(hive, reference, versions)
  return getRelease(reader, chosen.entry)
}

/** `@owner/name` as people of this hive write it. */
export function spellPackage(hive: MarketHive, release: Pick<IndexedRelease, 'owner' | 'name'>): string {
  return `@${hive.membership.handleOf(release.owner) ?? release.owner}/${release.name}`
}

function findByOwner(reader: Reader, hive: MarketHive, { owner, name }: PackageReference): readonly IndexedVersion[] {
  if (owner === undefined) return findVersions(reader, hive.hive, name)
  const ownerId = hive.membership.findOwner(owner)
  return ownerId === undefined ? [] : findVersions(reader, hive.hive, name, ownerId)
}

function refuseReference(text: string): Fault {
  const shown = JSON.stringify(text.slice(0, 80).toWellFormed())
  return marketFaults.create('REFERENCE_INVALID', {
    message: `${shown} names no package. Write NAME, @owner/NAME, or either with a version range: axum@^1.2`,
    data: { reference: text.slice(0, 256).toWellFormed() },
  })
}

function unknownPackage(reader: Reader, hive: MarketHive, { owner, name }: PackageReference): Fault {
  const nearest = findNearest(name, listNames(reader, hive.hive, maxNames)) ?? null
  const reference = owner === undefined ? name : `@${owner}/${name}`
  const hint = nearest === null || nearest === name ? `Look with \`althing search ${name}\`.` : `Did you mean ${nearest}?`
  return marketFaults.create('PACKAGE_UNKNOWN', {
    message: `the hive "${hive.name}" has no package ${reference}. ${hint}`,
    data: { reference, nearest },
  })
}

function ambiguousPackage(hive: MarketHive, { name }: PackageReference, owners: readonly IndexedRelease['owner'][]): Fault {
  const candidates = owners.map((owner) => spellPackage(hive, { owner, name })).toSorted()
  return marketFaults.create('PACKAGE_AMBIGUOUS', {
    message: `${owners.length} owners have a package ${name}. Say which: ${candidates.slice(0, 10).join(', ')}`,
    data: { name, candidates },
  })
}

function unknownVersion(hive: MarketHive, { name, range }: PackageReference, releases: readonly IndexedVersion[]): Fault {
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
