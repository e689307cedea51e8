import { join } from 'node:path'
import type { FetchReport } from '../../content/content.ts'
import { failpoint } from '../../lib/failpoint.ts'
import type { CallContext } from '../../operations/define-operation.ts'
import { readArchive } from '../archive/unpack.ts'
import { marketFaults } from '../faults.ts'
import type { Dependency } from '../manifest/manifest.ts'
import type { MarketDeps, MarketHive, MarketOptions } from '../market.ts'
import type { IndexedRelease } from '../package-index.ts'
import { findVersions, getRelease } from '../package-index.ts'
import { formatDigest } from '../release.ts'
import { spellPackage } from '../resolve.ts'
import { isOwnerSegment } from '../rules/names.ts'
import { resolveSigned } from '../signed-release.ts'
import { findChanges } from './changes.ts'
import { toInstallFault } from './disk-fault.ts'
import { fetchArchive } from './fetch-archive.ts'
import type { Lock, LockedPackage } from './lock-file.ts'
import { readLock } from './lock-file.ts'
import type { Place } from './place.ts'
import { findPlace, ignoreFolder, makeFolder } from './place.ts'
import { openPlaceLock } from './place-lock.ts'
import type { Move } from './swap.ts'
import { exists, fromRoot, recoverPlace, refuseOccupied, stagingName, swapFolders } from './swap.ts'
import { writeFolder } from './write-folder.ts'

export interface InstallInput {
  readonly package: string
  readonly directory: string
  readonly global: boolean
  readonly target?: string | undefined
  readonly force: boolean
}

/** What an install did. */
export interface InstallReport {
  readonly status: 'installed' | 'updated' | 'present'
  readonly package: string
  readonly name: string
  readonly owner: string
  readonly version: string
  readonly previousVersion: string | null
  readonly digest: string
  readonly cid: string
  readonly size: number
  readonly files: number
  readonly place: Place['kind']
  readonly path: string
  /** Where else it appears: a skill in `.agents/skills`. */
  readonly alsoAt: readonly string[]
  readonly lock: string
  readonly providers: readonly { readonly peer: string; readonly bytes: number }[]
  /** Files of what is present that are not what its owner signed, or gone; a few of many. Null when its bytes are not on this disk to compare with. */
  readonly changed: readonly string[] | null
  /** Named by the package and not installed with it. */
  readonly unresolvedDependencies: readonly (Dependency & { readonly known: boolean })[]
}

type InstallDeps = MarketDeps & { readonly options: MarketOptions }

/**
 * Installs one package: resolve → fetch → verify → unpack beside → rename, with the lock. Runs nothing of it, ever.
 *
 * @throws Fault of `resolveSigned`, `fetchArchive`, DISK_FULL, DISK_ERROR, TARGET_REFUSED, TARGET_OCCUPIED, OWNER_CHANGED, LOCK_INVALID, STORE_LOCKED
 */
export async function installPackage(deps: InstallDeps, input: InstallInput, context: CallContext): Promise<InstallReport> {
  const hive = deps.findHive(context.hive)
  const release = await resolveSigned(deps, hive, input.package)
  const place = await findPlace({
    directory: input.directory,
    isGlobal: input.global,
    target: input.target,
    globalDirectory: deps.globalDirectory,
  })
  const wanted = planInstall(hive, release, place)
  await makeStaging(place).catch((error: unknown) => {
    throw toInstallFault(error, place.packages)
  })
  await using _ = await openPlaceLock(place, { clock: deps.clock, waitMs: deps.options.installWaitMs, signal: context.signal })
  await recoverPlace(place, deps.chance)
  const lock = await readLock(place.lock)
  const locked = lock.get(wanted.locked.package)
  refuseOtherOwner(locked, wanted.locked)
  const isSame = locked?.digest === wanted.locked.digest && (await everyExists(wanted.targets))
  const whole = { deps, hive, release, place, wanted }
  if (isSame && !input.force) {
    const changed = await findChanges(deps, { release, targets: wanted.targets, signal: context.signal })
    return report(whole, { status: 'present', previousVersion: null, providers: [], changed })
  }
  if (!input.force) await refuseForeign(deps, wanted, { locked, lock })
  const providers = await fetchArchive(deps, { hive, release, context })
  failpoint('install.fetched')
  const moves = await unpack(deps, { release, place, wanted, context }).catch(async (error: unknown) => {
    // Nothing was moved yet: what was unpacked goes again, so that a full disk has its room back.
    await recoverPlace(place, deps.chance)
    throw toInstallFault(error, place.packages)
  })
  failpoint('install.unpacked')
  await swapFolders(place, { moves, locked: wanted.locked }, deps.chance).catch(async (error: unknown) => {
    if (isSame || !(await endSwap(deps, place, wanted))) throw toInstallFault(error, place.packages)
  })
  const previousVersion = locked !== undefined && locked.version !== release.version ? locked.version : null
  return report(whole, { status: previousVersion === null ? 'installed' : 'updated', previousVersion, providers, changed: [] })
}

/** The folder for what is not whole yet; in a project all of `.althing` is kept out of Git with it, because the lock brings it back. */
async function makeStaging(place: Place): Promise<void> {
  const staging = join(place.packages, stagingName)
  await makeFolder(place, staging)
  await ignoreFolder(place.kind === 'project' ? join(place.packages, '..') : staging)
}

/** Finishes or takes back what the disk interrupted; whether it was finished, which the lock says. */
async function endSwap({ chance }: InstallDeps, place: Place, { locked }: Plan): Promise<boolean> {
  // A disk that fails again leaves it to the next install.
  await recoverPlace(place, chance).catch(() => {})
  const lock = await readLock(place.lock).catch(() => undefined)
  return lock?.get(locked.package)?.digest === locked.digest
}

interface Plan {
  readonly locked: LockedPackage
  /** The package's folder first, then where else it appears. */
  readonly targets: readonly string[]
}

interface Whole {
  readonly deps: InstallDeps
  readonly hive: MarketHive
  readonly release: IndexedRelease
  readonly place: Place
  readonly wanted: Plan
}

function planInstall(hive: MarketHive, release: IndexedRelease, place: Place): Plan {
  const handle = hive.membership.handleOf(release.owner)
  const owner = handle !== undefined && isOwnerSegment(handle) ? handle : release.owner
  const name = `@${owner}/${release.name}`
  const locked: LockedPackage = {
    package: name,
    owner: release.owner,
    version: release.version,
    digest: formatDigest(release.digest),
    cid: release.archive,
    hive: hive.hive,
  }
  const skill = release.manifest.kind === 'skill' && place.skills !== undefined ? [join(place.skills, release.name)] : []
  return { locked, targets: [join(place.packages, name), ...skill] }
}

function refuseOtherOwner(locked: LockedPackage | undefined, wanted: LockedPackage): void {
  if (locked === undefined || locked.owner === wanted.owner) return
  throw marketFaults.create('OWNER_CHANGED', {
    message: `althing.lock pins ${wanted.package} to the owner ${locked.owner}, this release is signed by ${wanted.owner}. If that is right, remove its block from the lock and install again.`,
    data: { package: wanted.package, locked: locked.owner, offered: wanted.owner },
  })
}

interface Known {
  readonly locked: LockedPackage | undefined
  readonly lock: Lock
}

/** What stands at a target must be an earlier install of this package; a skill's, of a version that was one, and of no other package. */
async function refuseForeign(deps: InstallDeps, { targets }: Plan, { locked, lock }: Known): Promise<void> {
  const [folder, skill] = targets
  if (folder !== undefined && locked === undefined && (await exists(folder))) throw refuseOccupied(folder)
  if (skill === undefined || !(await exists(skill))) return
  const name = locked?.package.split('/')[1]
  const rivals = [...lock.values()].filter((other) => other.package !== locked?.package && other.package.split('/')[1] === name)
  if (locked === undefined || rivals.length > 0 || !wasSkill(deps, locked)) throw refuseOccupied(skill)
}

/** Whether the locked release is known as a skill's: only then was a folder of skills ours. */
function wasSkill({ database }: InstallDeps, { package: name, owner, digest, hive }: LockedPackage): boolean {
  const versions = findVersions(database, hive, name.split('/')[1] ?? '', owner)
  const same = versions.find((known) => formatDigest(known.digest) === digest)
  return same !== undefined && getRelease(database, same.entry)?.manifest.kind === 'skill'
}

async function everyExists(paths: readonly string[]): Promise<boolean> {
  for (const path of paths) if (!(await exists(path))) return false
  return true
}

interface UnpackRequest {
  readonly release: IndexedRelease
  readonly place: Place
  readonly wanted: Plan
  readonly context: CallContext
}

async function unpack(deps: InstallDeps, { release, place, wanted, context }: UnpackRequest): Promise<readonly Move[]> {
  const staging = join(place.packages, stagingName)
  const moves: Move[] = []
  let done = 0
  for (const target of wanted.targets) {
    await makeFolder(place, join(target, '..'))
    const mark = Buffer.from(deps.chance.bytes(6)).toString('hex')
    const fresh = join(staging, `new-${mark}`)
    const entries = readArchive(deps.content.read(release.archive, { signal: context.signal }), deps.options)
    await writeFolder(fresh, entries, (count) => {
      done += count
      context.report({ stage: 'unpacking', done, total: release.size * wanted.targets.length, unit: 'bytes' })
    })
    moves.push({ fresh: fromRoot(place, fresh), target: fromRoot(place, target), aside: fromRoot(place, join(staging, `old-${mark}`)) })
  }
  return moves
}

interface Outcome {
  readonly status: InstallReport['status']
  readonly previousVersion: string | null
  readonly providers: FetchReport['providers']
  readonly changed: InstallReport['changed']
}

function report({ deps, hive, release, place, wanted }: Whole, outcome: Outcome): InstallReport {
  const [path = place.packages, ...alsoAt] = wanted.targets
  return {
    ...outcome,
    package: spellPackage(hive, release),
    name: release.name,
    owner: release.owner,
    version: release.version,
    digest: formatDigest(release.digest),
    cid: release.archive,
    size: release.size,
    files: release.fileCount,
    place: place.kind,
    path,
    alsoAt,
    lock: place.lock,
    unresolvedDependencies: release.manifest.dependencies.map((dependency) => ({ ...dependency, known: isKnown(deps, hive, dependency) })),
  }
}

function isKnown(deps: InstallDeps, hive: MarketHive, { name }: Dependency): boolean {
  const [owner, bare] = name.startsWith('@') ? [name.slice(1).split('/')[0] ?? '', name.split('/')[1] ?? ''] : [undefined, name]
  const ownerId = owner === undefined ? undefined : hive.membership.findOwner(owner)
  return (owner === undefined || ownerId !== undefined) && findVersions(deps.database, hive.hive, bare, ownerId).length > 0
}
