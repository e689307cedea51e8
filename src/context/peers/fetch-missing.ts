import { isListCid } from '../../content/chunks.ts'
import type { Exchange } from '../../content/content.ts'
import type { LocalContentStore } from '../../content/content-store.ts'
import type { PeerId } from '../../identity/keys.ts'
import { describeError } from '../../lib/fault.ts'
import type { Log } from '../../lib/log.ts'
import { mapBounded } from '../../lib/map-bounded.ts'
import type { TokenBucket } from '../../lib/token-bucket.ts'
import type { ContextClient } from './client.ts'
import type { LiveContent } from './live-content.ts'
import { maxNamed, maxSmallBytes } from './protocol.ts'

export interface FetchMissingDeps {
  readonly content: Pick<LocalContentStore, 'stat' | 'putShort'>
  readonly exchange: Pick<Exchange, 'fetch'>
  readonly client: Pick<ContextClient, 'ask'>
  /** Bytes that may be fetched; paid for once they came. */
  readonly rate: TokenBucket
  readonly log: Log
  /** Members to ask for short content, best first. */
  readonly peers: readonly PeerId[]
  /** Who gave wrong bytes is told, and asked no more here. */
  readonly onLiar: (peer: PeerId) => void
}

export interface FetchMissingOptions {
  /** Time for one answer, in milliseconds. */
  readonly askTimeoutMs: number
}

/** Long content fetched at once; each comes from several members by itself. */
const parallelFetches = 2

/** Makes content whole on this disk: short content in batches from one member after the other, long content by the exchange. Gives how many are whole now. */
export async function fetchMissing(
  deps: FetchMissingDeps,
  options: FetchMissingOptions,
  { missing, signal }: { readonly missing: readonly LiveContent[]; readonly signal: AbortSignal },
): Promise<number> {
  const small = missing.filter(({ cid, size }) => size <= maxSmallBytes && !isListCid(cid))
  const large = missing.filter((each) => !small.includes(each))
  let left: readonly LiveContent[] = small
  for (const peer of deps.peers) {
    if (left.length === 0) break
    left = await takeFrom(deps, options, { peer, wanted: left, signal })
  }
  const fetch = async (live: LiveContent): Promise<boolean> => {
    const presentBytes = (): number => deps.content.stat(live.cid)?.presentBytes ?? 0
    const before = presentBytes()
    const isWhole = await isFetched(deps, live, signal)
    // for what came, not for what its writer says: who says much and gives little stops nobody
    await deps.rate.take(Math.max(0, presentBytes() - before), { signal })
    return isWhole
  }
  const fetched = await mapBounded(large, fetch, { concurrency: parallelFetches, signal })
  return small.length - left.length + fetched.filter(Boolean).length
}

async function isFetched(
  { exchange, log }: FetchMissingDeps,
  { cid, size }: Pick<LiveContent, 'cid' | 'size'>,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    await exchange.fetch(cid, { signal, maxBytes: size })
    return true
  } catch (error) {
    signal.throwIfAborted()
    log.debug('content to be kept here could not be fetched', { cid, reason: describeError(error) })
    return false
  }
}

/** What one member gives of short content; the rest is returned. */
async function takeFrom(
  deps: FetchMissingDeps,
  { askTimeoutMs: ms }: FetchMissingOptions,
  { peer, wanted, signal }: { readonly peer: PeerId; readonly wanted: readonly LiveContent[]; readonly signal: AbortSignal },
): Promise<readonly LiveContent[]> {
  const lacking: LiveContent[] = []
  let next = 0
  while (next < wanted.length) {
    const asked = wanted.slice(next, next + maxNamed)
    const answer = await deps.client.ask(peer, { type: 'give', cids: asked.map(({ cid }) => cid) }, { ms, signal })
    if (answer === undefined || answer.contents.length === 0) break
    await deps.rate.take(
      answer.contents.reduce((sum, bytes) => sum + (bytes?.byteLength ?? 0), 0),
      { signal },
    )
    const given = asked.slice(0, answer.contents.length)
    const isHonest = await keepGiven(deps, { peer, given, contents: answer.contents, signal })
    if (!isHonest) break
    lacking.push(...given.filter((_, index) => answer.contents[index] === null))
    next += given.length
  }
  return [...lacking, ...wanted.slice(next).filter(({ cid }) => deps.content.stat(cid)?.isWhole !== true)]
}

interface Given {
  readonly peer: PeerId
  readonly given: readonly LiveContent[]
  readonly contents: readonly (Uint8Array | null)[]
  readonly signal: AbortSignal
}

/** Writes what hashes to its name; false when something did not. */
async function keepGiven({ content, onLiar }: FetchMissingDeps, { peer, given, contents, signal }: Given): Promise<boolean> {
  signal.throwIfAborted()
  const blocks = given.flatMap(({ cid }, index) => {
    const bytes = contents[index] ?? null
    return bytes === null ? [] : [{ cid, bytes }]
  })
  const isHonest = await content.putShort(blocks)
  if (!isHonest) onLiar(peer)
  return isHonest
}
