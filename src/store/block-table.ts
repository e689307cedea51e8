import type { StoredBlock, StoredEncoding } from './blobs.ts'
import type { Reader, Transaction } from './database.ts'

interface BlockRow {
  readonly digest: Uint8Array
  readonly size: number
  readonly stored: number
  readonly encoding: StoredEncoding
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

/** Writes a block whose bytes lie in the database too. */
export function putWholeBlock(tx: Transaction, block: StoredBlock, bytes: Uint8Array): void {
  putBlock(tx, block)
  tx.run('insert or replace into block_bytes (digest, bytes) values (?, ?)', block.digest, bytes)
}

/** The bytes of a block that lie in the database. */
export function findBytes(reader: Reader, digest: Uint8Array): Uint8Array | undefined {
  return reader.get<{ readonly bytes: Uint8Array }>('select bytes from block_bytes where digest = ?', digest)?.bytes
}

/** Lets bytes in the database go; of a block that has a file there are none. */
export function deleteBytes(tx: Transaction, digest: Uint8Array): void {
  tx.run('delete from block_bytes where digest = ?', digest)
}

/** Whether there was a row to delete. */
export function deleteBlock(tx: Transaction, digest: Uint8Array): boolean {
  deleteBytes(tx, digest)
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
  return reader.get<{ readonly count: number }>("select count(*) as count from block where encoding in ('zstd', 'gzip')")?.count ?? 0
}

function toBlock(row: BlockRow): StoredBlock {
  return { digest: row.digest, size: row.size, stored: row.stored, encoding: row.encoding, addedAt: row.added_at }
}
