import { join } from 'node:path'
import type { Fault } from '../../lib/fault.ts'
import { marketFaults } from '../faults.ts'
import type { MarketDeps, MarketOptions } from '../market.ts'
import { keepBeside } from './beside.ts'
import { findInstalledFiles } from './installed-files.ts'
import type { LockedPackage } from './lock.ts'
import type { Place } from './place.ts'
import type { PlannedPackage, SetPlan } from './set-plan.ts'
import { targetsOf, withKind } from './targets.ts'

/** What becomes of files beside those of a package: they stay, or stop an install that brings the same; they yield to that; they go. */
export type BesideMode = 'stay' | 'yield' | 'go'

export interface StandingRequest {
  readonly place: Place
  readonly planned: PlannedPackage
  /** Where it goes, and the folder that will be there. */
  readonly target: string
  readonly folder: string
  readonly mode: BesideMode
  readonly signal: AbortSignal
}

/**
 * Puts files that a package never had into its new folder, out of the one that it has now; gives their paths in the package.
 *
 * @throws Fault TARGET_OCCUPIED, and what the disk says
 */
export async function keepStanding(
  deps: MarketDeps & { readonly options: MarketOptions },
  plan: SetPlan,
  { place, planned, target, folder, mode, signal }: StandingRequest,
): Promise<readonly string[]> {
  const before = mode === 'go' ? undefined : findBefore(deps, plan, { place, planned, target })
  if (before === undefined) return []
  const { entry, from } = before
  // what is put right again has the files that are about to be placed
  const installed = entry.digest === planned.locked.digest ? undefined : await findInstalledFiles(deps, entry, { signal })
  const { files, inTheWay } = await keepBeside({ from, to: folder, installed, signal })
  if (mode === 'stay' && inTheWay.length > 0) throw refuseInTheWay(planned.locked, from, inTheWay)
  return files
}

interface Before {
  /** What the lock has there. */
  readonly entry: LockedPackage
  readonly from: string
}

/** What stands where a package goes, or where it was under another name. Undefined where nothing of ours stands. */
function findBefore(
  deps: Pick<MarketDeps, 'database'>,
  { packages, removed }: SetPlan,
  { place, planned, target }: Pick<StandingRequest, 'place' | 'planned' | 'target'>,
): Before | undefined {
  const targets = (entry: LockedPackage): readonly string[] => targetsOf(place, withKind(deps, entry))
  const { previous } = planned
  const own = previous && targets(previous)[targetsOf(place, planned.locked).indexOf(target)]
  if (previous !== undefined && own !== undefined) return { entry: previous, from: own }
  const standing = [...removed, ...packages.flatMap((other) => other.previous ?? [])]
  const entry = standing.find((each) => targets(each).includes(target))
  return entry && { entry, from: target }
}

/** Files named in a fault. */
const maxNamed = 10

function refuseInTheWay({ package: name, version }: LockedPackage, folder: string, paths: readonly string[]): Fault {
  const files = paths.slice(0, maxNamed).map((path) => join(folder, path))
  const more = paths.length > maxNamed ? ` and ${paths.length - maxNamed} more` : ''
  return marketFaults.create('TARGET_OCCUPIED', {
    message: `nothing was installed: ${name} ${version} brings files where others stand that were not installed by althing: ${files.join(', ')}${more}. Move them away, or replace them with \`althing install ${name}@${version} --force\`.`,
    data: { path: folder, files },
  })
}
