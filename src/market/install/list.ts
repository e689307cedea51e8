import { join } from 'node:path'
import type { CallContext } from '../../operations/define-operation.ts'
import type { MarketDeps, MarketHive, MarketOptions } from '../market.ts'
import type { IndexedRelease } from '../package-index.ts'
import { getRelease, listPackages } from '../package-index.ts'
import { formatDigest } from '../release.ts'
import { spellBeside, spellPackage } from '../spell.ts'
import { nameOf } from '../resolve/catalogue.ts'
import { chooseStanding, compareReleases } from '../rules/versions.ts'
import { findVersionsIn, sourceOf } from '../sources.ts'
import type { LockedPackage } from './lock.ts'
import { findDependants } from './lock.ts'
import { readLock } from './lock-file.ts'
import type { Place } from './place.ts'
import { placeOf } from './place.ts'
import { openPlaceLock } from './place-lock.ts'
import { exists, stagingName } from './swap.ts'
import { withKind } from './targets.ts'

export interface ListInput {
  readonly global: boolean
  readonly published: boolean
  readonly detailed: boolean
  readonly directory: string
}

/** A package that is installed somewhere, or published by us. */
export interface ListedPackage {
  readonly where: 'project' | 'global' | 'published'
  readonly package: string
  readonly alias: string | null
  readonly owner: string
  readonly version: string
  readonly digest: string
  readonly path: string | null
  readonly state: 'installed' | 'missing' | 'published'
  readonly newer: string | null
  readonly requested: string | null
  readonly neededBy: string[]
  readonly kind: string | null
  readonly details: PackageDetails | null
}

interface PackageDetails {
  readonly description: string | null
  readonly size: number | null
  readonly files: number | null
  readonly source: string
}

type ListDeps = MarketDeps & { readonly options: MarketOptions }

/** What is installed in the project and in the home, and what our owner published. @throws Fault LOCK_INVALID */
export async function listInstalled(
  deps: ListDeps,
  input: ListInput,
  context: CallContext,
): Promise<{ packages: ListedPackage[]; hint: string | null }> {
  const hive = deps.findHive(context.hive)
  const packages: ListedPackage[] = []
  const isAll = !input.global && !input.published
  const places = [...(isAll ? [false] : []), ...(isAll || input.global ? [true] : [])]
  for (const isGlobal of places) {
    const place = await placeOf(deps, { directory: input.directory, global: isGlobal })
    packages.push(...(await listPlace(deps, hive, { place, isDetailed: input.detailed, signal: context.signal })))
  }
  if (!input.global && hive.owner !== undefined)
    packages.push(...listPackages(deps.database, hive.hive, hive.owner).map((release) => toPublished(hive, release, input.detailed)))
  const hint =
    packages.length > 0 ? null : 'nothing is installed or published here. Look with `althing search WORDS`, then `althing install NAME`.'
  return { packages, hint }
}

interface ListRequest {
  readonly place: Place
  readonly isDetailed: boolean
  readonly signal: AbortSignal
}

/** Between the two renames of an install its place is empty for an instant: what is missing is looked at again when no install is under way. */
async function listPlace(deps: ListDeps, hive: MarketHive, request: ListRequest): Promise<ListedPackage[]> {
  const { place, signal } = request
  const rows = await readPlace(deps, hive, request)
  if (rows.every(({ state }) => state === 'installed') || !(await exists(join(place.packages, stagingName)))) return rows
  try {
    await using _ = await openPlaceLock(place, { clock: deps.clock, waitMs: deps.options.installWaitMs, signal })
    return await readPlace(deps, hive, request)
  } catch {
    // Somebody else's folder, or an install that takes long: what was seen first is the answer.
    signal.throwIfAborted()
    return rows
  }
}

async function readPlace(deps: MarketDeps, hive: MarketHive, { place, isDetailed }: ListRequest): Promise<ListedPackage[]> {
  const lock = await readLock(place.lock)
  const rows: ListedPackage[] = []
  for (const locked of lock.values()) {
    const path = join(place.packages, locked.package)
    rows.push({
      where: place.kind === 'global' ? 'global' : 'project',
      package: locked.package,
      alias: spellBeside(hive, locked),
      owner: locked.owner,
      version: locked.version,
      digest: locked.digest,
      path,
      state: (await exists(path)) ? 'installed' : 'missing',
      newer: findNewer(deps, hive, locked),
      requested: locked.requested ?? null,
      neededBy: findDependants(lock, locked),
      kind: withKind(deps, locked).kind ?? null,
      details: isDetailed ? describe(locked.source, findLockedRelease(deps, hive, locked)) : null,
    })
  }
  return rows.toSorted((a, b) => (a.package < b.package ? -1 : 1))
}

function findLockedRelease({ database }: MarketDeps, hive: MarketHive, locked: LockedPackage): IndexedRelease | undefined {
  const known = findVersionsIn(database, hive, nameOf(locked), locked.owner).find(({ digest }) => formatDigest(digest) === locked.digest)
  return known && getRelease(database, known.entry)
}

function describe(source: string, release: IndexedRelease | undefined): PackageDetails {
  return { description: release?.manifest.description ?? null, size: release?.size ?? null, files: release?.fileCount ?? null, source }
}

function findNewer(deps: MarketDeps, hive: MarketHive, locked: LockedPackage): string | null {
  const versions = findVersionsIn(deps.database, hive, nameOf(locked), locked.owner)
  const newest = chooseStanding(versions, undefined)
  const own = versions.find((known) => known.version === locked.version) ?? { version: locked.version, at: 0 }
  return newest !== undefined && newest.version !== own.version && compareReleases(newest, own) > 0 ? newest.version : null
}

function toPublished(hive: MarketHive, release: IndexedRelease, isDetailed: boolean): ListedPackage {
  return {
    where: 'published',
    package: spellPackage(hive, release),
    alias: null,
    owner: release.owner,
    version: release.version,
    digest: formatDigest(release.digest),
    path: null,
    state: 'published',
    newer: null,
    requested: null,
    neededBy: [],
    kind: release.manifest.kind,
    details: isDetailed ? describe(sourceOf(hive), release) : null,
  }
}
