import { statfs } from 'node:fs/promises'
import { storeFaults } from '../../store/faults.ts'

/** As `findFullDisk`. */
export type FindFullDisk = typeof findFullDisk

export interface DiskRoomOptions {
  /** Room that work needs, in bytes: a disk with less is full. */
  readonly leastBytes: number
  /** What failed. */
  readonly cause: unknown
}

/**
 * That the disk of a folder is full, as a fault; undefined when it is not. For after a failure of a program, which does not say by its exit code
 * what it met, and before what it left is taken away.
 */
export async function findFullDisk(folder: string, { leastBytes, cause }: DiskRoomOptions): Promise<Error | undefined> {
  const { bavail, bsize, files, ffree } = await statfs(folder)
  const freeBytes = bavail * bsize
  if (freeBytes >= leastBytes && (files === 0 || ffree > 0)) return undefined
  const left = ffree === 0 && files > 0 ? 'no file more' : `${Math.floor(freeBytes / 1_048_576)} MiB`
  return storeFaults.create('DISK_FULL', {
    message: `the disk of ${folder} has room for ${left}, which is too little to work on tasks: make room, or take less with [workers] maxPackBytes`,
    data: { folder, freeBytes, leastBytes },
    cause,
  })
}
