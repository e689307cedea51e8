import { open, rename, rm, rmdir, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { equalBytes } from '../lib/bytes.ts'
import { hashBytes } from '../lib/cid.ts'
import type { Clock } from '../lib/clock.ts'
import { copyDurably, copyFolder, hashFile, makeEmptyFolder, refuseOccupied, toCopyFault } from './backup-files.ts'
import { invalid, manifestName, maxManifestBytes, parseManifest } from './backup-manifest.ts'
import type { BackupManifest } from './backup-manifest.ts'
import type { CopyProgress } from './backup.ts'
import type { BlockEncoding } from './block-encoding.ts'
import { unpackBlock } from './block-encoding.ts'
import { BlockFiles, syncDirectory } from './block-files.ts'
import { deleteBlock, findBytes, listBlocks, sumBlocks } from './block-table.ts'
import type { StoredBlock } from './blobs.ts'
import { openDatabase } from './database.ts'
import type { Database } from './database.ts'
import { errorCode } from './faults.ts'
import { storePaths } from './store-paths.ts'

export interface RestoreRequest {
  /** A folder made by `backupHome`. Only read. */
  readonly source: string
  /** The home to be: a folder that does not exist, or is empty. */
  readonly target: string
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly onProgress: (progress: CopyProgress) => void
}

export interface RestoreReport {
  readonly home: string
  readonly databaseBytes: number
  /** Blocks restored, each hashed. */
  readonly blocks: number
  /** Blocks damaged or missing in the backup; the home does not claim to have them. */
  readonly lostBlocks: number
  readonly includesKeys: boolean
}

/**
 * Makes a home of a backup: built beside the target, checked, then renamed, so that the target is whole or absent.
 *
 * The home is marked (`setting` rows `restored` and `restored_at`): what the lost original wrote after the backup is unknown
 * to it, so its journals go on in a new incarnation.
 *
 * @throws Fault BACKUP_INVALID, BACKUP_TARGET_EXISTS, STORE_NEWER, DISK_FULL, DISK_ERROR
 */
export async function restoreHome(request: RestoreRequest): Promise<RestoreReport> {
  const target = resolve(request.target)
  try {
    const manifest = await readManifest(request.source)
    await refuseOccupied(target)
    return { ...(await build(target, manifest, request)), home: target }
  } catch (error) {
    throw toCopyFault(error, target)
  }
}

async function build(target: string, manifest: BackupManifest, request: RestoreRequest): Promise<Omit<RestoreReport, 'home'>> {
  const staging = `${target}.restoring`
  try {
    await rm(staging, { recursive: true, force: true })
    await makeEmptyFolder(staging)
    const report = await fill(staging, manifest, request)
    await moveInto(staging, target)
    return report
  } catch (error) {
    await rm(staging, { recursive: true, force: true }).catch(() => {})
    throw error
  }
}

async function readManifest(source: string): Promise<BackupManifest> {
  const path = join(source, manifestName)
  try {
    await using handle = await open(path, 'r')
    const { size } = await handle.stat()
    if (size > maxManifestBytes) throw invalid(source, `${manifestName} has ${size} bytes`)
    return parseManifest(await handle.readFile('utf8'), source)
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') throw invalid(source, `there is no ${manifestName} in it`)
    throw error
  }
}

async function fill(staging: string, manifest: BackupManifest, request: RestoreRequest): Promise<Omit<RestoreReport, 'home'>> {
  const from = storePaths(request.source)
  const to = storePaths(staging)
  await copyCheckedDatabase(from.database, to.database, { manifest, request })
  await using database = openDatabase({ path: to.database })
  const wrong = database.checkIntegrity()
  if (wrong.length > 0) throw invalid(request.source, `its database is damaged (${wrong[0]})`)
  const lostBlocks = await copyBlocks(database, { source: new BlockFiles(from.blobs), target: new BlockFiles(to.blobs) }, request)
  await markRestored(database, request.clock.now())
  await copyDurably(from.config, to.config)
  const includesKeys = (await copyFolder(from.keys, to.keys)) > 0
  return { databaseBytes: manifest.databaseBytes, blocks: sumBlocks(database).blocks, lostBlocks, includesKeys }
}

async function copyCheckedDatabase(
  source: string,
  target: string,
  { manifest, request }: { readonly manifest: BackupManifest; readonly request: RestoreRequest },
): Promise<void> {
  if (!(await copyDurably(source, target))) throw invalid(request.source, 'there is no database in it')
  const { size } = await stat(target)
  if (size !== manifest.databaseBytes || (await hashFile(target, request.signal)) !== manifest.databaseSha256) {
    throw invalid(request.source, 'its database is not the one that was backed up')
  }
  request.onProgress({ stage: 'database', done: 1, total: 1 })
}

/** How many blocks were lost. */
async function copyBlocks(
  database: Database,
  files: { readonly source: BlockFiles; readonly target: BlockFiles },
  request: RestoreRequest,
): Promise<number> {
  await files.target.prepare()
  const { blocks: total } = sumBlocks(database)
  let lost = 0
  let done = 0
  for (const block of listBlocks(database)) {
    request.signal.throwIfAborted()
    if (!(block.encoding === 'row' ? hasWholeBytes(database, block) : await copyBlock(block, { ...files, encoding: block.encoding }))) {
      await database.write((tx) => deleteBlock(tx, block.digest))
      lost += 1
    }
    done += 1
    request.onProgress({ stage: 'blocks', done, total })
  }
  return lost
}

/** Whether a block that lies in the copied database is what its name says. */
function hasWholeBytes(database: Database, { digest }: StoredBlock): boolean {
  const bytes = findBytes(database, digest)
  return bytes !== undefined && equalBytes(hashBytes(bytes), digest)
}

async function copyBlock(
  block: StoredBlock,
  files: { readonly source: BlockFiles; readonly target: BlockFiles; readonly encoding: BlockEncoding },
): Promise<boolean> {
  const file = { name: Buffer.from(block.digest).toString('hex'), encoding: files.encoding }
  const packed = await files.source.read(file)
  if (packed === undefined || packed.byteLength !== block.stored) return false
  const bytes = await unpackBlock(files.encoding, packed)
  if (bytes === undefined || !equalBytes(hashBytes(bytes), block.digest)) return false
  await files.target.write(file, packed)
  return true
}

async function markRestored(database: Database, now: number): Promise<void> {
  await database.write((tx) => {
    tx.run(`insert or replace into setting (name, value) values ('restored', '1'), ('restored_at', ?)`, String(now))
    tx.run(`delete from setting where name = 'optimize_after'`)
  })
}

/** An empty target is taken away first, which a rename cannot do everywhere; one that filled up meanwhile stops it. */
async function moveInto(staging: string, target: string): Promise<void> {
  await syncDirectory(staging)
  await refuseOccupied(target)
  await rmdir(target).catch((error: unknown) => {
    if (errorCode(error) !== 'ENOENT') throw error
  })
  await rename(staging, target)
  await syncDirectory(dirname(target))
}
