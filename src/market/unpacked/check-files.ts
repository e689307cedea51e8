import { createHash } from 'node:crypto'
import { constants, lstatSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { mapBounded } from '../../lib/map-bounded.ts'
import type { UnpackedFile } from './record.ts'

/**
 * When every file of the store says it was last written: any write says another time, also one within the same tick of the clock.
 *
 * The time that npm gives the files of its packages.
 */
export const filesWrittenAt = new Date('1985-10-26T08:15:00Z')

/** Files looked at at once: each takes a thread of the pool for a moment. */
const looksAtOnce = 16

export interface CheckOptions {
  /** Whether every file is hashed, whatever it looks like. */
  readonly isDeep: boolean
  readonly signal: AbortSignal
}

/**
 * The files of a package in the store as they are now; undefined when one is not what was unpacked.
 *
 * Size, time of writing and inode are evidence enough for one that was not touched; where one of them is another, its bytes are hashed.
 */
export async function checkFiles(
  folder: string,
  files: readonly UnpackedFile[],
  { isDeep, signal }: CheckOptions,
): Promise<readonly UnpackedFile[] | undefined> {
  const checked = await mapBounded(files, (file) => checkFile(join(folder, file.path), file, isDeep), { concurrency: looksAtOnce, signal })
  return checked.every((file) => file !== undefined) ? checked : undefined
}

async function checkFile(path: string, file: UnpackedFile, isDeep: boolean): Promise<UnpackedFile | undefined> {
  // The home lies on a disk of this machine: looking takes less than asking a thread to.
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (found?.isFile() !== true || found.size !== file.size || ((found.mode & 0o100) !== 0) !== file.isExecutable) return undefined
  const isUntouched = found.mtimeMs === filesWrittenAt.getTime() && found.ino === file.inode
  if (isUntouched && !isDeep) return file
  await using handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  const hash = createHash('sha256')
  for await (const chunk of handle.createReadStream({ autoClose: false })) hash.update(chunk as Uint8Array)
  if (hash.digest('hex') !== file.sha256) return undefined
  // Its bytes are right: what was touched is taken as it is from now on.
  if (!isUntouched) await handle.utimes(filesWrittenAt, filesWrittenAt)
  return { ...file, inode: found.ino }
}
