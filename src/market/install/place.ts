import { lstat, mkdir, realpath, stat, writeFile } from 'node:fs/promises'
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import { makeFolder as makeFolders } from '../../lib/make-folder.ts'
import type { Fault } from '../../lib/fault.ts'
import { marketFaults } from '../faults.ts'
import { projectMarks } from './stamp.ts'

/** Somewhere packages are installed to, with the lock that says which. */
export interface Place {
  readonly kind: 'project' | 'global' | 'target'
  /** Nothing is written outside of it. */
  readonly root: string
  /** Holds `@owner/name` folders. */
  readonly packages: string
  readonly lock: string
  /** Where skills also appear; undefined where they do not. */
  readonly skills: string | undefined
}

export interface PlaceRequest {
  /** Where the caller stands. */
  readonly directory: string
  readonly isGlobal: boolean
  readonly target: string | undefined
  readonly globalDirectory: string
}

/** The place a caller says, as operations take it. */
export interface PlaceInput {
  readonly directory: string
  readonly global: boolean
  readonly target?: string | undefined
}

/** The place that a caller means. */
export function placeOf(
  { globalDirectory }: { readonly globalDirectory: string },
  { directory, global, target }: PlaceInput,
): Promise<Place> {
  return findPlace({ directory, isGlobal: global, target, globalDirectory })
}

/**
 * Where to install. Without a mark upward, the caller's folder itself is the project.
 *
 * Commands send absolute paths; a relative one comes from code in this process, and is relative to its folder.
 */
export async function findPlace({ directory, isGlobal, target, globalDirectory }: PlaceRequest): Promise<Place> {
  if (target !== undefined) return placeAt('target', resolve(target), resolve(target))
  if (isGlobal) return placeAt('global', globalDirectory, globalDirectory)
  const root = await findProject(resolve(directory))
  return {
    kind: 'project',
    root,
    packages: join(root, '.althing', 'packages'),
    lock: join(root, 'althing.lock'),
    skills: join(root, '.agents', 'skills'),
  }
}

function placeAt(kind: 'global' | 'target', root: string, packages: string): Place {
  return { kind, root, packages, lock: join(root, 'althing.lock'), skills: undefined }
}

async function findProject(directory: string): Promise<string> {
  for (let folder = directory; ; folder = dirname(folder)) {
    for (const mark of projectMarks) {
      if ((await lstat(join(folder, mark)).catch(() => undefined)) !== undefined) return folder
    }
    if (dirname(folder) === folder) return directory
  }
}

/**
 * Makes a folder inside a place, and every folder on the way.
 *
 * A part that is a symbolic link is refused when it leads out of the place, so that nothing is ever written elsewhere.
 *
 * @throws Fault TARGET_REFUSED
 */
export async function makeFolder(place: Place, folder: string): Promise<void> {
  if (!isInside(place.root, folder)) throw refuseTarget(folder, 'it is outside of the place to install into')
  await refuseFile(place.root)
  await makeFolders(place.root, { mode: 0o755 })
  const root = await realpath(place.root)
  let path = place.root
  for (const part of relative(place.root, folder)
    .split(sep)
    .filter((name) => name !== '')) {
    path = join(path, part)
    await mkdir(path).catch((error: unknown) => {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
    })
    const real = await realpath(path).catch(() => undefined)
    if (real === undefined || !isInside(root, real)) throw refuseTarget(path, 'it is a symbolic link that leads out of the project')
    if (!(await lstat(real)).isDirectory()) throw refuseTarget(path, 'it is no folder')
  }
}

/**
 * A folder that is there lies within its place, whatever links are on the way: a project may be anybody's.
 *
 * @throws Fault TARGET_REFUSED
 */
export async function refuseOutside(place: Place, folder: string): Promise<void> {
  const real = await realpath(folder).catch(() => undefined)
  if (real !== undefined && !isInside(await realpath(place.root), real))
    throw refuseTarget(folder, 'it is a symbolic link that leads out of the project')
}

/** Keeps a folder of ours out of the project's Git, as cargo does with `target`. One that is there already says what its author wants. */
export async function ignoreFolder(folder: string): Promise<void> {
  await writeFile(join(folder, ignoreName), '*\n', { flag: 'wx' }).catch((error: unknown) => {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  })
}

/** The file with which Git is told what to leave out. */
export const ignoreName = '.gitignore'

/** A file where the place, or a folder above it, is to be. @throws Fault TARGET_REFUSED */
async function refuseFile(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined)
  if (found !== undefined && !found.isDirectory()) throw refuseTarget(path, 'it is a file, not a folder')
  if (found === undefined && dirname(path) !== path) await refuseFile(dirname(path))
}

function isInside(root: string, path: string): boolean {
  const way = relative(root, path)
  return way === '' || (!isAbsolute(way) && way !== '..' && !way.startsWith(`..${sep}`))
}

export function refuseTarget(path: string, reason: string): Fault {
  return marketFaults.create('TARGET_REFUSED', {
    message: `nothing was installed: ${path}: ${reason}. Remove it, or install elsewhere with --target.`,
    data: { path, reason },
  })
}
