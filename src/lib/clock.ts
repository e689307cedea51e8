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

/** What a timer of the platform can wait, in milliseconds: a longer one would fire at once. @see https://nodejs.org/api/timers.html */
const longestTimerMs = 2_147_483_647

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  schedule: (ms, wake) => {
    let timer: NodeJS.Timeout
    const wait = (left: number): void => {
      timer = setTimeout(() => (left > longestTimerMs ? wait(left - longestTimerMs) : wake()), Math.min(left, longestTimerMs))
      timer.unref()
    }
    wait(ms)
    return () => clearTimeout(timer)
  },
  sleep: async (ms, { signal }) => {
    try {
      for (let left = ms; left > longestTimerMs; left -= longestTimerMs) await sleepReal(longestTimerMs, undefined, { signal })
      await sleepReal(ms > longestTimerMs ? ms % longestTimerMs : ms, undefined, { signal })
    } catch (error) {
      signal.throwIfAborted()
      throw error
    }
  },
}
