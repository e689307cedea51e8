import { join } from 'node:path'
import type { Fault } from '../../lib/fault.ts'
import { mapBounded } from '../../lib/map-bounded.ts'
import type { CallContext } from '../../operations/define-operation.ts'
import { marketFaults } from '../faults.ts'
import type { MarketDeps, MarketHive, MarketOptions } from '../market.ts'
import type { Applied } from './apply.ts'
import { applyPlan } from './apply.ts'
import { findChanges } from './changes.ts'
import { toInstallFault } from './disk-fault.ts'
import { hearOf } from './hear.ts'
import type { Lock } from './lock.ts'
import { formatLock } from './lock.ts'
import { readLock, readMergedLock } from './lock-file.ts'
import type { BesideMode } from './keep-standing.ts'
import { findPinnedArchive } from './pinned-archive.ts'
import type { Place, PlaceInput } from './place.ts'
import { ignoreFolder, makeFolder, placeOf } from './place.ts'
import { openPlaceLock } from './place-lock.ts'
import { planSet } from './plan.ts'
import type { Acceptance, PlannedPackage, SetPlan } from './set-plan.ts'
import { removeStamp, writeStamp } from './stamp.ts'
import { recoverPlace, stagingName } from './swap.ts'
import { everyExists, refuseForeign, targetsOf } from './targets.ts'
import type { Wish } from './wish.ts'

type ChangeDeps = MarketDeps & { readonly options: MarketOptions }

/** What is asked of a place. */
export interface ChangeRequest extends PlaceInput {
  readonly wish: Wish
  /** Whether what is named, or everything when nothing is, is placed again, and over what is not ours. */
  readonly isForced: boolean
  readonly isDryRun: boolean
  /** Whether the lock may not change. */
  readonly isFrozen: boolean
  readonly isOffline: boolean
  readonly accept: Acceptance
}

/** A package of a place that is as the lock says, or is not. */
export interface PlacedPackage {
  readonly planned: PlannedPackage
  /** Whether it was placed, or would be. */
  readonly isPlaced: boolean
  /** Files of what is present that are not what its owner signed, or gone; a few of many. Null when that was not looked at, or its bytes are not on this disk. */
  readonly changed: readonly string[] | null
}

/** What was done, or would be. */
export interface ChangeOutcome {
  readonly hive: MarketHive
  readonly place: Place
  readonly plan: SetPlan
  readonly packages: readonly PlacedPackage[]
  readonly applied: Applied
  readonly isDryRun: boolean
}

/**
 * Changes what is installed in a place: resolve → judge → fetch all → verify → unpack beside → rename, with the lock. Runs nothing of it, ever.
 *
 * @throws Fault of `planSet`, `applyPlan`, LOCK_INVALID, LOCK_OUTDATED, TARGET_REFUSED, TARGET_OCCUPIED, STORE_LOCKED
 */
export async function changePlace(deps: ChangeDeps, request: ChangeRequest, context: CallContext): Promise<ChangeOutcome> {
  const hive = deps.findHive(context.hive)
  const place = await placeOf(deps, request)
  const whole = { deps, hive, place, request, context }
  if (!request.isOffline) await hearOf(deps, { hive, lock: await readLock(place.lock), wish: request.wish, signal: context.signal })
  if (request.isFrozen && !(await everyExists([place.lock]))) throw refuseMissingLock(place)
  if (request.isDryRun) return toOutcome(whole, await look(whole), { givers: new Map(), beside: new Map() })
  // What cannot be is refused before anything is made.
  const first = await plan(whole)
  refuseFrozen(place, first.plan, request)
  await makeStaging(place).catch((error: unknown) => {
    throw toInstallFault(error, place.packages)
  })
  await using _ = await openPlaceLock(place, { clock: deps.clock, waitMs: deps.options.installWaitMs, signal: context.signal })
  removeStamp(place)
  await recoverPlace(place, deps.chance)
  const seen = await look(whole, first)
  refuseFrozen(place, seen.plan, request)
  refuseBlind(seen, request)
  const placed = seen.packages.filter(({ isPlaced }) => isPlaced).map(({ planned }) => planned)
  if (!request.isForced) await refuseForeign(deps, { place, lock: seen.lock, placed, packages: seen.plan.packages })
  const besideOf = (planned: PlannedPackage): BesideMode => judgeBeside(request, planned)
  const applied = await applyPlan(deps, { place, plan: seen.plan, placed, besideOf, isOffline: request.isOffline, context })
  if (place.kind === 'project' && isAllAsSigned(seen))
    writeStamp(
      place,
      seen.plan.packages.flatMap(({ locked }) => targetsOf(place, locked)),
    )
  return toOutcome(whole, seen, applied)
}

/** With `--force` what is named, or everything, is exactly the package again; what comes along takes no more than it needs. */
function judgeBeside(request: ChangeRequest, planned: PlannedPackage): BesideMode {
  if (!request.isForced) return 'stay'
  return isMeant(request, planned) ? 'go' : 'yield'
}

function isMeant({ wish }: ChangeRequest, { isNamed }: PlannedPackage): boolean {
  return isNamed || isOfWhole(wish)
}

/** Whether all is to be as the lock says. */
function isOfWhole(wish: Wish): boolean {
  return wish.kind === 'install' && wish.packages.length === 0
}

/** Whether every package was placed or compared just now, and nothing is to be said of any. */
function isAllAsSigned({ plan: { notes }, packages }: Seen): boolean {
  return packages.length > 0 && notes.length === 0 && packages.every(({ isPlaced, changed }) => isPlaced || changed?.length === 0)
}

interface Whole {
  readonly deps: ChangeDeps
  readonly hive: MarketHive
  readonly place: Place
  readonly request: ChangeRequest
  readonly context: CallContext
}

interface Seen {
  readonly lock: Lock
  readonly plan: SetPlan
  readonly packages: readonly PlacedPackage[]
}

/** Packages that are compared at once: each reads its archive and its files. */
const comparesAtOnce = 4

async function look(whole: Whole, first?: Planned): Promise<Seen> {
  const planned = first !== undefined && (await isStill(whole, first)) ? first : await plan(whole)
  const options = { concurrency: comparesAtOnce, signal: whole.context.signal }
  return { ...planned, packages: await mapBounded(planned.plan.packages, (each) => compare(whole, each), options) }
}

type Planned = Omit<Seen, 'packages'>

/** Whether a place's lock is as it was when something was planned from it. */
async function isStill({ place }: Whole, { lock }: Planned): Promise<boolean> {
  return formatLock((await readMergedLock(place.lock)).lock) === formatLock(lock)
}

async function plan({ deps, hive, place, request }: Whole): Promise<Planned> {
  const { lock, isMerged } = await readMergedLock(place.lock)
  const planned = await planSet(deps, { hive, lock, file: place.lock, wish: request.wish, accept: request.accept })
  return { lock, plan: { ...planned, isLockChanged: planned.isLockChanged || isMerged } }
}

/** What is kept is placed again when it is gone; when it was changed, only where all is to be as the lock says. */
async function compare({ deps, place, request, context }: Whole, planned: PlannedPackage): Promise<PlacedPackage> {
  if (planned.change !== 'kept' || (request.isForced && isMeant(request, planned))) return { planned, isPlaced: true, changed: [] }
  const targets = targetsOf(place, planned.locked)
  if (!(await everyExists(targets))) return { planned, isPlaced: request.wish.kind !== 'remove', changed: [] }
  if (!isMeant(request, planned)) return { planned, isPlaced: false, changed: null }
  const { signal } = context
  const release = planned.release ?? (await findPinnedArchive(deps, planned.locked, { signal }))
  const changed = release === undefined ? null : await findChanges(deps, { release, targets, signal })
  if (changed === null && planned.release === undefined) return { planned, isPlaced: false, changed }
  // A lock that was pulled may say another version than what lies there: what cannot be compared is placed again where it can be had.
  if (changed === null) return { planned, isPlaced: planned.hive.exchange !== undefined && !request.isOffline, changed }
  return { planned, isPlaced: isOfWhole(request.wish) && changed.length > 0, changed }
}

function refuseMissingLock(place: Place): Fault {
  return marketFaults.create('LOCK_OUTDATED', {
    message: `nothing was installed: with --frozen there must be a lock, and there is no ${place.lock}. Install without --frozen, and commit the lock.`,
    data: { lock: place.lock, changes: [] },
  })
}

function refuseFrozen(place: Place, { packages, removed, isLockChanged }: SetPlan, { isFrozen }: ChangeRequest): void {
  if (!isFrozen || !isLockChanged) return
  const changes = [
    ...packages.filter(({ change }) => change !== 'kept').map(({ locked }) => `${locked.package} ${locked.version}`),
    ...removed.map((entry) => `without ${entry.package}`),
  ]
  throw marketFaults.create('LOCK_OUTDATED', {
    message: `nothing was installed: with --frozen ${place.lock} may not change, and it would: ${changes.slice(0, 10).join(', ') || 'what was asked for'}. Install without --frozen, and commit the lock.`,
    data: { lock: place.lock, changes },
  })
}

/** A build that was said to be exactly as pinned is not, as long as nobody can tell. */
function refuseBlind({ packages }: Seen, request: ChangeRequest): void {
  const blind = packages.filter(({ planned, isPlaced, changed }) => !isPlaced && changed === null && isMeant(request, planned))
  const [first] = blind
  if (!request.isFrozen || first === undefined) return
  const names = blind.map(({ planned: { locked } }) => `${locked.package} ${locked.version}`)
  throw marketFaults.create('PACKAGE_UNAVAILABLE', {
    message: `nothing was installed: with --frozen everything is compared with what the lock pins, and the bytes of ${names.slice(0, 10).join(', ')}${names.length > 10 ? ` and ${names.length - 10} more` : ''} are not on this disk. Install without --offline, where the source that the lock names is known (${first.planned.locked.source}).`,
    data: { cid: first.planned.locked.cid, packages: names },
  })
}

/** The folder for what is not whole yet; in a project all of `.althing` is kept out of Git with it, because the lock brings it back. */
async function makeStaging(place: Place): Promise<void> {
  const staging = join(place.packages, stagingName)
  await makeFolder(place, staging)
  await ignoreFolder(place.kind === 'project' ? join(place.packages, '..') : staging)
}

function toOutcome({ hive, place, request }: Whole, { plan: done, packages }: Seen, applied: Applied): ChangeOutcome {
  return { hive, place, plan: done, packages, applied, isDryRun: request.isDryRun }
}
