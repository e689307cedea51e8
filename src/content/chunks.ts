import { decodeCanonical, encodeCanonical } from '../lib/canonical.ts'
import type { Cid } from '../lib/cid.ts'
import { codecOfCid, digestOfCid, digestOfLink, linkOfDigest, rawCodec } from '../lib/cid.ts'

/** Length of every chunk but the last, and of the longest content that is one block. @see docs/protocols/content.md §1 */
export const chunkBytes = 1_048_576

/** Most chunks of one content: 24 GiB. Its list is then 1,007,644 bytes long, so a list block never exceeds the length of a chunk. */
export const maxChunks = 24_576
/** Longest content, in bytes. */
export const maxContentBytes = maxChunks * chunkBytes

/** What a list block says. */
export interface ChunkList {
  /** Length of the content in bytes. */
  readonly size: number
  /** SHA-256 of each chunk, 32 bytes each, one after the other. */
  readonly digests: Uint8Array
}

/** Whether content is one raw block, or a list of them. */
export function isListCid(cid: Cid): boolean {
  return codecOfCid(cid) !== rawCodec
}

/** How many chunks content of `size` bytes has. */
export function chunkCount(size: number): number {
  return Math.ceil(size / chunkBytes)
}

/** Length of chunk `index` of content of `size` bytes. */
export function chunkLength(size: number, index: number): number {
  return Math.min(chunkBytes, size - index * chunkBytes)
}

/** The digest of one chunk: a view, not a copy. */
export function chunkDigest(list: ChunkList, index: number): Uint8Array {
  return list.digests.subarray(index * 32, index * 32 + 32)
}

/** The list block of content: canonical dag-cbor `{v: 1, size, chunks: [raw links]}`. */
export function encodeChunkList(list: ChunkList): Uint8Array {
  const chunks = Array.from({ length: chunkCount(list.size) }, (_, index) => linkOfDigest(rawCodec, chunkDigest(list, index)))
  return encodeCanonical({ v: 1, size: list.size, chunks })
}

/**
 * Reads a list block from outside; undefined unless it is the one list its size allows.
 *
 * Chunks are raw blocks, so a list cannot name a list, and so not itself. The number of chunks follows from the size,
 * and content that fits one block has no list: the same bytes have one name.
 */
export function parseChunkList(bytes: Uint8Array): ChunkList | undefined {
  const decoded = decodeCanonical(bytes, { maxBytes: chunkBytes, maxDepth: 4 })?.value
  if (decoded === null || typeof decoded !== 'object' || Object.keys(decoded).join() !== 'v,size,chunks') return undefined
  const { v, size, chunks } = decoded as Record<string, unknown>
  if (v !== 1 || typeof size !== 'number' || !Number.isSafeInteger(size) || !Array.isArray(chunks)) return undefined
  if (size <= chunkBytes || chunks.length > maxChunks || chunks.length !== chunkCount(size)) return undefined
  const digests = new Uint8Array(chunks.length * 32)
  for (const [index, link] of chunks.entries()) {
    const digest = digestOfLink(link, rawCodec)
    if (digest === undefined) return undefined
    digests.set(digest, index * 32)
  }
  return { size, digests }
}

/** What chunk 0 of content that is one raw block is called. */
export function singleChunk(cid: Cid, size: number): ChunkList {
  return { size, digests: digestOfCid(cid) }
}

/** Cuts a stream into chunks of `chunkBytes`, the last one shorter; an empty stream gives one empty chunk. Never holds more than one chunk. */
export async function* cutChunks(source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncIterable<Uint8Array> {
  let chunk = new Uint8Array(0)
  let filled = 0
  let isFirst = true
  for await (const piece of source) {
    for (let taken = 0; taken < piece.byteLength;) {
      if (filled === chunkBytes) {
        yield chunk
        isFirst = false
        chunk = new Uint8Array(chunkBytes)
        filled = 0
      }
      const part = piece.subarray(taken, taken + chunkBytes - filled)
      chunk = withRoom(chunk, filled, part.byteLength)
      chunk.set(part, filled)
      filled += part.byteLength
      taken += part.byteLength
    }
  }
  if (filled > 0 || isFirst) yield chunk.subarray(0, filled)
}

/** A chunk with room for `more` bytes behind the filled ones: most content is far shorter than a chunk, and a megabyte for each is what a put would wait for. */
function withRoom(chunk: Uint8Array<ArrayBuffer>, filled: number, more: number): Uint8Array<ArrayBuffer> {
  if (filled + more <= chunk.byteLength) return chunk
  const grown = new Uint8Array(Math.min(chunkBytes, Math.max(filled + more, chunk.byteLength * 2)))
  grown.set(chunk.subarray(0, filled))
  return grown
}
