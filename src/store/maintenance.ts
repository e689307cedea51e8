import { Fault } from '../lib/fault.ts'
import { mapBounded } from '../lib/map-bounded.ts'
import type { BlobStore, StoredBlock } from './blobs.ts'
import type { Database } from './database.ts'

export interface MaintenanceDeps {
  readonly blobs: BlobStore
  readonly database: Database
}

export interface MaintenanceCall {
  readonly signal: AbortSignal
  /** Called after each block. */
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void
}

export interface VerifyReport {
  /** Blocks that were read and hash to their names. */
  readonly blocks: number
  readonly bytes: number
  /** Digests, in hexadecimal, of blocks found damaged or gone. */
  readonly corrupt: readonly string[]
}

export interface OptimizeReport {
  readonly examinedBlocks: number
  readonly compressedBlocks: number
  readonly corruptBlocks: number
  /** On disk, all blocks together. */
  readonly bytesBefore: number
  readonly bytesAfter: number
}

/** Blocks under way at once: two keep one disk and one core busy, and leave the rest to the node. */
const parallelBlocks = 2

/** Blocks read from the list at once. */
const pageBlocks = 64

/** Row of `setting` that holds the last digest an unfinished run has seen. */
const cursorName = 'optimize_after'
/** Blocks between two notes of how far a run is. */
const cursorEvery = 64

/** Reads every block and compares it with its name. Damaged ones are set aside, to be fetched again. */
export async function verifyBlobs({ blobs }: Pick<MaintenanceDeps, 'blobs'>, call: MaintenanceCall): Promise<VerifyReport> {
  const total = blobs.usage().blocks
  const corrupt: string[] = []
  let blocks = 0
  let bytes = 0
  const verifyOne = async (block: StoredBlock): Promise<void> => {
    const found = await getOrCorrupt(blobs, block.digest)
    if (found === 'corrupt') corrupt.push(Buffer.from(block.digest).toString('hex'))
    else if (found !== undefined) {
      blocks += 1
      bytes += found.byteLength
    }
    call.onProgress?.({ done: blocks + corrupt.length, total })
  }
  for (const page of pages(blobs.list())) await mapBounded(page, verifyOne, { concurrency: parallelBlocks, signal: call.signal })
  return { blocks, bytes, corrupt: corrupt.toSorted() }
}

/**
 * Compresses blocks that lie uncompressed and gain from it. Each is verified before it replaces the old file.
 *
 * A run that is cut off, by its signal or by a crash, goes on where it was; a finished one starts over the next time.
 */
export async function optimizeBlobs({ blobs, database }: MaintenanceDeps, call: MaintenanceCall): Promise<OptimizeReport> {
  const { blocks: total, storedBytes: bytesBefore } = blobs.usage()
  let examinedBlocks = 0
  let compressedBlocks = 0
  let corruptBlocks = 0
  let done = 0
  const after = readCursor(database)
  for (const block of blobs.list(after)) {
    call.signal.throwIfAborted()
    if (block.encoding === 'raw') {
      const outcome = await repackOrCorrupt(blobs, block.digest)
      examinedBlocks += 1
      if (outcome === 'corrupt') corruptBlocks += 1
      else if (outcome) compressedBlocks += 1
    }
    done += 1
    if (done % cursorEvery === 0) await writeCursor(database, block.digest)
    call.onProgress?.({ done, total })
  }
  await database.write((tx) => tx.run('delete from setting where name = ?', cursorName))
  return { examinedBlocks, compressedBlocks, corruptBlocks, bytesBefore, bytesAfter: blobs.usage().storedBytes }
}

/** A few at a time, so that a long list is never held whole. */
function* pages(blocks: Iterable<StoredBlock>): Iterable<readonly StoredBlock[]> {
  let page: StoredBlock[] = []
  for (const block of blocks) {
    page.push(block)
    if (page.length < pageBlocks) continue
    yield page
    page = []
  }
  if (page.length > 0) yield page
}

async function getOrCorrupt(blobs: BlobStore, digest: Uint8Array): Promise<Uint8Array | 'corrupt' | undefined> {
  return await orCorrupt(blobs.get(digest))
}

async function repackOrCorrupt(blobs: BlobStore, digest: Uint8Array): Promise<boolean | 'corrupt'> {
  return await orCorrupt(blobs.repack(digest))
}

async function orCorrupt<T>(work: Promise<T>): Promise<T | 'corrupt'> {
  try {
    return await work
  } catch (error) {
    if (error instanceof Fault && error.code === 'BLOCK_CORRUPT') return 'corrupt'
    throw error
  }
}

function readCursor(database: Database): Uint8Array {
  const row = database.get<{ readonly value: string }>('select value from setting where name = ?', cursorName)
  return new Uint8Array(Buffer.from(row?.value ?? '', 'hex'))
}

async function writeCursor(database: Database, digest: Uint8Array): Promise<void> {
  const value = Buffer.from(digest).toString('hex')
  await database.write((tx) => tx.run('insert or replace into setting (name, value) values (?, ?)', cursorName, value))
}
