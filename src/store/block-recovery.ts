import { hashBytes } from '../lib/cid.ts'
import { equalBytes } from '../lib/bytes.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { mapBounded } from '../lib/map-bounded.ts'
import type { StoredBlock } from './blobs.ts'
import { unpackBlock } from './block-encoding.ts'
import type { BlockFile, BlockFiles } from './block-files.ts'
import { deleteBlock, deleteBytes, findBlock, findBytes, listBlocks, putBlock } from './block-table.ts'
import type { Database } from './database.ts'

export interface RecoveryDeps {
  readonly database: Database
  readonly files: BlockFiles
  readonly clock: Clock
  readonly log: Log
}

export interface RecoveryReport {
  /** Rows whose file was missing, or not of the length written. */
  readonly dropped: number
  /** Files without a row, whole, taken up. */
  readonly adopted: number
  /** Files without a row that did not hash to their name, set aside. */
  readonly setAside: number
}

/** Lengths are compared for blocks put within this time before the newest one, in milliseconds: a crash can only have cut what was new. */
const recentMs = 3_600_000

/** Files without a row read at once; each may be of the longest length, and their rows share commits. */
const parallelFiles = 8

/**
 * Makes rows and files agree after whatever happened: names of all files, lengths of the recent ones. Contents are checked when they are read.
 *
 * A file without a row is one whose put a crash cut off before the row, or a block packed anew: taken up when whole.
 */
export async function recoverBlocks(deps: RecoveryDeps): Promise<RecoveryReport> {
  const present = new Set<string>()
  const unknown: BlockFile[] = []
  for (const file of deps.files.list()) {
    const block = findBlock(deps.database, Buffer.from(file.name, 'hex'))
    if (block === undefined) unknown.push(file)
    else if (block.encoding !== file.encoding) await judgeSecondFile(deps, file, block)
    present.add(file.name)
  }
  const outcomes = await mapBounded(unknown, async (file) => await adopt(deps, file), { concurrency: parallelFiles })
  const adopted = outcomes.filter(Boolean).length
  const setAside = outcomes.length - adopted
  const dropped = await dropAbsent(deps, present)
  if (dropped + adopted + setAside > 0) deps.log.info('blocks were put in order after a crash', { dropped, adopted, setAside })
  return { dropped, adopted, setAside }
}

/** One digest has two files while it is packed anew. The row says which counts, unless that file is not there. */
async function judgeSecondFile(deps: RecoveryDeps, file: BlockFile, block: StoredBlock): Promise<void> {
  if (block.encoding === 'row') {
    await adopt(deps, file)
    return
  }
  const counts = deps.files.sizeNow({ name: file.name, encoding: block.encoding })
  if (counts === block.stored) await deps.files.remove(file)
  else await adopt(deps, file)
}

async function adopt(deps: RecoveryDeps, file: BlockFile): Promise<boolean> {
  const packed = await deps.files.read(file)
  if (packed === undefined) return false
  const bytes = await unpackBlock(file.encoding, packed)
  const digest = new Uint8Array(Buffer.from(file.name, 'hex'))
  if (bytes === undefined || !equalBytes(hashBytes(bytes), digest)) {
    await deps.files.quarantine(file)
    return false
  }
  const block = { digest, size: bytes.byteLength, stored: packed.byteLength, encoding: file.encoding, addedAt: deps.clock.now() }
  await deps.database.write((tx) => {
    deleteBytes(tx, digest)
    putBlock(tx, block)
  })
  return true
}

async function dropAbsent(deps: RecoveryDeps, present: ReadonlySet<string>): Promise<number> {
  const newest = deps.database.get<{ readonly at: number | null }>('select max(added_at) as at from block')?.at ?? 0
  let dropped = 0
  for (const block of listBlocks(deps.database)) {
    const name = Buffer.from(block.digest).toString('hex')
    if (isThere(deps, block, { isNamed: present.has(name), isRecent: block.addedAt >= newest - recentMs })) continue
    // the row may be what is wrong: a file that hashes to its name stays, whatever was written about it
    if (block.encoding !== 'row' && (await adopt(deps, { name, encoding: block.encoding }))) continue
    await deps.database.write((tx) => deleteBlock(tx, block.digest))
    dropped += 1
  }
  return dropped
}

function isThere(
  deps: RecoveryDeps,
  block: StoredBlock,
  { isNamed, isRecent }: { readonly isNamed: boolean; readonly isRecent: boolean },
): boolean {
  if (block.encoding === 'row') return findBytes(deps.database, block.digest) !== undefined
  if (!isNamed || !isRecent) return isNamed
  const file = { name: Buffer.from(block.digest).toString('hex'), encoding: block.encoding }
  return deps.files.sizeNow(file) === block.stored
}
