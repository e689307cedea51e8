import type { Clock } from '../lib/clock.ts'
import { Fault } from '../lib/fault.ts'

export interface AskForgeOptions {
  /** How long it is asked again, in milliseconds. */
  readonly patienceMs: number
  readonly signal: AbortSignal
}

/** Wait before the second try, in milliseconds; doubles with each, to the longest. */
const firstWaitMs = 1_000
const longestWaitMs = 30_000

/** After these nobody knows what became of a request; whoever asks again reads first what is there. */
const passing: readonly string[] = ['FORGE_FAILED', 'FORGE_LIMITED']

/**
 * Asks a forge, and again for a while where it does not answer or wants to be left alone: work that is done is not thrown away for a connection
 * that broke. What is asked must be safe to ask twice.
 *
 * @throws the faults of a forge; the signal's reason
 */
export async function askForge<T>(
  { clock }: { readonly clock: Clock },
  ask: () => Promise<T>,
  { patienceMs, signal }: AskForgeOptions,
): Promise<T> {
  const until = clock.monotonic() + patienceMs
  for (let waitMs = firstWaitMs; ; waitMs = Math.min(2 * waitMs, longestWaitMs)) {
    try {
      return await ask()
    } catch (error) {
      if (!(error instanceof Fault) || !passing.includes(error.code)) throw error
      const wanted = error.data['retryAfterMs']
      const ms = Math.max(waitMs, typeof wanted === 'number' ? wanted : 0)
      if (clock.monotonic() + ms > until) throw error
      await clock.sleep(ms, { signal })
    }
  }
}
