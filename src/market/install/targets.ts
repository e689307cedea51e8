import { join } from 'node:path'
import { findVersions, getRelease } from '../package-index.ts'
import { formatDigest } from '../release.ts'
import { nameOf } from '../resolve/catalogue.ts'
import type { MarketDeps } from '../market.ts'
import { parseCid } from '../../lib/cid.ts'
import type { Lock, LockedPackage } from './lock.ts'
import type { Place } from './place.ts'
import type { PlannedPackage } from './set-plan.ts'
import { exists, refuseOccupied } from './swap.ts'

/** Where a package goes: its folder first, then where else it appears. */
export function targetsOf(place: Place, { package: name, kind }: Pick<LockedPackage, 'package' | 'kind'>): readonly [string, ...string[]] {
  const skill = kind === 'skill' && place.skills !== undefined ? [join(place.skills, nameOf({ package: name }))] : []
  return [join(place.packages, name), ...skill]
}

/** What a lock says, with the kind that a lock of an older format leaves open, as far as the index knows it. */
export function withKind({ database }: Pick<MarketDeps, 'database'>, locked: LockedPackage): LockedPackage {
  if (locked.kind !== undefined) return locked
  const hive = locked.source.startsWith('hive:') ? parseCid(locked.source.slice('hive:'.length)) : undefined
  if (hive === undefined) return locked
  const same = findVersions(database, hive, nameOf(locked), locked.owner).find(({ digest }) => formatDigest(digest) === locked.digest)
  const kind = same === undefined ? undefined : getRelease(database, same.entry)?.manifest.kind
  return kind === undefined ? locked : { ...locked, kind }
}

/** Whether something stands at every one of some paths. */
export async function everyExists(paths: readonly string[]): Promise<boolean> {
  for (const path of paths) if (!(await exists(path))) return false
  return true
}

export interface PlacedSet {
  readonly place: Place
  readonly lock: Lock
  /** What is about to be placed. */
  readonly placed: readonly PlannedPackage[]
  /** All that will be there. */
  readonly packages: readonly PlannedPackage[]
}

/**
 * Refuses to replace what we did not install. What stands at a target must be an earlier install of the same package; a skill's, of a
 * version that was one, and of no other package.
 *
 * @throws Fault TARGET_OCCUPIED
 */
export async function refuseForeign(deps: Pick<MarketDeps, 'database'>, { place, lock, placed, packages }: PlacedSet): Promise<void> {
  const rivals = Map.groupBy(packages, ({ locked }) => targetsOf(place, locked)[1])
  for (const { locked, previous } of placed) {
    const own: readonly string[] = previous === undefined ? [] : targetsOf(place, withKind(deps, previous))
    const targets = targetsOf(place, locked)
    const skill = targets[1]
    if (skill !== undefined && (rivals.get(skill)?.length ?? 0) > 1 && !own.includes(skill)) throw refuseOccupied(skill)
    for (const target of targets) {
      if (!own.includes(target) && (await exists(target)) && !(await isLeaving(deps, { place, lock, packages, target })))
        throw refuseOccupied(target)
    }
  }
}

/** Whether a target belongs to a package of the lock that goes away with this change. */
async function isLeaving(
  deps: Pick<MarketDeps, 'database'>,
  { place, lock, packages, target }: Omit<PlacedSet, 'placed'> & { readonly target: string },
): Promise<boolean> {
  const staying = new Set(packages.map(({ locked }) => locked.package))
  return [...lock.values()].some((entry) => !staying.has(entry.package) && targetsOf(place, withKind(deps, entry)).includes(target))
}
