import type { Clock } from '../lib/clock.ts'
import { hashBytes } from '../lib/cid.ts'
import { equalBytes } from '../lib/bytes.ts'
import type { Log } from '../lib/log.ts'
import type { BlockEncoding } from './block-encoding.ts'
import { maxBlockBytes } from './block-encoding.ts'
import type { Database } from './database.ts'
import { storeFaults } from './faults.ts'

/** Blocks of immutable bytes on our own disk, each under the sha-256 digest (32 bytes) of its plain bytes. */
export interface BlobStore extends AsyncDisposable {
  /**
   * Keeps a block; resolves when it is on disk and known. Putting what is there already renews its `addedAt`.
   *
   * @throws Fault BLOCK_MISMATCH, QUOTA_EXCEEDED, DISK_FULL, DISK_ERROR; nothing partial is left behind
   */
  readonly put: (digest: Uint8Array, bytes: Uint8Array) => Promise<void>
  /**
   * Like `put`, but a block of at most `maxRowBytes` resolves before the fsync: the death of the process loses nothing, a loss of power
   * may lose it until a `Database.write` follows. For what a record written next names; many at once share one fsync.
   */
  readonly putSoon: (digest: Uint8Array, bytes: Uint8Array) => Promise<void>
  /**
   * The verified bytes; undefined when there is no such block.
   *
   * @throws Fault BLOCK_CORRUPT once: the bad file is set aside, the block is absent from then on and may be put again
   */
  readonly get: (digest: Uint8Array) => Promise<Uint8Array | undefined>
  readonly has: (digest: Uint8Array) => boolean
  /** Length of the plain bytes. */
  readonly sizeOf: (digest: Uint8Array) => number | undefined
  /** Whether there was something to remove. */
  readonly remove: (digest: Uint8Array, options?: RemoveOptions) => Promise<boolean>
  /** Every block behind `after`, by digest. May be walked across awaits; what changes meanwhile is seen or not. */
  readonly list: (after?: Uint8Array) => Iterable<StoredBlock>
  /** Compresses a block that lies uncompressed, if it gains from it; whether it did. @throws Fault BLOCK_CORRUPT, DISK_FULL, DISK_ERROR */
  readonly repack: (digest: Uint8Array) => Promise<boolean>
  readonly usage: () => BlobUsage
  /** Damaged files that were set aside and are still there. */
  readonly countQuarantined: () => Promise<number>
  /** Digests, in hexadecimal, of blocks set aside as damaged that have not come back; of the latest that were set aside. */
  readonly listLost: () => Promise<readonly string[]>
}

export interface RemoveOptions {
  /** Removes only what was put (again) before this wall time, so that a collection cannot take a block that came back meanwhile. */
  readonly addedBefore?: number
}

/** How the bytes of a block lie in its file; `row`: plain, in the database. */
export type StoredEncoding = BlockEncoding | 'row'

/** Longest block that lies in the database, in bytes. Below 100 KB that is faster than files; what is longer gains by being compressed. @see https://sqlite.org/fasterthanfs.html */
export const maxRowBytes = 8_192

export interface StoredBlock {
  readonly digest: Uint8Array
  /** Bytes, plain. */
  readonly size: number
  /** Bytes on disk. */
  readonly stored: number
  readonly encoding: StoredEncoding
  /** Wall time of the last put, in milliseconds. */
  readonly addedAt: number
}

export interface BlobUsage {
  readonly blocks: number
  /** Bytes, plain. */
  readonly bytes: number
  /** Bytes on disk. */
  readonly storedBytes: number
  /** 0 is no limit. */
  readonly maxDiskBytes: number
}

export interface BlobStoreDeps {
  readonly database: Database
  /** Made when it is missing. Belongs to this store alone. */
  readonly directory: string
  readonly clock: Clock
  readonly log: Log
}

export interface BlobStoreOptions {
  /** Bytes on disk at most; 0 is no limit. */
  readonly maxDiskBytes: number
  /** Compresses blocks as they are written; else `store optimize` may do so later. */
  readonly compress: boolean
}

/** Refuses bytes that are not those of the digest. @throws Fault BLOCK_MISMATCH */
export function assertBlock(digest: Uint8Array, bytes: Uint8Array): void {
  const name = Buffer.from(digest).toString('hex')
  if (bytes.byteLength > maxBlockBytes) {
    const message = `block ${name} has ${bytes.byteLength} bytes; a block has ${maxBlockBytes} at most: split it`
    throw storeFaults.create('BLOCK_MISMATCH', { message, data: { digest: name, bytes: bytes.byteLength, maxBytes: maxBlockBytes } })
  }
  if (digest.byteLength === 32 && equalBytes(hashBytes(bytes), digest)) return
  const message = `${bytes.byteLength} bytes do not hash to ${name}; ask somebody else for them`
  throw storeFaults.create('BLOCK_MISMATCH', { message, data: { digest: name, bytes: bytes.byteLength } })
}
