import { lstatSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** The parts of a place that a stamp is about. */
export interface StampedPlace {
  readonly root: string
  readonly packages: string
  readonly lock: string
}

/** Cheap evidence that packages of a place are as an install left them: its lock, and what the file system says of each path. */
interface Stamp {
  readonly v: 1
  readonly lock: string
  /** Path from the root, size (of files), time of writing and inode. */
  readonly seen: readonly (readonly [path: string, size: number, writtenMs: number, inode: number])[]
}

/** Beside the packages. */
const stampName = '.installed.json'
/** Paths that are looked at: 15 ms on a small machine. Larger places are always looked at by the node. */
const maxPaths = 10_000
const maxStampBytes = 4_194_304

/**
 * Says that a place is as its lock says, after all was compared. Written last; whoever changes the place takes it away first.
 *
 * It is a hint and no promise: one that cannot be written is not there.
 */
export function writeStamp({ root, packages, lock }: StampedPlace, targets: readonly string[]): void {
  try {
    const seen = targets.flatMap((target) => [...look(root, target)])
    if (seen.length > maxPaths) return
    const stamp: Stamp = { v: 1, lock: readFileSync(lock, 'utf8'), seen }
    writeFileSync(join(packages, stampName), JSON.stringify(stamp), { mode: 0o644 })
  } catch {
    removeStamp({ packages })
  }
}

/** Takes the stamp of a place away. @throws what the disk says */
export function removeStamp({ packages }: Pick<StampedPlace, 'packages'>): void {
  rmSync(join(packages, stampName), { force: true })
}

/** How many packages a place has, when its stamp, its lock and every path say that nothing changed since; undefined when anything is unsure. */
export function findUnchanged({ root, packages, lock }: StampedPlace): number | undefined {
  try {
    const file = join(packages, stampName)
    if (!isPlain(file)) return undefined
    const stampedMs = lstatSync(file).mtimeMs
    const stamp: unknown = JSON.parse(readFileSync(file, 'utf8'))
    if (typeof stamp !== 'object' || stamp === null || Reflect.get(stamp, 'v') !== 1) return undefined
    const text: unknown = Reflect.get(stamp, 'lock')
    if (typeof text !== 'string' || !isPlain(lock) || readFileSync(lock, 'utf8') !== text) return undefined
    const seen: unknown = Reflect.get(stamp, 'seen')
    if (!Array.isArray(seen) || seen.length > maxPaths || !seen.every((row: unknown) => isStill(row, { root, stampedMs }))) return undefined
    return text.split('\n').filter((line) => line === '[[installed]]').length
  } catch {
    return undefined
  }
}

/** A project may be anybody's: a pipe in place of a file would never end. */
function isPlain(file: string): boolean {
  const found = lstatSync(file)
  return found.isFile() && found.size <= maxStampBytes
}

/**
 * Size and time of writing say of a file that nobody wrote it, and of a folder that nothing came or went.
 *
 * Of what was written in the same tick of the clock as the stamp they say nothing: it may have been written once more.
 */
function isStill(row: unknown, { root, stampedMs }: { readonly root: string; readonly stampedMs: number }): boolean {
  if (!Array.isArray(row)) return false
  const [path, size, writtenMs, inode]: readonly unknown[] = row
  if (typeof path !== 'string' || typeof writtenMs !== 'number' || writtenMs >= stampedMs) return false
  const found = lstatSync(`${root}/${path}`)
  return found.mtimeMs === writtenMs && found.ino === inode && (found.isDirectory() ? size === -1 : found.isFile() && found.size === size)
}

function* look(root: string, target: string): Generator<Stamp['seen'][number]> {
  const pending = [target]
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    const found = lstatSync(path)
    yield [path.slice(root.length + 1), found.isDirectory() ? -1 : found.size, found.mtimeMs, found.ino]
    if (found.isDirectory()) for (const name of readdirSync(path)) pending.push(join(path, name))
  }
}

/** The project that holds a folder, by the marks that `findPlace` goes by; undefined without one. */
export function findStampedProject(directory: string): StampedPlace | undefined {
  for (let folder = directory; ; folder = dirname(folder)) {
    if (isMarked(folder)) return { root: folder, packages: join(folder, '.althing', 'packages'), lock: join(folder, 'althing.lock') }
    if (dirname(folder) === folder) return undefined
  }
}

function isMarked(folder: string): boolean {
  return projectMarks.some((mark) => lstatSync(join(folder, mark), { throwIfNoEntry: false }) !== undefined)
}

/** The files that make a folder a project. */
export const projectMarks = ['althing.toml', '.git']
