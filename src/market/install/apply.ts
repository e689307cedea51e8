import { dirname, join } from 'node:path'
import { failpoint } from '../../lib/failpoint.ts'
import { mapBounded } from '../../lib/map-bounded.ts'
import type { CallContext } from '../../operations/define-operation.ts'
import { marketFaults } from '../faults.ts'
import type { Giver, MarketDeps, MarketHive, MarketOptions } from '../market.ts'
import { findBlock, refuseBlocked } from '../refuse-package.ts'
import { nameOf } from '../resolve/catalogue.ts'
import { sourceOf } from '../sources.ts'
import { toInstallFault } from './disk-fault.ts'
import { readLock } from './lock-file.ts'
import type { LockedPackage } from './lock.ts'
import { formatLock } from './lock.ts'
import { keepStanding } from './keep-standing.ts'
import type { BesideMode } from './keep-standing.ts'
import { materialisePackage } from './materialise.ts'
import type { Place } from './place.ts'
import { makeFolder } from './place.ts'
import type { PlacedArchive } from './pinned-archive.ts'
import { findPinnedArchive } from './pinned-archive.ts'
import type { ReadyPackage } from './ready-package.ts'
import { readyPackage } from './ready-package.ts'
import type { PlannedPackage, SetPlan } from './set-plan.ts'
import type { Move } from './swap.ts'
import { changeLock, exists, fromRoot, recoverPlace, stagingName, swapFolders } from './swap.ts'
import { targetsOf, withKind } from './targets.ts'

/** How locks name a registry. */
const registryPrefix = 'registry:'

type ApplyDeps = MarketDeps & { readonly options: MarketOptions }

export interface ApplyRequest {
  readonly place: Place
  readonly plan: SetPlan
  /** The packages to place, new or again. */
  readonly placed: readonly PlannedPackage[]
  readonly besideOf: (planned: PlannedPackage) => BesideMode
  readonly isOffline: boolean
  readonly context: CallContext
}

/** What applying a plan did, by package of the lock. */
export interface Applied {
  /** Who gave what. */
  readonly givers: ReadonlyMap<string, readonly Giver[]>
  /** Files that are none of the package and were kept in its folder, by path there. */
  readonly beside: ReadonlyMap<string, ReadonlySet<string>>
}

/** Packages that are fetched, looked at and unpacked at once: each takes peers, a thread of hashing and files. */
const fetchesAtOnce = 4
/** Packages that are placed at once: each waits for the disk. */
const placesAtOnce = 8

/**
 * Makes a plan true: all is fetched first, then unpacked beside, then swapped with the lock. To be called by who holds the place's lock.
 *
 * Ended at any moment, the next `recoverPlace` leaves the old or the new set.
 *
 * @throws Fault PACKAGE_UNAVAILABLE, DISK_FULL, DISK_ERROR, TARGET_REFUSED, and of `fetchArchive`
 */
export async function applyPlan(deps: ApplyDeps, request: ApplyRequest): Promise<Applied> {
  const { place, plan, placed, context } = request
  const releases: Placed[] = []
  for (const planned of placed) releases.push({ planned, release: await requireArchive(deps, planned, context) })
  if (request.isOffline) await refuseMissing(deps, releases)
  using held = new DisposableStack()
  const ready = await readyAll(deps, releases, { request, held }).catch((error: unknown) => {
    throw toInstallFault(error, place.packages)
  })
  const givers = new Map([...ready].map(([name, { providers }]) => [name, providers]))
  failpoint('install.fetched')
  const { moves, beside } = await unpackAll(deps, releases, { request, ready }).catch(async (error: unknown) => {
    // Nothing was moved yet: what was unpacked goes again, so that a full disk has its room back.
    await recoverPlace(place, deps.chance)
    throw toInstallFault(error, place.packages)
  })
  failpoint('install.unpacked')
  if (moves.length === 0 && !plan.isLockChanged) return { givers, beside }
  await swapFolders(place, { moves, change: plan.change }, deps.chance).catch(async (error: unknown) => {
    if (!(await endSwap(deps, place, plan))) throw toInstallFault(error, place.packages)
  })
  return { givers, beside }
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
  readonly release: PlacedArchive
}

async function requireArchive(
  deps: ApplyDeps,
  { release, locked, hive }: PlannedPackage,
  { signal }: Pick<CallContext, 'signal'>,
): Promise<PlacedArchive> {
  if (release !== undefined) return release
  const block = findBlock(deps.database, hive, { owner: locked.owner, name: nameOf(locked) })
  if (block !== undefined) throw refuseBlocked(hive, block)
  // Where its source is asked and has it no more, it was taken back with who signed it.
  const pinned = sourceOf(hive) === locked.source ? undefined : await findPinnedArchive(deps, locked, { signal })
  if (pinned !== undefined) return pinned
  throw marketFaults.create('PACKAGE_UNAVAILABLE', {
    message: `the lock pins ${locked.package} ${locked.version}, which no hive and no registry of this node has. ${describeWay(locked, hive)}; then install again.`,
    data: { cid: locked.cid },
  })
}

function describeWay({ source }: Pick<LockedPackage, 'source'>, hive: MarketHive): string {
  if (hive.source === source)
    return `The registry it is from (${source.slice(registryPrefix.length)}) lists it no more: ask for another version by name`
  return source.startsWith(registryPrefix)
    ? `Add the registry it is from: \`althing registry add NAME ${source.slice(registryPrefix.length)}\``
    : `Run \`althing p2p start\` to hear of it, or join the hive it is from (${source})`
}

async function refuseMissing(deps: ApplyDeps, releases: readonly Placed[]): Promise<void> {
  const missing: Placed[] = []
  for (const placed of releases) if (!(await isHere(deps, placed.release))) missing.push(placed)
  const [first] = missing
  if (first === undefined) return
  const names = missing.map(({ planned: { locked } }) => `${locked.package} ${locked.version}`)
  throw marketFaults.create('PACKAGE_UNAVAILABLE', {
    message: `nothing was installed: with --offline only what is on this disk can be, and ${names.slice(0, 10).join(', ')}${names.length > 10 ? ` and ${names.length - 10} more are` : names.length > 1 ? ' are' : ' is'} not. Install again without --offline.`,
    data: { cid: first.release.archive, packages: names },
  })
}

async function isHere({ content, unpacked }: ApplyDeps, { archive, digest }: PlacedArchive): Promise<boolean> {
  return content.stat(archive)?.isWhole === true || (await unpacked?.list(digest)) !== undefined
}

/** Packages of a plan that are on this disk, by package of the lock. */
type Ready = ReadonlyMap<string, ReadyPackage>

interface ReadyAll {
  readonly request: ApplyRequest
  /** Keeps what is taken from the store there until all is done. */
  readonly held: DisposableStack
}

async function readyAll(deps: ApplyDeps, releases: readonly Placed[], { request, held }: ReadyAll): Promise<Ready> {
  const { place, context, isOffline } = request
  const total = releases.reduce((sum, { release }) => sum + release.size, 0)
  const received = new Map<string, number>()
  let sum = 0
  const readyOne = async ({ planned, release }: Placed): Promise<readonly [string, ReadyPackage]> => {
    const report: CallContext['report'] = (progress) => {
      sum += progress.done - (received.get(release.archive) ?? 0)
      received.set(release.archive, progress.done)
      context.report({ ...progress, done: Math.min(sum, total), total })
    }
    const hive = isOffline ? { ...planned.hive, exchange: undefined } : planned.hive
    // What stands there and is not right may have come from the store.
    const isDeep = planned.change === 'kept' && (await exists(targetsOf(place, planned.locked)[0]))
    const ready = await readyPackage(deps, { hive, release, isDeep, context: { ...context, report } })
    if (ready.unpacked !== undefined) held.use(ready.unpacked)
    return [planned.locked.package, ready]
  }
  return new Map(await mapBounded(releases, readyOne, { concurrency: fetchesAtOnce, signal: context.signal }))
}

async function unpackAll(
  deps: ApplyDeps,
  releases: readonly Placed[],
  { request, ready }: { readonly request: ApplyRequest; readonly ready: Ready },
): Promise<{ readonly moves: readonly Move[]; readonly beside: Applied['beside'] }> {
  const { place, plan, context, besideOf } = request
  const total = releases.reduce((sum, { planned, release }) => sum + release.size * targetsOf(place, planned.locked).length, 0)
  let done = 0
  const onBytes = (count: number): void => {
    done += count
    context.report({ stage: 'unpacking', done, total, unit: 'bytes' })
  }
  const targets = releases.flatMap(({ planned, release }) =>
    targetsOf(place, planned.locked).map((target) => ({ planned, target, release, unpacked: ready.get(planned.locked.package)?.unpacked })),
  )
  for (const folder of new Set(targets.map(({ target }) => dirname(target)))) await makeFolder(place, folder)
  const placeOne = async ({ target, release, unpacked }: (typeof targets)[number]): Promise<Move & { readonly fresh: string }> => {
    const move = nameMove(deps, place, target)
    await materialisePackage(deps, { release, unpacked, folder: join(place.root, move.fresh), signal: context.signal, onBytes })
    return move
  }
  const moves = await mapBounded(targets, placeOne, { concurrency: placesAtOnce, signal: context.signal })
  const beside = new Map<string, Set<string>>()
  // last of all, so that what somebody writes meanwhile is seen
  for (const [index, { planned, target }] of targets.entries()) {
    const folder = join(place.root, moves[index]?.fresh ?? '')
    const files = await keepStanding(deps, plan, { place, planned, target, folder, mode: besideOf(planned), signal: context.signal })
    beside.set(planned.locked.package, new Set([...(beside.get(planned.locked.package) ?? []), ...files]))
  }
  return { moves: [...moves, ...(await findLeaving(deps, place, plan))], beside }
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
