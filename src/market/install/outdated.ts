import type { CallContext } from '../../operations/define-operation.ts'
import type { MarketDeps } from '../market.ts'
import { getRelease } from '../package-index.ts'
import { createCatalogue, isPinned, nameOf } from '../resolve/catalogue.ts'
import { spellOwner } from '../spell.ts'
import { chooseStanding, compareReleases } from '../rules/versions.ts'
import { hearOf } from './hear.ts'
import { readLock } from './lock-file.ts'
import type { PlaceInput } from './place.ts'
import { placeOf } from './place.ts'
import { findSourceHive, resolveWish } from './plan.ts'

/** A package with something newer, or that its owner spoke against. */
export interface OutdatedPackage {
  readonly package: string
  readonly current: string
  readonly wanted: string
  readonly latest: string
  /** Who released that, when it is another owner. */
  readonly latestOwner: string | null
  readonly requested: string | null
  /** Why what is installed was taken back, empty when no reason was given; null when it was not. */
  readonly yanked: string | null
  /** What its owner says of what is installed; null when nothing. */
  readonly deprecated: string | null
}

/**
 * What `update` would bring, what there is beyond what was asked for, and what was taken back or deprecated since; by name, only of what
 * there is something to say.
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
  })
  const packages = [...lock.values()].flatMap((locked): OutdatedPackage[] => {
    const id = catalogue.idOf(locked.owner, nameOf(locked))
    const known = catalogue.versionsOf(id)
    const current = known.find((candidate) => isPinned(candidate, locked)) ?? {
      version: locked.version,
      at: 0,
      yanked: null,
      entry: undefined,
      owner: locked.owner,
    }
    const highest = chooseStanding(known, undefined) ?? current
    // Somebody who follows pre-releases is not told to go back; who has what was taken back is.
    const newest = current.yanked !== null || compareReleases(highest, current) > 0 ? highest : current
    const latest = newest.version
    const latestOwner = newest.owner === locked.owner ? null : spellOwner(hive, newest.owner)
    const wanted = chosen.get(id)?.version ?? locked.version
    const said = { yanked: current.yanked, deprecated: (current.entry && getRelease(deps.database, current.entry)?.deprecated) ?? null }
    const isCurrent = wanted === locked.version && latest === locked.version && said.yanked === null && said.deprecated === null
    return isCurrent
      ? []
      : [{ package: locked.package, current: locked.version, wanted, latest, latestOwner, requested: locked.requested ?? null, ...said }]
  })
  return { packages: packages.toSorted((a, b) => (a.package < b.package ? -1 : 1)), isOutdated: packages.length > 0 }
}
