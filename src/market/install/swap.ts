import { lstat, open, readFile, readdir, rename, rm, rmdir } from 'node:fs/promises'
import { basename, dirname, join, normalize, relative } from 'node:path'
import type { Chance } from '../../lib/chance.ts'
import { failpoint } from '../../lib/failpoint.ts'
import type { Json } from '../../lib/json.ts'
import { errorCode } from '../../store/faults.ts'
import { marketFaults } from '../faults.ts'
import { tableOf } from '../manifest/fields.ts'
import { parsePackageName } from '../rules/names.ts'
import type { Lock, LockedPackage } from './lock.ts'
import { formatLock, parseLock, parseLockedName } from './lock.ts'
import { readLock, removeHalfLocks, syncFolder, writeLock } from './lock-file.ts'
import type { Place } from './place.ts'
import { ignoreName, makeFolder, refuseOutside } from './place.ts'

/** A new folder and where it goes, or one that goes away; names are relative to the place's root. */
export interface Move {
  /** Undefined for a folder that goes away. */
  readonly fresh: string | undefined
  readonly target: string
  /** Where what stood there waits until all is done. */
  readonly aside: string
}

/** What becomes of a lock: blocks that are put in, and packages that are taken out. */
export interface LockChange {
  readonly put: readonly LockedPackage[]
  readonly drop: readonly string[]
}

/** What is about to happen, on disk before it does. */
export interface Intent {
  readonly moves: readonly Move[]
  readonly change: LockChange
}

/** A lock with a change made. */
export function changeLock(lock: Lock, { put, drop }: LockChange): Lock {
  const gone = new Set(drop)
  const rest = [...lock].filter(([name]) => !gone.has(name))
  return new Map([...rest, ...put.map((entry) => [entry.package, entry] as const)])
}

/** Folder under the place's folder of packages that holds new, old and intended things; on the same file system as the packages. */
export const stagingName = '.staging'
/** In that folder: held by whoever installs. Its companions begin with its name. */
export const placeLockName = 'lock.sqlite'
const intentSuffix = '.intent.json'
/** Longest intent that is read, in bytes. */
const maxIntentBytes = 16_777_216

/**
 * Puts new folders where old ones stand, takes others away, and changes the lock with them.
 *
 * The intent is on disk first. Ended at any moment, the next `recoverPlace` finishes it when the first folder was moved, and takes it
 * back otherwise: the old or the new set of packages is whole, and the lock says which.
 */
export async function swapFolders(place: Place, intent: Intent, chance: Chance): Promise<void> {
  const staging = join(place.packages, stagingName)
  const file = join(staging, `${Buffer.from(chance.bytes(6)).toString('hex')}${intentSuffix}`)
  await writeIntent(file, intent)
  failpoint('install.intent')
  await finish(place, intent, chance)
  await rm(file)
}

async function finish(place: Place, { moves, change }: Intent, chance: Chance): Promise<void> {
  const parents = new Set<string>()
  for (const { fresh, target } of moves) {
    const path = join(place.root, target)
    // What goes away and is gone needs no folder any more.
    if (fresh !== undefined || (await exists(path))) parents.add(dirname(path))
  }
  // Follows no link that leads out of the place.
  for (const parent of parents) await makeFolder(place, parent)
  for (const move of moves) {
    if (move.fresh === undefined) await moveAway(place, move)
    else await moveIn(place, { ...move, fresh: move.fresh })
  }
  // The lock says that all was moved: first that has to last.
  for (const parent of parents) await syncFolder(parent).catch(ignoreMissing)
  await writeLock(place.lock, changeLock(await readLock(place.lock), change), chance)
  failpoint('install.locked')
  for (const { aside } of moves) await rm(join(place.root, aside), { recursive: true, force: true })
}

async function moveIn(place: Place, move: Move & { readonly fresh: string }): Promise<void> {
  const [fresh, target, aside] = [join(place.root, move.fresh), join(place.root, move.target), join(place.root, move.aside)]
  if (!(await exists(fresh))) return
  await rename(target, aside).catch(ignoreMissing)
  failpoint('install.aside')
  await rename(fresh, target)
  failpoint('install.moved')
}

async function moveAway(place: Place, move: Move): Promise<void> {
  const [target, aside] = [join(place.root, move.target), join(place.root, move.aside)]
  if ((await exists(aside)) || !(await exists(target))) return
  await rename(target, aside)
  failpoint('install.removed')
  // An owner's folder goes with the last package in it; any other is not empty.
  if (dirname(dirname(target)) === place.packages) await rmdir(dirname(target)).catch(() => {})
}

function ignoreMissing(error: unknown): void {
  if (errorCode(error) !== 'ENOENT') throw error
}

/** Finishes or takes back what was interrupted, and clears what was left. To be called by who holds the place's lock. @throws Fault TARGET_REFUSED */
export async function recoverPlace(place: Place, chance: Chance): Promise<void> {
  const staging = join(place.packages, stagingName)
  await refuseOutside(place, staging)
  const names = (await readdir(staging).catch(() => [])).filter((name) => !name.startsWith(placeLockName) && name !== ignoreName)
  for (const name of names.filter((found) => found.endsWith(intentSuffix))) {
    const intent = await readIntent(place, join(staging, name))
    if (intent !== undefined) await settle(place, intent, chance)
  }
  for (const name of names) await rm(join(staging, name), { recursive: true, force: true })
  await removeHalfLocks(dirname(place.lock))
}

async function settle(place: Place, intent: Intent, chance: Chance): Promise<void> {
  const [first] = intent.moves
  if (first === undefined) return
  const [target, aside] = [join(place.root, first.target), join(place.root, first.aside)]
  if (first.fresh === undefined) return (await exists(target)) ? undefined : finish(place, intent, chance)
  const isMoved = !(await exists(join(place.root, first.fresh)))
  if (isMoved && (await exists(target))) return finish(place, intent, chance)
  await makeFolder(place, dirname(target))
  if (!(await exists(target)) && (await exists(aside))) await rename(aside, target)
}

async function writeIntent(file: string, intent: Intent): Promise<void> {
  const body: Json = {
    moves: intent.moves.map(({ fresh, target, aside }) => ({ fresh: fresh ?? null, target, aside })),
    lock: formatLock(new Map(intent.change.put.map((entry) => [entry.package, entry]))),
    drop: [...intent.change.drop],
  }
  const temporary = `${file}.part`
  {
    await using handle = await open(temporary, 'wx', 0o600)
    await handle.writeFile(JSON.stringify(body))
    await handle.sync()
  }
  await rename(temporary, file)
  await syncFolder(dirname(file))
}

/** Undefined for what is no intent of ours: a project's files may have been written by anybody. */
async function readIntent(place: Place, file: string): Promise<Intent | undefined> {
  try {
    const found = await lstat(file)
    if (!found.isFile() || found.size > maxIntentBytes) return undefined
    const body = tableOf(JSON.parse(await readFile(file, 'utf8')))
    const rows: unknown = body.get('moves')
    const moves = Array.isArray(rows) ? rows.map((row) => parseMove(place, row)) : []
    const text = body.get('lock')
    const lock = parseLock(typeof text === 'string' ? text : '', basename(file))
    const names: unknown = body.get('drop') ?? []
    const drop = Array.isArray(names) ? names.map((name) => (typeof name === 'string' ? parseLockedName(name) : undefined)) : [undefined]
    if (moves.length === 0 || !moves.every((move) => move !== undefined) || !drop.every((name) => name !== undefined)) return undefined
    return { moves, change: { put: [...lock.values()], drop } }
  } catch {
    return undefined
  }
}

/** Only from and to where an install moves things: a project that was cloned may hold an intent that its author made up. */
function parseMove(place: Place, row: unknown): Move | undefined {
  const table = tableOf(row)
  const [given, target, aside] = ['fresh', 'target', 'aside'].map((key) => table.get(key))
  const fresh = given ?? undefined
  if ((typeof fresh !== 'string' && fresh !== undefined) || typeof target !== 'string' || typeof aside !== 'string') return undefined
  const staging = fromRoot(place, join(place.packages, stagingName))
  const isStaged = [fresh ?? aside, aside].every((path) => dirname(path) === staging && path === normalize(path))
  const isPackage =
    fromRoot(place, place.packages) === normalize(join(target, '..', '..')) &&
    parseLockedName(`${basename(dirname(target))}/${basename(target)}`) !== undefined
  const isSkill = place.skills !== undefined && dirname(target) === fromRoot(place, place.skills)
  const isNamed = parsePackageName(basename(target)) !== undefined && target === normalize(target)
  return isStaged && isNamed && (isPackage || isSkill) ? { fresh, target, aside } : undefined
}

/** Whether something stands there, a dangling link included. */
export async function exists(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined)) !== undefined
}

/** A path as an intent keeps it. */
export function fromRoot(place: Place, path: string): string {
  return relative(place.root, path)
}

/** The fault for something in the way that was not installed by us. */
export function refuseOccupied(path: string): Error {
  return marketFaults.create('TARGET_OCCUPIED', {
    message: `${path} is there already and was not installed by althing. Move it away, or say --force to replace it.`,
    data: { path },
  })
}
