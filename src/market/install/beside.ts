import { constants } from 'node:fs'
import { copyFile, link, lstat, mkdir, open, readdir, readlink, symlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { makeFolder } from '../../lib/make-folder.ts'
import { errorCode } from '../../store/faults.ts'
import { sortBeside } from '../rules/beside.ts'
import type { Standing } from '../rules/beside.ts'
import { isUnable } from '../unpacked/share-file.ts'
import { hasSameBytes } from './changes.ts'
import { syncFolder } from './lock-file.ts'

export interface KeepRequest {
  /** The folder as it stands. */
  readonly from: string
  /** The folder that is to take its place, made by us and whole but for what is kept. */
  readonly to: string
  /** Files of what was installed in `from`; undefined when nobody knows any more. */
  readonly installed: ReadonlySet<string> | undefined
  readonly signal: AbortSignal
}

/** What was put into a folder of a package and is none of its files, by path in the package. */
export interface Kept {
  readonly files: readonly string[]
  /** Not kept: the package is about to have files there, with other bytes. */
  readonly inTheWay: readonly string[]
}

/**
 * Puts what a package never had into the folder that takes the place of its own.
 *
 * Files are linked and not moved: until the folders are swapped both have them, so an install that ends at any moment loses none.
 *
 * @throws what the disk says
 */
export async function keepBeside({ from, to, installed, signal }: KeepRequest): Promise<Kept> {
  const placed = new Set((await listAll(to, signal)).flatMap(({ path, isFolder }) => (isFolder ? [] : [path])))
  const { kept, inTheWay } = sortBeside({ standing: await listAll(from, signal), installed, placed })
  const folders = new Set<string>()
  for (const each of kept) {
    signal.throwIfAborted()
    const path = join(to, each.path)
    await makeFolder(dirname(path), { mode: 0o755 })
    await carry(each, join(from, each.path), path)
    folders.add(dirname(path))
  }
  for (const folder of folders) await syncFolder(folder)
  const clashing: string[] = []
  for (const path of inTheWay) if (!(await hasSameBytes(join(from, path), join(to, path)))) clashing.push(path)
  return { files: kept.flatMap(({ path, isFolder }) => (isFolder ? [] : [path])), inTheWay: clashing }
}

/** All below a folder, folders first; nothing where there is none, or a link. What cannot be looked into stops it: it could not be kept. */
async function listAll(root: string, signal: AbortSignal): Promise<readonly Standing[]> {
  const found = await lstat(root).catch(() => undefined)
  if (found?.isDirectory() !== true) return []
  const standing: Standing[] = []
  const pending = ['']
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    signal.throwIfAborted()
    for (const entry of await readdir(join(root, folder), { withFileTypes: true })) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`
      standing.push({ path, isFolder: entry.isDirectory() })
      if (entry.isDirectory()) pending.push(path)
    }
  }
  return standing.toSorted((a, b) => (a.path < b.path ? -1 : 1))
}

/** Follows no link: one that somebody put there is made again. */
async function carry({ isFolder }: Standing, from: string, to: string): Promise<void> {
  const found = await lstat(from)
  if (isFolder) {
    await mkdir(to, { mode: found.mode & 0o777 })
    return
  }
  const target = await readlink(from).catch(() => undefined)
  if (target !== undefined) return symlink(target, to)
  await link(from, to).catch(async (error: unknown) => {
    if (!found.isFile() || !isUnable(errorCode(error))) throw error
    await copyFile(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE)
    await using handle = await open(to, constants.O_RDONLY | constants.O_NOFOLLOW)
    await handle.sync()
  })
}
