import { setTimeout as sleepReal } from 'node:timers/promises'

/** The only source of time. Rules take times as values; everything that waits takes a clock. */
export interface Clock {
  /** Wall time in milliseconds since 1970. May jump either way; never used to expire anything that matters. */
  readonly now: () => number
  /** Milliseconds since some start. Never goes back. */
  readonly monotonic: () => number
  /** Calls `wake` once after `ms`, unless the returned function was called before. Does not keep the process alive. */
  readonly schedule: (ms: number, wake: () => void) => () => void
  /** Resolves after `ms`. @throws the signal's reason when it is aborted first */
  readonly sleep: (ms: number, options: { readonly signal: AbortSignal }) => Promise<void>
}

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  schedule: (ms, wake) => {
    const timer = setTimeout(wake, ms)
    timer.unref()
    return () => clearTimeout(timer)
  },
  sleep: async (ms, { signal }) => {
    try {
      await sleepReal(ms, undefined, { signal })
    } catch (error) {
      signal.throwIfAborted()
      throw error
    }
  },
}
