import { join } from 'node:path'
import type { CallContext } from '../operations/define-operation.ts'
import type { LockedPackage } from './install/lock-file.ts'
import { readLock } from './install/lock-file.ts'
import type { Place } from './install/place.ts'
import { findPlace } from './install/place.ts'
import { openPlaceLock } from './install/place-lock.ts'
import { exists, stagingName } from './install/swap.ts'
import type { MarketDeps, MarketHive, MarketOptions } from './market.ts'
import type { IndexedRelease } from './package-index.ts'
import { findVersions, listPackages } from './package-index.ts'
import { formatDigest } from './release.ts'
import { spellPackage } from './resolve.ts'
import { chooseRelease, compareReleases } from './rules/versions.ts'

export interface ListInput {
  readonly global: boolean
  readonly published: boolean
  readonly directory: string
}

/** A package that is installed somewhere, or published by us. */
export interface ListedPackage {
  readonly where: 'project' | 'global' | 'published'
  readonly package: string
  readonly owner: string
  readonly version: string
  readonly digest: string
  readonly path: string | null
  readonly state: 'installed' | 'missing' | 'published'
  readonly newer: string | null
}

type ListDeps = MarketDeps & { readonly options: MarketOptions }

/** What is installed in the project and in the home, and what our owner published. @throws Fault LOCK_INVALID */
export async function listInstalled(
  deps: ListDeps,
  input: ListInput,
  context: CallContext,
): Promise<{ packages: ListedPackage[]; hint: string | null }> {
  const hive = deps.findHive(context.hive)
  const { signal } = context
  const packages: ListedPackage[] = []
  const isAll = !input.global && !input.published
  if (isAll) packages.push(...(await listPlace(deps, hive, { place: await placeOf(deps, input.directory, false), signal })))
  if (isAll || input.global) packages.push(...(await listPlace(deps, hive, { place: await placeOf(deps, input.directory, true), signal })))
  if (!input.global && hive.owner !== undefined)
    packages.push(...listPackages(deps.database, hive.hive, hive.owner).map((release) => toPublished(hive, release)))
  const hint =
    packages.length > 0 ? null : 'nothing is installed or published here. Look with `althing search WORDS`, then `althing install NAME`.'
  return { packages, hint }
}

function placeOf(deps: MarketDeps, directory: string, isGlobal: boolean): Promise<Place> {
  return findPlace({ directory, isGlobal, target: undefined, globalDirectory: deps.globalDirectory })
}

/** Between the two renames of an install its place is empty for an instant: what is missing is looked at again when no install is under way. */
async function listPlace(
  deps: ListDeps,
  hive: MarketHive,
  { place, signal }: { place: Place; signal: AbortSignal },
): Promise<ListedPackage[]> {
  const rows = await readPlace(deps, hive, place)
  if (rows.every(({ state }) => state === 'installed') || !(await exists(join(place.packages, stagingName)))) return rows
  try {
    await using _ = await openPlaceLock(place, { clock: deps.clock, waitMs: deps.options.installWaitMs, signal })
    return await readPlace(deps, hive, place)
  } catch {
    // Somebody else's folder, or an install that takes long: what was seen first is the answer.
    signal.throwIfAborted()
    return rows
  }
}

async function readPlace(deps: MarketDeps, hive: MarketHive, place: Place): Promise<ListedPackage[]> {
  const lock = await readLock(place.lock)
  const rows: ListedPackage[] = []
  for (const locked of lock.values()) {
    const path = join(place.packages, locked.package)
    rows.push({
      where: place.kind === 'global' ? 'global' : 'project',
      package: locked.package,
      owner: locked.owner,
      version: locked.version,
      digest: locked.digest,
      path,
      state: (await exists(path)) ? 'installed' : 'missing',
      newer: findNewer(deps, hive, locked),
    })
  }
  return rows.toSorted((a, b) => (a.package < b.package ? -1 : 1))
}

function findNewer(deps: MarketDeps, hive: MarketHive, locked: LockedPackage): string | null {
  const name = locked.package.split('/')[1] ?? ''
  const versions = findVersions(deps.database, hive.hive, name, locked.owner)
  const newest = chooseRelease(versions, undefined)
  const own = versions.find((known) => known.version === locked.version) ?? { version: locked.version, at: 0 }
  return newest !== undefined && newest.version !== own.version && compareReleases(newest, own) > 0 ? newest.version : null
}

function toPublished(hive: MarketHive, release: IndexedRelease): ListedPackage {
  return {
    where: 'published',
    package: spellPackage(hive, release),
    owner: release.owner,
    version: release.version,
    digest: formatDigest(release.digest),
    path: null,
    state: 'published',
    newer: null,
  }
}
