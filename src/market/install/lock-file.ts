import { closeSync, constants, openSync } from 'node:fs'
import { open, readdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Chance } from '../../lib/chance.ts'
import { makeLast } from '../../lib/make-last.ts'
import type { Lock } from './lock.ts'
import { formatLock, refuseLock } from './lock.ts'
import { parseMergedLock } from './lock-merge.ts'

/** Longest lock that is read, in bytes: some 15,000 packages. */
const maxLockBytes = 8_388_608

/** The lock of a place; empty when there is none. @throws Fault LOCK_INVALID */
export async function readLock(file: string): Promise<Lock> {
  return (await readMergedLock(file)).lock
}

/** The lock of a place, and whether it holds the marks of a merge that can be done. @throws Fault LOCK_INVALID */
export async function readMergedLock(file: string): Promise<{ readonly lock: Lock; readonly isMerged: boolean }> {
  let text: string
  try {
    await using handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK)
    const found = await handle.stat()
    // A project may be anybody's: its lock may be a link to a pipe or to a device that never ends.
    if (!found.isFile()) throw refuseLock(file, 1, 'it is no plain file')
    if (found.size > maxLockBytes) throw refuseLock(file, 1, `it has more than ${maxLockBytes} bytes`)
    text = await handle.readFile('utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
      return { lock: new Map(), isMerged: false }
    throw error
  }
  return parseMergedLock(text, file)
}

/** Puts a lock in place of the old one: whole, or not at all. */
export async function writeLock(file: string, lock: Lock, chance: Chance): Promise<void> {
  const temporary = join(dirname(file), `.althing.lock-${Buffer.from(chance.bytes(6)).toString('hex')}`)
  try {
    await using handle = await open(temporary, 'wx', 0o644)
    await handle.writeFile(formatLock(lock))
    await handle.sync()
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
  await rename(temporary, file)
  await syncFolder(dirname(file))
}

const halfLock = /^\.althing\.lock-[0-9a-f]{12}$/

/** Removes what a `writeLock` that was killed left beside the lock. To be called by who holds the place's lock. */
export async function removeHalfLocks(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => [])
  for (const name of names) if (halfLock.test(name)) await rm(join(folder, name), { force: true })
}

/** Makes renames in a folder last. Opening one that is in use takes less than asking a thread to; only what waits for the disk waits. */
export async function syncFolder(folder: string): Promise<void> {
  const opened = openSync(folder, 'r')
  try {
    await makeLast(opened)
  } finally {
    closeSync(opened)
  }
}
