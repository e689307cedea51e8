import { mkdir, open } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { failpointAsync } from '../../lib/failpoint.ts'
import type { ArchiveEntry } from '../archive/entry.ts'
import { syncFolder } from './lock-file.ts'

/**
 * Writes entries that were judged into a new folder, and makes them last.
 *
 * The folder must not exist: nothing in it can be a link of somebody else's. Files are opened with `wx`, for the same reason.
 */
export async function writeFolder(folder: string, entries: AsyncIterable<ArchiveEntry>, onBytes: (count: number) => void): Promise<void> {
  await mkdir(folder, { mode: 0o755 })
  const folders = new Set([folder])
  for await (const entry of entries) {
    const path = join(folder, entry.path)
    await makeParents(folder, path, folders)
    await writeFile(path, entry, onBytes)
  }
  // Deepest first is not needed: each is made to last by itself.
  for (const made of folders) await syncFolder(made)
}

async function makeParents(root: string, path: string, folders: Set<string>): Promise<void> {
  const missing: string[] = []
  for (let folder = dirname(path); folder !== root && !folders.has(folder); folder = dirname(folder)) missing.unshift(folder)
  for (const folder of missing) {
    await mkdir(folder, { mode: 0o755 })
    folders.add(folder)
  }
}

async function writeFile(path: string, { body, isExecutable }: ArchiveEntry, onBytes: (count: number) => void): Promise<void> {
  await using handle = await open(path, 'wx', isExecutable ? 0o755 : 0o644)
  for await (const chunk of body) {
    await handle.writeFile(chunk)
    onBytes(chunk.byteLength)
  }
  await failpointAsync('install.write')
  await handle.sync()
}
