import { join } from 'node:path'
import type { FetchReport } from '../../content/content.ts'
import { failpoint } from '../../lib/failpoint.ts'
import { mapBounded } from '../../lib/map-bounded.ts'
import type { CallContext } from '../../operations/define-operation.ts'
import { marketFaults } from '../faults.ts'
import type { MarketDeps, MarketOptions } from '../market.ts'
import type { IndexedRelease } from '../package-index.ts'
import { toInstallFault } from './disk-fault.ts'
import { fetchArchive } from './fetch-archive.ts'
import { readLock } from './lock-file.ts'
import { formatLock } from './lock.ts'
import { materialisePackage } from './materialise.ts'
import type { Place } from './place.ts'
import { makeFolder } from './place.ts'
import type { PlannedPackage, SetPlan } from './set-plan.ts'
import type { Move } from './swap.ts'
import { changeLock, exists, fromRoot, recoverPlace, stagingName, swapFolders } from './swap.ts'
import { targetsOf, withKind } from './targets.ts'

type ApplyDeps = MarketDeps & { readonly options: MarketOptions }

export interface ApplyRequest {
  readonly place: Place
  readonly plan: SetPlan
  /** The packages to place, new or again. */
  readonly placed: readonly PlannedPackage[]
  readonly isOffline: boolean
  readonly context: CallContext
}

/** Who gave what, by package of the lock. */
export type Givers = ReadonlyMap<string, FetchReport['providers']>

/** Archives that are fetched and looked at at once: each takes peers, a thread of hashing and a file. */
const fetchesAtOnce = 4

/**
 * Makes a plan true: all is fetched first, then unpacked beside, then swapped with the lock. To be called by who holds the place's lock.
 *
 * Ended at any moment, the next `recoverPlace` leaves the old or the new set.
 *
 * @throws Fault PACKAGE_UNAVAILABLE, DISK_FULL, DISK_ERROR, TARGET_REFUSED, and of `fetchArchive`
 */
export async function applyPlan(deps: ApplyDeps, request: ApplyRequest): Promise<Givers> {
  const { place, plan, placed, context } = request
  const releases = placed.map((planned) => ({ planned, release: requireRelease(planned) }))
  if (request.isOffline) refuseMissing(deps, releases)
  const givers = await fetchAll(deps, releases, request)
  failpoint('install.fetched')
  const moves = await unpackAll(deps, releases, { place, plan, context }).catch(async (error: unknown) => {
    // Nothing was moved yet: what was unpacked goes again, so that a full disk has its room back.
    await recoverPlace(place, deps.chance)
    throw toInstallFault(error, place.packages)
  })
  failpoint('install.unpacked')
  if (moves.length === 0 && !plan.isLockChanged) return givers
  await swapFolders(place, { moves, change: plan.change }, deps.chance).catch(async (error: unknown) => {
    if (!(await endSwap(deps, place, plan))) throw toInstallFault(error, place.packages)
  })
  return givers
}

/** Finishes or takes back what the disk interrupted; whether it was finished, which the lock says. */
async function endSwap({ chance }: ApplyDeps, place: Place, { change, isLockChanged }: SetPlan): Promise<boolean> {
  // A disk that fails again leaves it to the next install.
  await recoverPlace(place, chance).catch(() => {})
  if (!isLockChanged) return false
  const lock = await readLock(place.lock).catch(() => undefined)
  return lock !== undefined && formatLock(changeLock(lock, change)) === formatLock(lock)
}

interface Placed {
  readonly planned: PlannedPackage
  readonly release: IndexedRelease
}

function requireRelease({ release, locked }: PlannedPackage): IndexedRelease {
  if (release !== undefined) return release
  throw marketFaults.create('PACKAGE_UNAVAILABLE', {
    message: `the lock pins ${locked.package} ${locked.version}, which no hive of this node knows yet. Run \`althing p2p start\` to hear of it, or join the hive it is from (${locked.source}); then install again.`,
    data: { cid: locked.cid },
  })
}

function refuseMissing(deps: ApplyDeps, releases: readonly Placed[]): void {
  const missing = releases.filter(({ release }) => deps.content.stat(release.archive)?.isWhole !== true)
  const [first] = missing
  if (first === undefined) return
  const names = missing.map(({ planned: { locked } }) => `${locked.package} ${locked.version}`)
  throw marketFaults.create('PACKAGE_UNAVAILABLE', {
    message: `nothing was installed: with --offline only what is on this disk can be, and ${names.slice(0, 10).join(', ')}${names.length > 10 ? ` and ${names.length - 10} more are` : names.length > 1 ? ' are' : ' is'} not. Install again without --offline.`,
    data: { cid: first.release.archive, packages: names },
  })
}

async function fetchAll(deps: ApplyDeps, releases: readonly Placed[], { context, isOffline }: ApplyRequest): Promise<Givers> {
  const total = releases.reduce((sum, { release }) => sum + release.size, 0)
  const received = new Map<string, number>()
  const fetchOne = async ({ planned, release }: Placed): Promise<readonly [string, FetchReport['providers']]> => {
    const report: CallContext['report'] = (progress) => {
      received.set(release.archive, progress.done)
      const done = [...received.values()].reduce((sum, bytes) => sum + bytes, 0)
      context.report({ ...progress, done: Math.min(done, total), total })
    }
    const hive = isOffline ? { ...planned.hive, exchange: undefined } : planned.hive
    return [planned.locked.package, await fetchArchive(deps, { hive, release, context: { ...context, report } })]
  }
  return new Map(await mapBounded(releases, fetchOne, { concurrency: fetchesAtOnce, signal: context.signal }))
}

async function unpackAll(
  deps: ApplyDeps,
  releases: readonly Placed[],
  { place, plan, context }: Pick<ApplyRequest, 'place' | 'plan' | 'context'>,
): Promise<readonly Move[]> {
  const moves: Move[] = []
  const total = releases.reduce((sum, { planned, release }) => sum + release.size * targetsOf(place, planned.locked).length, 0)
  let done = 0
  const onBytes = (count: number): void => {
    done += count
    context.report({ stage: 'unpacking', done, total, unit: 'bytes' })
  }
  for (const { planned, release } of releases) {
    for (const target of targetsOf(place, planned.locked)) {
      await makeFolder(place, join(target, '..'))
      const move = nameMove(deps, place, target)
      await materialisePackage(deps, { release, folder: join(place.root, move.fresh), signal: context.signal, onBytes })
      moves.push(move)
    }
  }
  return [...moves, ...(await findLeaving(deps, place, plan))]
}

function nameMove({ chance }: Pick<ApplyDeps, 'chance'>, place: Place, target: string): Move & { readonly fresh: string } {
  const mark = Buffer.from(chance.bytes(6)).toString('hex')
  const [fresh, aside] = ['new', 'old'].map((age) => fromRoot(place, join(place.packages, stagingName, `${age}-${mark}`))) as [
    string,
    string,
  ]
  return { fresh, target: fromRoot(place, target), aside }
}

/** Folders of packages that go, and places where a package no longer appears. */
async function findLeaving(deps: ApplyDeps, place: Place, { packages, removed }: SetPlan): Promise<readonly Move[]> {
  const staying = new Set(packages.flatMap(({ locked }) => targetsOf(place, locked)))
  const before = [
    ...removed,
    ...packages.flatMap(({ change, previous }) => (change === 'kept' || previous === undefined ? [] : [previous])),
  ]
  const moves: Move[] = []
  for (const target of new Set(before.flatMap((entry) => targetsOf(place, withKind(deps, entry))))) {
    if (!staying.has(target) && (await exists(target))) moves.push({ ...nameMove(deps, place, target), fresh: undefined })
  }
  return moves
}
