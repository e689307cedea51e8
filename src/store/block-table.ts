import type { BlockEncoding } from './block-encoding.ts'
import type { StoredBlock } from './blobs.ts'
import type { Reader, Transaction } from './database.ts'

interface BlockRow {
  readonly digest: Uint8Array
  readonly size: number
  readonly stored: number
  readonly encoding: BlockEncoding
  readonly added_at: number
}

/** Rows read at once while walking the table. */
const pageRows = 512

/** What is known of one block. */
export function findBlock(reader: Reader, digest: Uint8Array): StoredBlock | undefined {
  const row = reader.get<BlockRow>('select digest, size, stored, encoding, added_at from block where digest = ?', digest)
  return row === undefined ? undefined : toBlock(row)
}

/** Writes what is known of one block, over what was known before. */
export function putBlock(tx: Transaction, block: StoredBlock): void {
  tx.run(
    'insert or replace into block (digest, size, stored, encoding, added_at) values (?, ?, ?, ?, ?)',
    block.digest,
    block.size,
    block.stored,
    block.encoding,
    block.addedAt,
  )
}

/** Whether there was a row to delete. */
export function deleteBlock(tx: Transaction, digest: Uint8Array): boolean {
  return tx.run('delete from block where digest = ?', digest) > 0
}

/** Every block after `after`, by digest, page by page: no statement stays open between two steps. */
export function* listBlocks(reader: Reader, after: Uint8Array = new Uint8Array(0)): Iterable<StoredBlock> {
  let last = after
  for (;;) {
    const rows = reader.all<BlockRow>(
      'select digest, size, stored, encoding, added_at from block where digest > ? order by digest limit ?',
      last,
      pageRows,
    )
    for (const row of rows) yield toBlock(row)
    const end = rows.at(-1)
    if (end === undefined || rows.length < pageRows) return
    last = end.digest
  }
}

/** What all blocks come to. */
export interface BlockSums {
  blocks: number
  /** Plain. */
  bytes: number
  /** Bytes on disk. */
  stored: number
}

/** What all blocks come to, read row by row. */
export function sumBlocks(reader: Reader): Readonly<BlockSums> {
  const sums = 'select count(*) as blocks, coalesce(sum(size), 0) as bytes, coalesce(sum(stored), 0) as stored from block'
  return reader.get(sums) ?? { blocks: 0, bytes: 0, stored: 0 }
}

/** Blocks that are kept compressed. */
export function countPackedBlocks(reader: Reader): number {
  return reader.get<{ readonly count: number }>("select count(*) as count from block where encoding <> 'raw'")?.count ?? 0
}

function toBlock(row: BlockRow): StoredBlock {
  return { digest: row.digest, size: row.size, stored: row.stored, encoding: row.encoding, addedAt: row.added_at }
}
