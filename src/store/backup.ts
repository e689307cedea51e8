import { rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Clock } from '../lib/clock.ts'
import { copyDurably, copyFolder, hashFile, makeEmptyFolder, toCopyFault, writeDurably } from './backup-files.ts'
import { formatManifest, manifestName } from './backup-manifest.ts'
import type { BlockEncoding } from './block-encoding.ts'
import { BlockFiles, syncDirectory } from './block-files.ts'
import { deleteBlock, listBlocks, putBlock, sumBlocks } from './block-table.ts'
import type { StoredBlock } from './blobs.ts'
import { copyDatabase } from './database-copy.ts'
import { openDatabase } from './database.ts'
import type { Database } from './database.ts'
import { createPrivateFile } from './private-file.ts'
import { schemaVersion } from './migrations/migrate.ts'
import { storePaths } from './store-paths.ts'

export interface BackupRequest {
  /** The home to copy; the node that has it open goes on meanwhile. */
  readonly home: string
  /** A folder that does not exist, or is empty. */
  readonly target: string
  /** Whether the owner and node keys are copied too. */
  readonly includeKeys: boolean
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly onProgress: (progress: CopyProgress) => void
}

export interface CopyProgress {
  readonly stage: 'database' | 'blocks'
  /** Pages, or blocks. */
  readonly done: number
  readonly total: number
}

export interface BackupReport {
  readonly target: string
  readonly databaseBytes: number
  readonly blocks: number
  readonly blobBytes: number
  /** Blocks whose file is shared with the home by a hard link. */
  readonly linkedBlocks: number
  readonly includesKeys: boolean
}

const otherEncodings: readonly BlockEncoding[] = ['zstd', 'raw', 'gzip']

/**
 * Copies a home as it is at one moment: first the database, from a snapshot, then every block it knows, by hard link where
 * that is possible (a block's file is never written in place). What is cut off has no manifest and is no backup.
 *
 * @throws Fault BACKUP_TARGET_EXISTS, DISK_FULL, DISK_ERROR; what was written is removed again
 */
export async function backupHome(request: BackupRequest): Promise<BackupReport> {
  await makeEmptyFolder(request.target).catch((error: unknown) => {
    throw toCopyFault(error, request.target)
  })
  try {
    return await copyHome(request)
  } catch (error) {
    await rm(request.target, { recursive: true, force: true }).catch(() => {})
    throw toCopyFault(error, request.target)
  }
}

async function copyHome(request: BackupRequest): Promise<BackupReport> {
  const from = storePaths(request.home)
  const to = storePaths(request.target)
  const { signal, onProgress } = request
  // what is in a home is its owner's to read, wherever the copy is carried
  createPrivateFile(to.database)
  await copyDatabase(from.database, to.database, { signal, onProgress: (pages) => onProgress({ stage: 'database', ...pages }) })
  const blocks = await copyBlocks(from.blobs, to, request)
  await copyDurably(from.config, to.config)
  const includesKeys = request.includeKeys && (await copyFolder(from.keys, to.keys)) > 0
  const { size: databaseBytes } = await stat(to.database)
  const databaseSha256 = await hashFile(to.database, signal)
  const { blocks: count, stored: blobBytes } = blocks.sums
  const said = {
    createdAt: request.clock.now(),
    schema: schemaVersion,
    databaseSha256,
    databaseBytes,
    blocks: count,
    blobBytes,
    includesKeys,
  }
  await syncDirectory(request.target)
  await writeDurably(join(request.target, manifestName), formatManifest(said))
  await syncDirectory(request.target)
  await syncDirectory(dirname(request.target))
  return { target: request.target, databaseBytes, blocks: count, blobBytes, linkedBlocks: blocks.linked, includesKeys }
}

async function copyBlocks(directory: string, to: { readonly database: string; readonly blobs: string }, request: BackupRequest) {
  const source = new BlockFiles(directory)
  const target = new BlockFiles(to.blobs)
  await target.prepare()
  await using database = openDatabase({ path: to.database })
  const { blocks: total } = sumBlocks(database)
  let linked = 0
  let done = 0
  for (const block of listBlocks(database)) {
    request.signal.throwIfAborted()
    if ((await copyBlock(database, block, { source, target })) === 'linked') linked += 1
    done += 1
    request.onProgress({ stage: 'blocks', done, total })
  }
  await target.sync()
  return { linked, sums: sumBlocks(database) }
}

/** What lies in the database was copied with it. The file may have been packed anew, or collected, since the snapshot: then the copy's row is put right. */
async function copyBlock(
  database: Database,
  block: StoredBlock,
  { source, target }: { readonly source: BlockFiles; readonly target: BlockFiles },
): Promise<'linked' | 'copied' | 'absent'> {
  if (block.encoding === 'row') return 'copied'
  const name = Buffer.from(block.digest).toString('hex')
  for (const encoding of new Set([block.encoding, ...otherEncodings])) {
    const file = { name, encoding }
    const outcome = await target.takeFrom(source, file)
    if (outcome === 'absent') continue
    const stored = (await target.sizeOf(file)) ?? 0
    if (encoding !== block.encoding) await database.write((tx) => putBlock(tx, { ...block, encoding, stored }))
    return outcome
  }
  await database.write((tx) => deleteBlock(tx, block.digest))
  return 'absent'
}
