import type { PeerId } from '../identity/keys.ts'
import type { HiveId } from '../journal/entry.ts'
import type { Cid } from '../lib/cid.ts'
import type { Clock } from '../lib/clock.ts'
import { untilAborted } from '../lib/deadline.ts'
import type { TokenBucket } from '../lib/token-bucket.ts'
import type { Channel, ChannelHandler } from '../network/host.ts'
import { chunkBytes, chunkCount, chunkDigest, isListCid } from './chunks.ts'
import type { LocalContentStore } from './content-store.ts'
import { IdleWatch } from './idle-watch.ts'
import type { Permits } from './permits.ts'
import { cutPieces } from './pieces.ts'
import type { Answer, Request } from './protocol.ts'
import { encodeAnswer, parseRequest } from './protocol.ts'
import { createBitmap } from './rules/bitmap.ts'

export interface ServeDeps {
  readonly hive: HiveId
  readonly content: LocalContentStore
  readonly clock: Clock
  readonly upload: TokenBucket
  /** Answers that are being sent, of all peers together: bounds the memory that slow readers can hold. */
  readonly slots: Permits
  readonly keep: (peer: PeerId, request: Extract<Request, { t: 'keep' }>, options: { readonly signal: AbortSignal }) => Promise<Answer>
  /** Told when a block of ours turned out to be corrupt, or lacking. */
  readonly onBadBlock: (root: Cid) => void
}

export interface ServeOptions {
  /** A peer that asks nothing, or takes nothing, for this long is cut. */
  readonly idleTimeoutMs: number
}

/** Blocks read from disk before the one under way is sent. */
const readAheadBlocks = 2
const possessionMs = 1_000
const maxPossessions = 64

/**
 * Answers one channel: a request, its answer, the next. What a peer asks ahead waits in its own channel, so a flood of
 * requests costs nothing but that channel.
 */
export function createContentHandler(deps: ServeDeps, options: ServeOptions): ChannelHandler {
  const possessions: Answering['possessions'] = new Map()
  return async (channel, { signal }) => {
    using watch = new IdleWatch(deps.clock, { ms: options.idleTimeoutMs, signal })
    for (;;) {
      const bytes = await watch.wait((idle) => channel.receive({ signal: idle }))
      if (bytes === undefined) return
      const request = parseRequest(bytes)
      if (request === undefined) throw new Error('what came is no request of this protocol')
      if (request.t === 'keep') await channel.send(encodeAnswer(await deps.keep(channel.peer, request, { signal })))
      else
        await answer(
          {
            ...deps,
            possessions,
            channel,
            send: (piece) => watch.wait((idle) => untilAborted(channel.send(piece), idle)),
            signal,
          },
          request,
        )
    }
  }
}

interface Answering extends ServeDeps {
  readonly possessions: Map<Cid, { readonly answer: Answer; readonly at: number }>
  readonly channel: Channel
  readonly send: (bytes: Uint8Array) => Promise<void>
  readonly signal: AbortSignal
}

/** Content that nothing in this hive refers to is "absent", whether it is here or not. */
async function answer(to: Answering, request: Exclude<Request, { t: 'keep' }>): Promise<void> {
  const { id, root } = request
  if (!to.content.isServed(to.hive, root)) return await to.send(encodeAnswer({ t: 'no', id, why: 'absent' }))
  if (request.t === 'have') return await to.send(encodeAnswer(describePossession(to, id, root)))
  const release = to.slots.tryAcquire()
  if (release === undefined) return await to.send(encodeAnswer({ t: 'no', id, why: 'busy' }))
  try {
    await (request.t === 'root' ? sendRoot(to, id, root) : sendRange(to, request))
  } finally {
    release()
  }
}

/** Counting the chunks of a long list takes time: an answer is good for a second. */
function describePossession(to: Answering, id: number, root: Cid): Answer {
  const now = to.clock.monotonic()
  const known = to.possessions.get(root)
  if (known !== undefined && now - known.at < possessionMs) return { ...known.answer, id }
  const counted = countPossession(to, id, root)
  const [oldest] = to.possessions.keys()
  if (to.possessions.size >= maxPossessions && oldest !== undefined) to.possessions.delete(oldest)
  to.possessions.set(root, { answer: counted, at: now })
  return counted
}

function countPossession(to: Answering, id: number, root: Cid): Answer {
  const stat = to.content.stat(root)
  const list = to.content.listOf(root)
  if (stat === undefined || list === undefined || (stat.presentBytes === 0 && stat.size > 0)) return { t: 'no', id, why: 'absent' }
  if (stat.isWhole) return { t: 'have', id, size: stat.size }
  return {
    t: 'have',
    id,
    size: stat.size,
    blocks: createBitmap(chunkCount(list.size), (index) => to.content.hasBlock(chunkDigest(list, index))),
  }
}

async function sendRoot(to: Answering, id: number, root: Cid): Promise<void> {
  const block = await to.content.rootBlock(root).catch(() => undefined)
  if (block === undefined) {
    to.onBadBlock(root)
    return await to.send(encodeAnswer({ t: 'no', id, why: 'absent' }))
  }
  await to.send(encodeAnswer({ t: 'root', id, size: block.byteLength }))
  await sendBlock(to, block)
}

async function sendRange(to: Answering, { id, root, from, count }: Extract<Request, { t: 'get' }>): Promise<void> {
  const list = isListCid(root) ? to.content.listOf(root) : undefined
  if (list === undefined) return await to.send(encodeAnswer({ t: 'no', id, why: 'absent' }))
  const digests = Array.from({ length: Math.max(0, Math.min(count, chunkCount(list.size) - from)) }, (_, index) =>
    chunkDigest(list, from + index),
  )
  const lacking = digests.findIndex((digest) => !to.content.hasBlock(digest))
  const given = lacking === -1 ? digests : digests.slice(0, lacking)
  await to.send(encodeAnswer({ t: 'get', id, count: given.length }))
  const ahead = given.slice(0, readAheadBlocks).map((digest) => readBlock(to, digest))
  for (const [index] of given.entries()) {
    const next = given[index + readAheadBlocks]
    if (next !== undefined) ahead.push(readBlock(to, next))
    const block = await ahead.shift()
    if (block === undefined) {
      to.onBadBlock(root)
      return await to.send(new Uint8Array())
    }
    await sendBlock(to, block)
  }
}

async function readBlock(to: Answering, digest: Uint8Array): Promise<Uint8Array | undefined> {
  return await to.content.getBlock(digest).catch(() => undefined)
}

async function sendBlock(to: Answering, block: Uint8Array): Promise<void> {
  if (block.byteLength > chunkBytes) throw new Error('a block longer than a chunk is not ours')
  for (const piece of cutPieces(block)) {
    await to.upload.take(piece.byteLength, { signal: to.signal })
    await to.send(piece)
  }
}
