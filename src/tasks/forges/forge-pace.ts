import type { Clock } from '../../lib/clock.ts'
import { untilAborted } from '../../lib/deadline.ts'
import { tasksFaults } from '../faults.ts'
import { untoldPause } from '../rules/forge-limits.ts'

interface Waiting {
  readonly signal: AbortSignal
}

export interface ForgePaceOptions {
  /** Least time between two changes, in milliseconds. */
  readonly writeGapMs: number
  /** A pause that a forge asks for is waited for when it ends within this time, in milliseconds; a longer one is told at once. */
  readonly maxPauseMs: number
}

/** When something may be sent with one token: F20. All projects of a forge on this node share one. */
export class ForgePace {
  readonly #clock: Clock
  readonly #options: ForgePaceOptions
  #pausedUntil = 0
  /** Pauses without a time since the last answer that was none of these. */
  #untold = 0
  #nextWrite = 0
  #queue: Promise<unknown> = Promise.resolve()

  constructor({ clock }: { readonly clock: Clock }, options: ForgePaceOptions) {
    this.#clock = clock
    this.#options = options
  }

  /** Nothing is sent for so long, by what the forge said. */
  pause(ms: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, this.#clock.monotonic() + ms)
  }

  /** Nothing is sent for a while that the forge did not name, longer each time it says so again; gives how long, in milliseconds. */
  pauseUntold(): number {
    const left = this.#pausedUntil - this.#clock.monotonic()
    // what went out before the pause and was refused with it is no new refusal
    if (left > 0) return Math.ceil(left)
    const ms = untoldPause(this.#untold)
    this.#untold += 1
    this.pause(ms)
    return ms
  }

  /** The forge did what was asked. */
  succeed(): void {
    if (this.#pausedUntil <= this.#clock.monotonic()) this.#untold = 0
  }

  /** Sends a question. @throws Fault FORGE_LIMITED */
  async read<T>(send: () => Promise<T>, { signal }: Waiting): Promise<T> {
    await this.untilOpen({ signal })
    return send()
  }

  /** Sends a change, after those before it, each with its answer. @throws Fault FORGE_LIMITED */
  async write<T>(send: () => Promise<T>, { signal }: Waiting): Promise<T> {
    const before = this.#queue
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#queue = before.then(() => promise)
    try {
      await untilAborted(before, signal)
      const wait = this.#nextWrite - this.#clock.monotonic()
      if (wait > 0) await this.#clock.sleep(wait, { signal })
      await this.untilOpen({ signal })
      try {
        return await send()
      } finally {
        this.#nextWrite = this.#clock.monotonic() + this.#options.writeGapMs
      }
    } finally {
      resolve()
    }
  }

  /** Waits until nothing keeps us from sending. @throws Fault FORGE_LIMITED when that is long */
  async untilOpen({ signal }: Waiting): Promise<void> {
    for (;;) {
      const wait = this.#pausedUntil - this.#clock.monotonic()
      if (wait <= 0) return
      if (wait > this.#options.maxPauseMs)
        throw tasksFaults.create('FORGE_LIMITED', {
          message: `the forge asks for a pause of ${Math.ceil(wait / 1_000)} more seconds; nothing is sent until then`,
          data: { retryAfterMs: Math.ceil(wait) },
        })
      await this.#clock.sleep(wait, { signal })
    }
  }
}
