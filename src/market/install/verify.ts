import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { mapBounded } from '../../lib/map-bounded.ts'
import type { CallContext } from '../../operations/define-operation.ts'
import type { MarketDeps, MarketHive, MarketOptions } from '../market.ts'
import type { IndexedRelease } from '../package-index.ts'
import { findVersions, getRelease } from '../package-index.ts'
import { formatDigest } from '../release.ts'
import { nameOf } from '../resolve/catalogue.ts'
import { isOwnerSegment, parsePackageName } from '../rules/names.ts'
import { requireSigned } from '../signed-release.ts'
import { sourceOf } from '../sources.ts'
import { compareFiles } from './changes.ts'
import { fetchArchive } from './fetch-archive.ts'
import type { Lock, LockedPackage } from './lock.ts'
import { readLock } from './lock-file.ts'
import { findPinnedArchive } from './pinned-archive.ts'
import type { Place, PlaceInput } from './place.ts'
import { placeOf } from './place.ts'
import { findSourceHive, planSet } from './plan.ts'
import { exists, stagingName } from './swap.ts'
import { targetsOf, withKind } from './targets.ts'

/** One package compared with what its owner signed. */
export interface VerifiedPackage {
  readonly package: string
  readonly version: string
  readonly path: string
  /** `added`: all of it is as signed, and there are files beside. */
  readonly state: 'whole' | 'changed' | 'added' | 'missing' | 'unknown'
  readonly changed: string[]
  readonly missing: string[]
  readonly added: string[]
}

/** A place compared with its lock. */
export interface VerifyReport {
  readonly packages: VerifiedPackage[]
  readonly strays: string[]
  readonly lacks: string[]
  readonly files: number
  readonly isBroken: boolean
}

type VerifyDeps = MarketDeps & { readonly options: MarketOptions }

/** Packages compared at once: each reads its archive and its files. */
const comparesAtOnce = 4

/** Compares every file of every installed package with what its owner signed. @throws Fault LOCK_INVALID, STORE_CORRUPT */
export async function verifyPlace(
  deps: VerifyDeps,
  input: PlaceInput & { readonly frozen: boolean },
  context: CallContext,
): Promise<VerifyReport> {
  const hive = deps.findHive(context.hive)
  const place = await placeOf(deps, input)
  const lock = await readLock(place.lock)
  const compared = await mapBounded(lock.values(), (locked) => verifyPackage(deps, hive, { place, locked, context }), {
    concurrency: comparesAtOnce,
    signal: context.signal,
  })
  const packages = compared.map(({ row }) => row).toSorted((a, b) => (a.package < b.package ? -1 : 1))
  const strays = await findStrays(place, lock)
  const lacks = input.frozen ? await findLacks(deps, hive, { place, lock }) : []
  const isBroken = packages.some(({ state }) => state !== 'whole') || lacks.length > 0 || (input.frozen && strays.length > 0)
  return {
    packages,
    strays: strays.map((name) => join(place.packages, name)),
    lacks,
    files: compared.reduce((sum, { files }) => sum + files, 0),
    isBroken,
  }
}

interface VerifyRequest {
  readonly place: Place
  readonly locked: LockedPackage
  readonly context: CallContext
}

interface ComparedPackage {
  readonly row: VerifiedPackage
  /** Files compared. */
  readonly files: number
}

async function verifyPackage(deps: VerifyDeps, current: MarketHive, { place, locked, context }: VerifyRequest): Promise<ComparedPackage> {
  const targets = targetsOf(place, withKind(deps, locked))
  const row = { package: locked.package, version: locked.version, path: targets[0], changed: [], missing: [], added: [] }
  const isThere = await Promise.all(targets.map(exists))
  if (!isThere[0]) return { row: { ...row, state: 'missing' }, files: 0 }
  const hive = locked.source === sourceOf(current) ? current : findSourceHive(deps, locked.source)
  const { signal } = context
  const release = hive && (await findRelease(deps, hive, locked))
  const isFetched = hive !== undefined && release !== undefined && (await isAtHand(deps, hive, { release, context }))
  const archive = isFetched ? release : await findPinnedArchive(deps, locked, { signal })
  const compared = archive === undefined ? null : await compareFiles(deps, { release: archive, targets, signal })
  if (compared === null) return { row: { ...row, state: 'unknown' }, files: 0 }
  const { files, changed, missing, added } = compared
  const state = changed.length + missing.length > 0 ? 'changed' : added.length > 0 ? 'added' : 'whole'
  return { row: { ...row, state, changed, missing, added }, files }
}

async function findRelease(deps: VerifyDeps, hive: MarketHive, locked: LockedPackage): Promise<IndexedRelease | undefined> {
  const known = findVersions(deps.database, hive.hive, nameOf(locked), locked.owner).find(
    ({ digest }) => formatDigest(digest) === locked.digest,
  )
  if (known === undefined) return undefined
  return requireSigned(deps, hive, { release: getRelease(deps.database, known.entry), reference: `${locked.package}@${locked.version}` })
}

/** Whether there is something to compare with, fetched where that can be. */
async function isAtHand(
  deps: VerifyDeps,
  hive: MarketHive,
  { release, context }: { readonly release: IndexedRelease; readonly context: CallContext },
): Promise<boolean> {
  try {
    await fetchArchive(deps, { hive, release, context })
    return true
  } catch {
    // Nobody has it, or what they have is not it: then what this disk says of the digest has to do.
    context.signal.throwIfAborted()
    return false
  }
}

/** Folders of packages that a lock does not name, by path under the folder of packages. */
export async function findStrays(place: Place, lock: Lock): Promise<readonly string[]> {
  const strays: string[] = []
  for (const owner of await readdir(place.packages).catch(() => [])) {
    if (owner === stagingName || !owner.startsWith('@') || !isOwnerSegment(owner.slice(1))) continue
    const names = await readdir(join(place.packages, owner)).catch(() => [])
    strays.push(
      ...names.filter((name) => parsePackageName(name) !== undefined && !lock.has(`${owner}/${name}`)).map((name) => `${owner}/${name}`),
    )
  }
  return strays.toSorted()
}

/** What a lock would have to say in addition, or differently, for all that it needs to be there. */
async function findLacks(
  deps: VerifyDeps,
  hive: MarketHive,
  { place, lock }: { readonly place: Place; readonly lock: Lock },
): Promise<string[]> {
  const wish = { kind: 'install', packages: [], isIsolated: false } as const
  const { packages, removed } = await planSet(deps, { hive, lock, file: place.lock, wish, accept: { kinds: [], reason: '' } })
  return [
    ...packages.filter(({ change }) => change !== 'kept').map(({ locked }) => `${locked.package} ${locked.version}`),
    ...removed.map((entry) => `without ${entry.package}`),
  ]
}
