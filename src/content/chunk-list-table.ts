import type { Cid } from '../lib/cid.ts'
import { digestOfCid } from '../lib/cid.ts'
import type { Database } from '../store/database.ts'
import type { ChunkList } from './chunks.ts'

/** Parsed lists kept in memory; the longest is 786,432 bytes. */
const maxCachedLists = 16

/** The lists of chunks that are here, by the CID of each. */
export class ChunkListTable {
  readonly #database: Database
  readonly #known = new Map<Cid, ChunkList>()

  constructor(database: Database) {
    this.#database = database
  }

  /** Length of the content that the list names, in bytes; undefined when the list is not here. */
  sizeOf(cid: Cid): number | undefined {
    return this.#database.get<{ size: number }>('select size from chunk_list where digest = ?', digestOfCid(cid))?.size
  }

  find(cid: Cid): ChunkList | undefined {
    // The size is asked for even when the list is known: a collection takes the row away.
    const size = this.sizeOf(cid)
    if (size === undefined) return undefined
    const known = this.#known.get(cid)
    if (known !== undefined) return known
    const row = this.#database.get<{ chunks: Uint8Array }>('select chunks from chunk_list where digest = ?', digestOfCid(cid))
    if (row === undefined) return undefined
    const list = { size, digests: new Uint8Array(row.chunks) }
    this.#remember(cid, list)
    return list
  }

  async keep(cid: Cid, list: ChunkList): Promise<void> {
    await this.#database.write((tx) =>
      tx.run('insert or ignore into chunk_list (digest, size, chunks) values (?, ?, ?)', digestOfCid(cid), list.size, list.digests),
    )
    this.#remember(cid, list)
  }

  #remember(cid: Cid, list: ChunkList): void {
    const oldest = this.#known.keys().next().value
    if (this.#known.size >= maxCachedLists && oldest !== undefined) this.#known.delete(oldest)
    this.#known.set(cid, list)
  }
}
