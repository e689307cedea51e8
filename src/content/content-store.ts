import type { HiveId } from '../journal/entry.ts'
import type { Cid } from '../lib/cid.ts'
import { cidOfDigest, createCid, dagCborCodec, digestOfCid, hashBytes, rawCodec } from '../lib/cid.ts'
import type { Clock } from '../lib/clock.ts'
import { Fault } from '../lib/fault.ts'
import type { Log } from '../lib/log.ts'
import { mapBounded } from '../lib/map-bounded.ts'
import type { BlobStore } from '../store/blobs.ts'
import { assertBlock } from '../store/blobs.ts'
import type { Database } from '../store/database.ts'
import type { ChunkList } from './chunks.ts'
import {
  chunkCount,
  chunkDigest,
  chunkLength,
  cutChunks,
  encodeChunkList,
  isListCid,
  maxChunks,
  maxContentBytes,
  parseChunkList,
  singleChunk,
} from './chunks.ts'
import { ChunkListTable } from './chunk-list-table.ts'
import { collectContent } from './collect.ts'
import type { AddOptions, ContentSize, ContentStat, ContentStore, ReadOptions, Reference } from './content.ts'
import { contentFaults } from './faults.ts'
import { HeldContent } from './held-content.ts'
import { PendingCopies } from './pending-copies.ts'
import { readChunks } from './read-chunks.ts'

export interface ContentStoreDeps {
  readonly blobs: BlobStore
  readonly database: Database
  readonly clock: Clock
  readonly log: Log
}

export interface ContentStoreOptions {
  /** Age a block without references must have before it is collected, in milliseconds. */
  readonly graceMs: number
  /** Members that keep a copy of what is published, ourselves counted. */
  readonly replicas: number
}

/** What the exchange and the collector need beside `ContentStore`. */
export interface LocalContentStore extends ContentStore {
  /** Length of content whose list (or only block) is here. */
  readonly sizeOf: (cid: Cid) => number | undefined
  /** The chunks of content whose list (or only block) is here. */
  readonly listOf: (cid: Cid) => ChunkList | undefined
  /** The root block: the list, or the content when it is one block. A list block gone bad is written anew from what is known of it. */
  readonly rootBlock: (cid: Cid) => Promise<Uint8Array | undefined>
  /** Stores a root block from a peer. @throws Fault BLOCK_MISMATCH when the bytes are not those of the CID, CONTENT_INVALID when they are no list */
  readonly putRoot: (cid: Cid, bytes: Uint8Array) => Promise<ChunkList>
  /**
   * Stores root blocks of short content from a peer; all share the fsyncs, and are on disk when it resolves.
   *
   * Gives false when the bytes of one are not those of its CID; the others are stored.
   */
  readonly putShort: (blocks: readonly ShortContent[]) => Promise<boolean>
  /** Stores a chunk; collects what may go when the quota is reached. @throws Fault BLOCK_MISMATCH, DISK_FULL, QUOTA_EXCEEDED */
  readonly putBlock: (digest: Uint8Array, bytes: Uint8Array) => Promise<void>
  readonly hasBlock: (digest: Uint8Array) => boolean
  /** Verified; undefined when it is not here. @throws Fault BLOCK_CORRUPT */
  readonly getBlock: (digest: Uint8Array) => Promise<Uint8Array | undefined>
  /** Whether members of the hive may ask for this content: something in that hive refers to it. */
  readonly isServed: (hive: HiveId, cid: Cid) => boolean
  /** Keeps content under transfer from collection until the returned function is called. */
  readonly hold: (cid: Cid) => () => void
  /** Content that is held, or was added by this process less than the grace age (at least an hour) ago and may still get its record. */
  readonly heldRoots: () => Iterable<Cid>
  /** Whether a block belongs to an add under way. */
  readonly isBeingAdded: (digest: Uint8Array) => boolean
  /** Room that copies for others take before they are here; of all hives, for the disk is one. */
  readonly pendingCopies: PendingCopies
  /** Grows whenever something is referenced or held. */
  readonly generation: () => number
}

/** Content that is one block, under its name. */
export interface ShortContent {
  readonly cid: Cid
  readonly bytes: Uint8Array
}

/** Blocks written at once: they share commits. */
const parallelShort = 64
/** Chunks on their way to the disk at once: more only wait for the same fsyncs. */
const parallelPuts = 4

/** Content over the blobs of a home. */
export function openContentStore(deps: ContentStoreDeps, options: ContentStoreOptions): LocalContentStore {
  return new BlobContentStore(deps, options)
}

class BlobContentStore implements LocalContentStore {
  readonly #deps: ContentStoreDeps
  readonly #options: ContentStoreOptions
  readonly #lists: ChunkListTable
  readonly #held: HeldContent
  readonly pendingCopies = new PendingCopies()
  #references = 0
  /** Grows whenever somebody but an add under way may have come to rely on a block. */
  #stored = 0
  #reclaiming: Promise<unknown> | undefined

  constructor(deps: ContentStoreDeps, options: ContentStoreOptions) {
    this.#deps = deps
    this.#options = options
    this.#lists = new ChunkListTable(deps.database)
    this.#held = new HeldContent(deps.clock, options)
  }

  readonly add: ContentStore['add'] = (source, options) =>
    this.#add(source, { ...options, put: (digest, bytes) => this.#putWith(this.#deps.blobs.put, digest, bytes) })

  readonly addSoon: ContentStore['add'] = (source, options) =>
    this.#add(source, { ...options, put: (digest, bytes) => this.#putWith(this.#deps.blobs.putSoon, digest, bytes) })

  readonly stat = (cid: Cid): ContentStat | undefined => {
    const list = this.listOf(cid)
    if (list === undefined) return undefined
    let presentBytes = 0
    const count = isListCid(cid) ? chunkCount(list.size) : 1
    for (let index = 0; index < count; index += 1) {
      if (this.hasBlock(chunkDigest(list, index))) presentBytes += chunkLength(list.size, index)
    }
    return { cid, size: list.size, isWhole: presentBytes === list.size, presentBytes }
  }

  readonly read = (cid: Cid, options: ReadOptions): AsyncIterable<Uint8Array> => readChunks(this, cid, options)

  readonly reference: ContentStore['reference'] = (tx, { hive, cid, reason, source, until }) => {
    this.#references += 1
    const sql =
      'insert into reference (hive, cid, reason, source, until) values (?, ?, ?, ?, ?) on conflict do update set until = excluded.until'
    tx.run(sql, hive, cid, reason, source, until ?? null)
  }

  readonly dereference: ContentStore['dereference'] = (tx, { hive, cid, reason, source }: Omit<Reference, 'until'>) => {
    tx.run('delete from reference where hive = ? and cid = ? and reason = ? and source = ?', hive, cid, reason, source)
  }

  readonly sizeOf = (cid: Cid): number | undefined => (isListCid(cid) ? this.#lists.sizeOf(cid) : this.#deps.blobs.sizeOf(digestOfCid(cid)))

  readonly listOf = (cid: Cid): ChunkList | undefined => {
    if (isListCid(cid)) return this.#lists.find(cid)
    const size = this.sizeOf(cid)
    return size === undefined ? undefined : singleChunk(cid, size)
  }

  readonly rootBlock = async (cid: Cid): Promise<Uint8Array | undefined> => {
    const digest = digestOfCid(cid)
    if (!isListCid(cid)) return await this.getBlock(digest)
    const bytes = await this.#deps.blobs.get(digest).catch(() => undefined)
    const list = this.listOf(cid)
    if (bytes !== undefined || list === undefined) return bytes
    const again = encodeChunkList(list)
    await this.putBlock(digest, again)
    return again
  }

  readonly putRoot = async (cid: Cid, bytes: Uint8Array): Promise<ChunkList> => {
    const digest = digestOfCid(cid)
    if (!isListCid(cid)) {
      await this.putBlock(digest, bytes)
      return singleChunk(cid, bytes.byteLength)
    }
    // looked at before it is stored: a block of these bytes may be here for another reason, and stays
    assertBlock(digest, bytes)
    const list = parseChunkList(bytes)
    if (list === undefined) {
      throw contentFaults.create('CONTENT_INVALID', {
        message: `${cid} is no list of chunks; whoever published it made it wrong, ask for another version`,
        data: { cid },
      })
    }
    await this.putBlock(digest, bytes)
    await this.#lists.keep(cid, list)
    return list
  }

  readonly putShort = async (blocks: readonly ShortContent[]): Promise<boolean> => {
    this.#stored += 1
    let isHonest = true
    const put = async ({ cid, bytes }: ShortContent): Promise<void> => {
      try {
        await this.#putWith(this.#deps.blobs.putSoon, digestOfCid(cid), bytes)
      } catch (error) {
        if (!(error instanceof Fault) || error.code !== 'BLOCK_MISMATCH') throw error
        isHonest = false
      }
    }
    await mapBounded(blocks, put, { concurrency: parallelShort })
    // one that is put again is waited for until it is on disk, and with it all before it
    const last = blocks.findLast(({ cid }) => this.#deps.blobs.has(digestOfCid(cid)))
    if (last !== undefined) await this.#deps.blobs.put(digestOfCid(last.cid), last.bytes)
    return isHonest
  }

  readonly putBlock = async (digest: Uint8Array, bytes: Uint8Array): Promise<void> => {
    this.#stored += 1
    await this.#putWith(this.#deps.blobs.put, digest, bytes)
  }

  readonly hasBlock = (digest: Uint8Array): boolean => this.#deps.blobs.has(digest)

  readonly getBlock = async (digest: Uint8Array): Promise<Uint8Array | undefined> => await this.#deps.blobs.get(digest)

  readonly isServed = (hive: HiveId, cid: Cid): boolean =>
    this.#deps.database.get('select 1 from reference where hive = ? and cid = ? limit 1', hive, cid) !== undefined

  readonly generation = (): number => this.#references + this.#held.count

  readonly hold = (cid: Cid): (() => void) => this.#held.hold(cid)

  readonly heldRoots = (): Iterable<Cid> => this.#held.roots()

  readonly isBeingAdded = (digest: Uint8Array): boolean => this.#held.isBeingAdded(digest)

  async #add(
    source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
    { signal, expected, put: putChunk }: AddOptions & { readonly put: BlobStore['put'] },
  ): Promise<ContentSize> {
    const digests: Uint8Array[] = []
    const fresh: Uint8Array[] = []
    const storedBefore = this.#stored
    const puts = new Set<Promise<void>>()
    let size = 0
    try {
      for await (const chunk of cutChunks(source)) {
        signal.throwIfAborted()
        if (digests.length === maxChunks) throw tooLong()
        const digest = hashBytes(chunk)
        digests.push(digest)
        if (!this.hasBlock(digest)) fresh.push(digest)
        this.#held.beginAdding(digest)
        size += chunk.byteLength
        const put = putChunk(digest, chunk)
        puts.add(put)
        put.then(
          () => puts.delete(put),
          () => {},
        )
        if (puts.size >= parallelPuts) await Promise.race(puts)
      }
      await Promise.all(puts)
      signal.throwIfAborted()
      return await this.#finish({ size, digests: new Uint8Array(Buffer.concat(digests)) }, expected)
    } catch (error) {
      await Promise.allSettled(puts)
      const isFull = error instanceof Fault && (error.code === 'DISK_FULL' || error.code === 'QUOTA_EXCEEDED')
      const isUseless = isFull || expected !== undefined
      if (isUseless && this.#stored === storedBefore) await this.#giveBack(fresh)
      throw error
    } finally {
      await Promise.allSettled(puts)
      for (const digest of digests) this.#held.endAdding(digest)
    }
  }

  /** What did not fit, or is not what it should be, is of no use: its room is needed at once, not after the grace age. Blocks that another add has meanwhile stay. */
  async #giveBack(fresh: readonly Uint8Array[]): Promise<void> {
    for (const digest of fresh) if (this.#held.addsOf(digest) === 1) await this.#deps.blobs.remove(digest)
  }

  /** The list goes last: what has a list here had all its chunks here. */
  async #finish(list: ChunkList, expected: Cid | undefined): Promise<ContentSize> {
    const isList = chunkCount(list.size) > 1
    const bytes = isList ? encodeChunkList(list) : undefined
    const cid = bytes === undefined ? cidOfDigest(rawCodec, list.digests) : createCid(dagCborCodec, bytes)
    if (expected !== undefined && cid !== expected)
      throw contentFaults.create('CONTENT_MISMATCH', {
        message: `these bytes are ${cid} and not ${expected}; nothing of them is kept`,
        data: { cid, expected },
      })
    if (bytes !== undefined) {
      await this.putBlock(digestOfCid(cid), bytes)
      await this.#lists.keep(cid, list)
    }
    this.#held.added(cid)
    this.#stored += 1
    return { cid, size: list.size }
  }

  async #putWith(put: BlobStore['put'], digest: Uint8Array, bytes: Uint8Array): Promise<void> {
    try {
      await put(digest, bytes)
    } catch (error) {
      if (!(error instanceof Fault) || error.code !== 'QUOTA_EXCEEDED') throw error
      await this.#reclaim()
      await put(digest, bytes)
    }
  }

  /** One collection for all that wait for space. */
  async #reclaim(): Promise<void> {
    this.#reclaiming ??= collectContent(
      { ...this.#deps, content: this },
      { ...this.#options, isDryRun: false, signal: new AbortController().signal },
    ).finally(() => {
      this.#reclaiming = undefined
    })
    await this.#reclaiming
  }
}

function tooLong(): Fault {
  return contentFaults.create('CONTENT_TOO_LARGE', {
    message: `content is longer than ${maxContentBytes} bytes (24 GiB), the most one list can name; split it`,
    data: { maxBytes: maxContentBytes },
  })
}
