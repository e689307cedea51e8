import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { mapBounded } from '../../lib/map-bounded.ts'
import { syncFolder } from '../install/lock-file.ts'
import type { Way } from '../rules/sharing.ts'
import { shareFile } from './share-file.ts'
import type { Unpacked } from './unpacked-store.ts'
import { makeParents } from './write-entry.ts'

export interface ShareRequest {
  /** A folder that does not exist yet. */
  readonly folder: string
  readonly ways: readonly Way[]
  readonly signal: AbortSignal
  readonly onBytes: (count: number) => void
}

/** Files under way at once: each waits for the disk. */
const sharesAtOnce = 16

/** Puts a package of the store into a folder of a project, and makes it last. What the first file shows not to work there is not tried again. */
export async function sharePackage({ folder: source, files }: Unpacked, { folder, ways, signal, onBytes }: ShareRequest): Promise<void> {
  mkdirSync(folder, { mode: 0o755 })
  const folders = new Set([folder])
  for (const { path } of files) makeParents(folder, join(folder, path), folders)
  let left = ways
  const shareOne = async ({ path, size, isExecutable }: Unpacked['files'][number]): Promise<void> => {
    const way = await shareFile({ from: join(source, path), to: join(folder, path), isExecutable }, left)
    left = left.slice(left.indexOf(way))
    onBytes(size)
  }
  const [first, ...rest] = files
  if (first !== undefined) await shareOne(first)
  await mapBounded(rest, shareOne, { concurrency: sharesAtOnce, signal })
  await mapBounded(folders, syncFolder, { concurrency: sharesAtOnce, signal })
}
