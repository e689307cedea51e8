import type { Exchange } from '../../content/content.ts'
import type { LocalContentStore } from '../../content/content-store.ts'
import type { Log } from '../../lib/log.ts'
import { describeError } from '../../lib/fault.ts'
import type { TokenBucket } from '../../lib/token-bucket.ts'
import type { LiveContent } from './live-content.ts'

export interface ScrubDeps {
  readonly content: LocalContentStore
  readonly exchange: Exchange
  readonly rate: TokenBucket
  readonly log: Log
}

/** Reads content that is here again; what has gone bad is fetched from members. */
export async function scrubContent(
  { content, exchange, rate, log }: ScrubDeps,
  contents: readonly LiveContent[],
  { signal }: { readonly signal: AbortSignal },
): Promise<void> {
  for (const { cid } of contents) {
    const stat = content.stat(cid)
    if (stat?.isWhole !== true) continue
    await rate.take(stat.size, { signal })
    try {
      for await (const _ of content.read(cid, { signal })) signal.throwIfAborted()
    } catch (error) {
      signal.throwIfAborted()
      log.warn('content of a version has gone bad on this disk and is fetched again', { cid, reason: describeError(error) })
      await exchange.fetch(cid, { signal, maxBytes: stat.size }).catch((reason: unknown) => {
        signal.throwIfAborted()
        log.warn('content of a version has gone bad on this disk, and nobody gave it again', { cid, reason: describeError(reason) })
      })
    }
  }
}
