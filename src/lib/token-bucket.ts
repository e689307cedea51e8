import type { Clock } from './clock.ts'

/** A rate that is kept: so many tokens a second, and so many at once. */
export interface TokenBucket {
  /** Resolves when `count` tokens are there, in the order of the calls; more than the burst is waited for as a debt. @throws the signal's reason */
  readonly take: (count: number, options: { readonly signal: AbortSignal }) => Promise<void>
  /** Takes the tokens if they are there now. */
  readonly tryTake: (count: number) => boolean
}

export interface TokenBucketOptions {
  /** Tokens that come in a second; 0 is no cap. */
  readonly perSecond: number
  /** Most tokens that are saved up. */
  readonly burst: number
}

/** Starts full. */
export function createTokenBucket(deps: { readonly clock: Clock }, options: TokenBucketOptions): TokenBucket {
  const { clock } = deps
  const { perSecond, burst } = options
  let tokens = burst
  let filledAt = clock.monotonic()

  const fill = (): void => {
    const now = clock.monotonic()
    tokens = Math.min(burst, tokens + ((now - filledAt) * perSecond) / 1000)
    filledAt = now
  }

  return {
    take: async (count, { signal }) => {
      signal.throwIfAborted()
      if (perSecond === 0) return
      fill()
      tokens -= count
      if (tokens >= 0) return
      try {
        await clock.sleep((-tokens * 1000) / perSecond, { signal })
      } catch (error) {
        tokens += count
        throw error
      }
    },
    tryTake: (count) => {
      if (perSecond === 0) return true
      fill()
      if (tokens < count) return false
      tokens -= count
      return true
    },
  }
}
