import type { Reader } from '../../store/database.ts'
import { findNearest } from '../../lib/nearest.ts'
import { marketFaults } from '../faults.ts'
import type { MarketHive } from '../market.ts'
import { refuseVersion } from '../refuse-package.ts'
import { findPackage, rangeOfRequest, readReference } from '../resolve.ts'
import type { IndexCatalogue } from '../resolve/catalogue.ts'
import { nameOf } from '../resolve/catalogue.ts'
import type { PackageId } from '../rules/candidates.ts'
import { admittedBy, rankVersions } from '../rules/versions.ts'
import { parseTag } from '../rules/tags.ts'
import { askedWith } from '../sources.ts'
import type { Lock, LockedPackage } from './lock.ts'
import { findDependants } from './lock.ts'

/** What is asked of a place: references as a person wrote them. */
export type Wish =
  /** Without packages: what the lock says. */
  | { readonly kind: 'install'; readonly packages: readonly string[]; readonly isIsolated: boolean }
  /** Without packages: all. */
  | { readonly kind: 'update'; readonly packages: readonly string[] }
  | { readonly kind: 'remove'; readonly packages: readonly string[] }

/** A wish as the resolution takes it. */
export interface Wanted {
  /** What is to be there, and what was asked for: a range, a tag, `*`. */
  readonly roots: ReadonlyMap<PackageId, string>
  /** Packages whose locked version is no longer preferred. */
  readonly released: ReadonlySet<PackageId>
  readonly isolated: ReadonlySet<PackageId>
  /** The packages that were named. */
  readonly named: ReadonlySet<PackageId>
}

export interface WishDeps {
  readonly database: Reader
  readonly hive: MarketHive
  readonly catalogue: IndexCatalogue
  readonly lock: Lock
  /** The lock's file, for messages. */
  readonly file: string
}

/**
 * What a wish makes of a lock.
 *
 * @throws Fault of `findPackage`, VERSION_UNKNOWN, PACKAGE_NOT_INSTALLED, PACKAGE_NEEDED
 */
export function readWish(deps: WishDeps, wish: Wish): Wanted {
  const { catalogue, lock } = deps
  const roots = new Map<PackageId, string>()
  const isolated = new Set<PackageId>()
  for (const entry of lock.values()) {
    const id = catalogue.idOf(entry.owner, nameOf(entry))
    if (entry.requested !== undefined) roots.set(id, entry.requested)
    if (entry.isIsolated) isolated.add(id)
  }
  const released = new Set<PackageId>()
  const named = new Set<PackageId>()
  for (const text of wish.packages) {
    if (wish.kind === 'install') {
      const { id, request, isReleased } = readInstall(deps, text)
      named.add(id)
      roots.set(id, request ?? roots.get(id) ?? newest)
      if (isReleased) released.add(id)
      if (wish.isIsolated) isolated.add(id)
      else isolated.delete(id)
      continue
    }
    const entry = findLocked(deps, text)
    const id = catalogue.idOf(entry.owner, nameOf(entry))
    named.add(id)
    if (wish.kind === 'update') released.add(id)
    else if (!roots.delete(id)) throw needed(lock, entry)
  }
  if (wish.kind === 'update' && wish.packages.length === 0) {
    for (const entry of lock.values()) released.add(catalogue.idOf(entry.owner, nameOf(entry)))
  }
  return { roots, released, isolated, named }
}

/** How a lock writes that a person asked for the newest. */
export const newest = '*'

/**
 * The range that something asked for means now; undefined for the newest.
 *
 * A tag may have moved, or be gone, since: what the lock has stays until it is released, and for want of anything better.
 */
export function rangeOfRoot(
  deps: Pick<WishDeps, 'database' | 'hive' | 'catalogue'>,
  { released }: Wanted,
  [id, request]: readonly [PackageId, string],
): string | undefined {
  const locked = parseTag(request) === undefined ? undefined : deps.catalogue.lockedOf(id)?.version
  if (locked !== undefined && !released.has(id)) return locked
  const range = rangeOf(deps, id, request)
  return range === request ? (locked ?? range) : range
}

function rangeOf({ database, hive }: Pick<WishDeps, 'database' | 'hive'>, id: PackageId, request: string): string | undefined {
  if (request === newest) return undefined
  const [owner = '', name = ''] = id.split('/')
  const key = { owner: owner as MarketHive['owner'] & string, name }
  const ranges = askedWith(hive).map((source) => rangeOfRequest(database, { hive: source.hive, ...key }, request))
  return ranges.find((range) => range !== request) ?? request
}

interface InstallWish {
  readonly id: PackageId
  /** Undefined when nothing was said. */
  readonly request: string | undefined
  /** Whether it is to be as it is now, whatever the lock has: the newest, or what a tag means. */
  readonly isReleased: boolean
}

function readInstall(deps: WishDeps, text: string): InstallWish {
  const { database, hive, catalogue, lock } = deps
  const { name, owner: called } = readReference(text)
  const [locked, ...others] = [...lock.values()].filter((entry) => nameOf(entry) === name)
  const preferred = others.length === 0 ? locked?.owner : undefined
  // who nobody here is called so is whom the lock calls so
  const pinned = called === undefined || hive.membership.findOwner(called) !== undefined ? undefined : lock.get(`@${called}/${name}`)
  const found = findPackage(database, hive, pinned === undefined ? text : text.replace(`@${called}/`, `@${pinned.owner}/`), preferred)
  const { reference, owner } = found
  const id = catalogue.idOf(owner, reference.name)
  const isNewest = text.endsWith('@latest')
  const request = isNewest ? newest : reference.range
  const choices = rankVersions(catalogue.versionsOf(id))
  const range = request === undefined ? undefined : rangeOf(deps, id, request)
  if (admittedBy(choices, range).size === 0) throw refuseVersion(database, hive, found)
  return { id, request, isReleased: isNewest || (request !== undefined && parseTag(request) !== undefined) }
}

/** A package of the lock by `NAME` or `@owner/NAME`. @throws Fault REFERENCE_INVALID, PACKAGE_NOT_INSTALLED, PACKAGE_AMBIGUOUS */
export function findLocked({ lock, file, hive }: Pick<WishDeps, 'lock' | 'file' | 'hive'>, text: string): LockedPackage {
  const { owner, name } = readReference(text)
  const ownerId = owner === undefined ? undefined : hive.membership.findOwner(owner)
  const isMeant = (entry: LockedPackage): boolean =>
    nameOf(entry) === name && (owner === undefined || entry.owner === ownerId || entry.package === `@${owner}/${name}`)
  const [found, ...others] = [...lock.values()].filter(isMeant)
  if (found === undefined) throw notInstalled(lock, { file, name, reference: owner === undefined ? name : `@${owner}/${name}` })
  if (others.length === 0) return found
  const candidates = [found, ...others].map((entry) => entry.package).toSorted()
  throw marketFaults.create('PACKAGE_AMBIGUOUS', {
    message: `several packages here are called ${name}. Say which: ${candidates.join(', ')}`,
    data: { name, candidates },
  })
}

function notInstalled(
  lock: Lock,
  { file, name, reference }: { readonly file: string; readonly name: string; readonly reference: string },
): Error {
  const nearest = findNearest(name, [...lock.values()].map(nameOf)) ?? null
  const hint = nearest === null || nearest === name ? 'See what is with `althing list`.' : `Did you mean ${nearest}?`
  return marketFaults.create('PACKAGE_NOT_INSTALLED', {
    message: `${reference} is not installed here: ${file} does not name it. ${hint}`,
    data: { package: reference, nearest, lock: file },
  })
}

function needed(lock: Lock, entry: LockedPackage): Error {
  const neededBy = findDependants(lock, entry)
  return marketFaults.create('PACKAGE_NEEDED', {
    message: `${entry.package} is there because ${neededBy.slice(0, 5).join(', ')} ${neededBy.length === 1 ? 'needs' : 'need'} it. Remove that instead; see \`althing why ${nameOf(entry)}\`.`,
    data: { package: entry.package, neededBy },
  })
}
