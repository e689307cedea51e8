import type { OwnerId } from '../identity/keys.ts'
import { listBlocks } from '../hive/acquaintances.ts'
import { fingerprintOf } from '../hive/rules/handles.ts'
import type { Fault } from '../lib/fault.ts'
import { findNearest } from '../lib/nearest.ts'
import type { Reader } from '../store/database.ts'
import { marketFaults } from './faults.ts'
import type { MarketHive } from './market.ts'
import type { IndexedVersion } from './package-index.ts'
import { listNames } from './package-index.ts'
import type { PackageReference } from './rules/names.ts'
import { parseTag } from './rules/tags.ts'
import { compareReleases } from './rules/versions.ts'
import { askedWith } from './sources.ts'
import { spellOwner, spellPackage } from './spell.ts'
import { listTags } from './trust/tags.ts'

/** Names compared for a suggestion at most. */
const maxNames = 20_000
/** Versions, tags or candidates named in a fault at most. */
const maxShown = 20

/** The fault for a text that names no package, or not in the way it has to be named here. */
export function refuseReference(text: string, write = 'NAME, @owner/NAME, or either with a version range: axum@^1.2'): Fault {
  const shown = JSON.stringify(text.slice(0, 80).toWellFormed())
  return marketFaults.create('REFERENCE_INVALID', {
    message: `${shown} names no package as it is needed here. Write ${write}`,
    data: { reference: text.slice(0, 256).toWellFormed() },
  })
}

/** The fault for a name that nobody here has: because it is blocked, where that is known. */
export function refuseUnknown(reader: Reader, hive: MarketHive, reference: PackageReference): Fault {
  const block = findBlock(reader, hive, reference)
  if (block !== undefined) return refuseBlocked(hive, block)
  const { owner, name } = reference
  const nearest = findNearest(name, listNamesIn(reader, hive)) ?? null
  const written = owner === undefined ? name : `@${owner}/${name}`
  const hint = nearest === null || nearest === name ? `Look with \`althing search ${name}\`.` : `Did you mean ${nearest}?`
  return marketFaults.create('PACKAGE_UNKNOWN', {
    message: `the hive "${hive.name}" has no package ${written}. ${hint}${describeBlocks(reader)}`,
    data: { reference: written, nearest },
  })
}

/** What a person must know of a search in vain, when it may have been for something of somebody whom they block. */
export function describeBlocks(reader: Reader): string {
  const { length } = listBlocks(reader).owners
  if (length === 0) return ''
  const who = length === 1 ? 'One owner is blocked' : `${length} owners are blocked`
  return ` ${who} on this node, and nothing of theirs is found: \`althing blocked\`.`
}

/** All that is blocked, where nothing at all is found: it may be all that there is. Empty when nothing is. */
export function describeHidden(reader: Reader): string {
  const { owners, packages } = listBlocks(reader)
  const who = [...countOf(owners, 'owner'), ...countOf(packages, 'package')]
  if (who.length === 0) return ''
  return ` ${who.join(' and ')} ${owners.length + packages.length === 1 ? 'is' : 'are'} blocked on this node, and found nowhere here: \`althing blocked\`.`
}

function countOf(named: readonly unknown[], word: string): readonly string[] {
  return named.length === 0 ? [] : [`${named.length} ${word}${named.length === 1 ? '' : 's'}`]
}

/** Of what the person of this node wants nothing. */
export interface Block {
  readonly owner: OwnerId
  /** Undefined for all that the owner has. */
  readonly name: string | undefined
}

/** The block that a name runs into; of a bare name only that of a package, because nobody knows what a blocked owner has. */
export function findBlock(
  reader: Reader,
  hive: MarketHive,
  { owner, name }: { readonly owner: string | undefined; readonly name: string },
): Block | undefined {
  const { owners, packages } = listBlocks(reader)
  const isMeant = (blocked: OwnerId): boolean =>
    [undefined, blocked, fingerprintOf(blocked), hive.membership.handleOf(blocked)].includes(owner)
  const one = packages.find((each) => each.name === name && isMeant(each.owner))
  const all = owner === undefined ? undefined : owners.find(isMeant)
  return one ?? (all && { owner: all, name: undefined })
}

/** What is blocked, and how that is taken back. */
export function describeBlock(hive: MarketHive, { owner, name }: Block): string {
  const block = spellBlock(hive, { owner, name })
  const what = name === undefined ? `${block}, with all packages of theirs,` : block
  return `${what} is blocked on this node: nothing of it is found, installed or kept here. \`althing unblock ${block}\` takes that back; then it comes again from others.`
}

/** The fault for what is blocked. */
export function refuseBlocked(hive: MarketHive, block: Block): Fault {
  return marketFaults.create('PACKAGE_BLOCKED', { message: describeBlock(hive, block), data: { block: spellBlock(hive, block) } })
}

function spellBlock(hive: MarketHive, { owner, name }: Block): string {
  return name === undefined ? spellOwner(hive, owner) : spellPackage(hive, { owner, name })
}

function listNamesIn(reader: Reader, hive: MarketHive): readonly string[] {
  return askedWith(hive).flatMap((source) => listNames(reader, source.hive, maxNames))
}

/** The fault for a bare name that several owners have. */
export function refuseAmbiguous(hive: MarketHive, { name }: PackageReference, owners: readonly OwnerId[]): Fault {
  const candidates = owners.map((owner) => spellPackage(hive, { owner, name })).toSorted()
  return marketFaults.create('PACKAGE_AMBIGUOUS', {
    message: `${owners.length} owners have a package ${name}. Say which: ${candidates.slice(0, 10).join(', ')}`,
    data: { name, candidates },
  })
}

export interface VersionedPackage {
  readonly reference: PackageReference
  readonly owner: OwnerId
  readonly versions: readonly IndexedVersion[]
}

/** The fault for a range, or a tag, that no version of a package is in. */
export function refuseVersion(reader: Reader, hive: MarketHive, { reference, owner, versions }: VersionedPackage): Fault {
  const { name, range = '*' } = reference
  const all = versions.toSorted(compareReleases).toReversed()
  const shown = [...new Set(all.map(({ version }) => version))].slice(0, maxShown)
  const spelled = spellPackage(hive, { owner, name })
  const tags = askedWith(hive).flatMap((source) => listTags(reader, { hive: source.hive, owner, name }))
  const known = [...new Map(tags)].slice(0, maxShown).map(([tag, version]) => `${tag} (${version})`)
  const problem =
    parseTag(range) === undefined
      ? `${spelled} has no version in ${range}. There are: ${shown.join(', ')}`
      : `${spelled} has no tag ${range}. ${known.length === 0 ? 'It has no tags' : `Its tags: ${known.join(', ')}`}; its versions: ${shown.join(', ')}`
  return marketFaults.create('VERSION_UNKNOWN', {
    message: problem,
    data: { reference: spelled, range, versions: shown, tags: [...new Map(tags).keys()].slice(0, maxShown) },
  })
}
