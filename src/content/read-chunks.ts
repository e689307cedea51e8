import type { Cid } from '../lib/cid.ts'
import type { ChunkList } from './chunks.ts'
import { chunkBytes, chunkDigest } from './chunks.ts'
import type { ReadOptions } from './content.ts'
import { contentFaults } from './faults.ts'

/** What reading needs of the store. */
export interface ChunkSource {
  readonly listOf: (cid: Cid) => ChunkList | undefined
  readonly getBlock: (digest: Uint8Array) => Promise<Uint8Array | undefined>
}

/**
 * The bytes of content from `start` to `end` (exclusive), one verified chunk at a time, the next one read ahead.
 *
 * @throws Fault CONTENT_MISSING, BLOCK_CORRUPT
 */
export async function* readChunks(source: ChunkSource, cid: Cid, options: ReadOptions): AsyncIterable<Uint8Array> {
  const list = source.listOf(cid)
  if (list === undefined) throw missing(cid, 0)
  const start = Math.max(0, options.start ?? 0)
  const end = Math.min(list.size, options.end ?? list.size)
  let next = start < end ? readAhead(source, list, Math.floor(start / chunkBytes)) : undefined
  for (let offset = start; offset < end && next !== undefined;) {
    options.signal.throwIfAborted()
    const index = Math.floor(offset / chunkBytes)
    const chunk = await next
    if (chunk === undefined) throw missing(cid, index)
    const chunkEnd = (index + 1) * chunkBytes
    next = chunkEnd < end ? readAhead(source, list, index + 1) : undefined
    yield chunk.subarray(offset - index * chunkBytes, Math.min(end, chunkEnd) - index * chunkBytes)
    offset = chunkEnd
  }
}

/** A failure is met when the chunk is awaited, also when the reader left before that. */
function readAhead(source: ChunkSource, list: ChunkList, index: number): Promise<Uint8Array | undefined> {
  const read = source.getBlock(chunkDigest(list, index))
  read.catch(() => {})
  return read
}

function missing(cid: Cid, index: number): Error {
  return contentFaults.create('CONTENT_MISSING', {
    message: `chunk ${index} of ${cid} is not on this disk; fetch the content again`,
    data: { cid, chunk: index },
  })
}
