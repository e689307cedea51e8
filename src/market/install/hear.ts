import type { MarketDeps, MarketHive } from '../market.ts'
import { getRelease } from '../package-index.ts'
import { formatDigest } from '../release.ts'
import { nameOf } from '../resolve/catalogue.ts'
import type { PackageName } from '../rules/names.ts'
import { parsePackageReference } from '../rules/names.ts'
import { compareNewest } from '../rules/versions.ts'
import { findVersionsIn } from '../sources.ts'
import type { Lock, LockedPackage } from './lock.ts'
import type { Wish } from './wish.ts'

export interface HearRequest {
  readonly hive: MarketHive
  readonly lock: Lock
  readonly wish: Wish
  readonly signal: AbortSignal
}

/** Newest versions of a name whose dependencies are asked for too. */
const maxVersions = 20

/**
 * Asks registries for the names that a wish is about, and for what those need, before it is resolved.
 *
 * What the lock pins is asked for only where nobody here knows it: an install with nothing to do asks nobody.
 *
 * @throws Fault REGISTRY_UNREACHABLE
 */
export async function hearOf(deps: Pick<MarketDeps, 'database' | 'registries'>, request: HearRequest): Promise<void> {
  const { hive, lock, wish, signal } = request
  if (deps.registries === undefined || wish.kind === 'remove') return
  const isAll = wish.kind === 'update' && wish.packages.length === 0
  const pinned = [...lock.values()].filter((entry) => isAll || !isKnown(deps, hive, entry)).map(nameOf)
  const names = [...wish.packages, ...pinned].flatMap((text) => parsePackageReference(text)?.name ?? [])
  if (names.length === 0) return
  await deps.registries.refresh([...new Set(names)], { signal, follow: (name) => listNeeds(deps, hive, name) })
}

function isKnown({ database }: Pick<MarketDeps, 'database'>, hive: MarketHive, locked: LockedPackage): boolean {
  const versions = findVersionsIn(database, hive, nameOf(locked), locked.owner)
  return versions.some(({ version, digest }) => version === locked.version && formatDigest(digest) === locked.digest)
}

function listNeeds({ database }: Pick<MarketDeps, 'database'>, hive: MarketHive, name: PackageName): readonly PackageName[] {
  const newest = findVersionsIn(database, hive, name).toSorted(compareNewest).slice(-maxVersions)
  const needs = newest.flatMap(({ entry }) => getRelease(database, entry)?.manifest.dependencies ?? [])
  return needs.flatMap((need) => parsePackageReference(need.name)?.name ?? [])
}
