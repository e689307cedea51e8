import { createHash } from 'node:crypto'
import { constants, createReadStream } from 'node:fs'
import { chmod, copyFile, mkdir, open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { makeFolder } from '../lib/make-folder.ts'
import { Fault, describeError } from '../lib/fault.ts'
import { syncDirectory } from './block-files.ts'
import { errorCode, isDiskFull, storeFaults } from './faults.ts'

/** Makes an empty folder for its owner only. @throws Fault BACKUP_TARGET_EXISTS when there is something in it */
export async function makeEmptyFolder(path: string): Promise<void> {
  await refuseOccupied(path)
  await makeFolder(path, { mode: 0o700 })
}

/** @throws Fault BACKUP_TARGET_EXISTS when the folder exists and has something in it, or is none */
export async function refuseOccupied(path: string): Promise<void> {
  if (await isFree(path)) return
  const message = `${path} exists and is not an empty folder; name one that does not exist yet`
  throw storeFaults.create('BACKUP_TARGET_EXISTS', { message, data: { path } })
}

async function isFree(path: string): Promise<boolean> {
  try {
    return (await readdir(path)).length === 0
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return true
    if (errorCode(error) === 'ENOTDIR') return false
    throw error
  }
}

/** Copies one file durably, readable by its owner only; whether there was one. */
export async function copyDurably(source: string, target: string): Promise<boolean> {
  try {
    await copyFile(source, target, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL)
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false
    throw error
  }
  await chmod(target, 0o600)
  await using handle = await open(target, 'r')
  await handle.sync()
  return true
}

/** Copies the regular files of one folder; how many. Links are not followed and folders inside are left. */
export async function copyFolder(source: string, target: string): Promise<number> {
  const names = await listRegularFiles(source)
  if (names.length === 0) return 0
  await mkdir(target, { mode: 0o700 })
  for (const name of names) await copyDurably(join(source, name), join(target, name))
  await syncDirectory(target)
  return names.length
}

async function listRegularFiles(path: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(path, { withFileTypes: true })
    return entries.filter((entry) => entry.isFile()).map((entry) => entry.name)
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return []
    throw error
  }
}

/** Writes a small file durably. */
export async function writeDurably(path: string, text: string): Promise<void> {
  await using handle = await open(path, 'wx', 0o600)
  await handle.writeFile(text)
  await handle.sync()
}

/** Sha-256 of a file, in hexadecimal. */
export async function hashFile(path: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path, { signal })) hash.update(chunk as Buffer)
  return hash.digest('hex')
}

/** What the disk said while a home was copied, as a fault. */
export function toCopyFault(error: unknown, path: string): unknown {
  if (error instanceof Fault || errorCode(error) === undefined) return error
  const details = { data: { path }, cause: error }
  if (isDiskFull(error)) {
    return storeFaults.create('DISK_FULL', {
      ...details,
      message: `no space left on the disk for ${path}; choose another place, or free some`,
    })
  }
  const message = `the disk failed while ${path} was written (${describeError(error)}); check it, remove ${path}, then try again`
  return storeFaults.create('DISK_ERROR', { ...details, message })
}
