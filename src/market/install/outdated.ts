import type { CallContext } from '../../operations/define-operation.ts'
import type { MarketDeps } from '../market.ts'
import { createCatalogue, nameOf } from '../resolve/catalogue.ts'
import { chooseRelease, compareReleases } from '../rules/versions.ts'
import { hearOf } from './hear.ts'
import { readLock } from './lock-file.ts'
import type { PlaceInput } from './place.ts'
import { placeOf } from './place.ts'
import { findSourceHive, resolveWish } from './plan.ts'

/** A package with something newer. */
export interface OutdatedPackage {
  readonly package: string
  readonly current: string
  readonly wanted: string
  readonly latest: string
  readonly requested: string | null
}

/**
 * What `update` would bring, and what there is beyond what was asked for; by name, only what differs.
 *
 * @throws Fault LOCK_INVALID, and those of `resolveWish`
 */
export async function findOutdated(
  deps: MarketDeps,
  input: PlaceInput,
  context: CallContext,
): Promise<{ packages: OutdatedPackage[]; isOutdated: boolean }> {
  const hive = deps.findHive(context.hive)
  const place = await placeOf(deps, input)
  const lock = await readLock(place.lock)
  const wish = { kind: 'update', packages: [] } as const
  await hearOf(deps, { hive, lock, wish, signal: context.signal })
  const catalogue = createCatalogue({ database: deps.database, hive, findSource: (source) => findSourceHive(deps, source), lock })
  const { chosen } = resolveWish(deps, {
    hive,
    catalogue,
    lock,
    file: place.lock,
    wish,
    allowYanked: false,
  })
  const packages = [...lock.values()].flatMap((locked): OutdatedPackage[] => {
    const id = catalogue.idOf(locked.owner, nameOf(locked))
    const known = catalogue.versionsOf(id)
    const current = known.find(({ version }) => version === locked.version) ?? { version: locked.version, at: 0, yanked: null }
    const standing = known.filter(({ yanked }) => yanked === null)
    const highest = chooseRelease(standing, undefined) ?? current
    // Somebody who follows pre-releases is not told to go back; who has what was taken back is.
    const latest = current.yanked !== null || compareReleases(highest, current) > 0 ? highest.version : locked.version
    const wanted = chosen.get(id)?.version ?? locked.version
    const isCurrent = wanted === locked.version && latest === locked.version
    return isCurrent ? [] : [{ package: locked.package, current: locked.version, wanted, latest, requested: locked.requested ?? null }]
  })
  return { packages: packages.toSorted((a, b) => (a.package < b.package ? -1 : 1)), isOutdated: packages.length > 0 }
}
