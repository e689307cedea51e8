import type { Chance } from '../../lib/chance.ts'
import type { Clock } from '../../lib/clock.ts'
import { backoffMs } from '../rules/judge-refusal.ts'

/** A lease that waits for its next renewal. */
export interface DueLease {
  /** Milliseconds until its renewal should be sent. */
  readonly renewalDueMs: number
  /** Milliseconds between two of its renewals. */
  readonly renewMs: number
}

interface Waiting extends DueLease {
  readonly wake: () => void
}

/**
 * Brings renewals of one project together: when one lease is due, all that are halfway to their own renewal go along.
 *
 * After one round leases that began at any time are in step, and share a push from then on. A lease that is alone is renewed no earlier
 * than it must be.
 *
 * @see docs/protocols/claims.md §3
 */
export class RenewalRounds {
  readonly #clock: Clock
  readonly #chance: Chance
  readonly #waiting = new Set<Waiting>()

  constructor({ clock, chance }: { readonly clock: Clock; readonly chance: Chance }) {
    this.#clock = clock
    this.#chance = chance
  }

  /** Resolves when a lease is due, or another one is and this one may go along. @throws the signal's reason */
  async untilDue(lease: DueLease, { leastMs, signal }: { readonly leastMs: number; readonly signal: AbortSignal }): Promise<void> {
    const [woken, over] = [Promise.withResolvers<void>(), new AbortController()]
    const waiting: Waiting = {
      get renewalDueMs() {
        return lease.renewalDueMs
      },
      renewMs: lease.renewMs,
      wake: woken.resolve,
    }
    this.#waiting.add(waiting)
    try {
      const due = this.#clock.sleep(Math.max(leastMs, lease.renewalDueMs), { signal: AbortSignal.any([signal, over.signal]) })
      await Promise.race([due, woken.promise])
    } finally {
      this.#waiting.delete(waiting)
      over.abort(new Error('the wait is over'))
    }
    for (const other of this.#waiting) if (other.renewalDueMs <= other.renewMs / 2) other.wake()
  }

  /** Resolves when a lease that was not renewed so many times in a row may be tried again: rule 20, and never later than its next renewal would be. @throws the signal's reason */
  async untilNextTry(
    { renewMs }: DueLease,
    { failures, signal }: { readonly failures: number; readonly signal: AbortSignal },
  ): Promise<void> {
    await this.#clock.sleep(Math.min(renewMs, backoffMs(failures - 1, this.#chance.fraction())), { signal })
  }
}
