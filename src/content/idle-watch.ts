import type { Clock } from '../lib/clock.ts'
import type { WithinOptions } from './within.ts'

/**
 * Ends waits that last too long, one after the other: one timer and one signal for all of them. Those of `within` for each
 * 256 KiB were a tenth of what serving costs.
 */
export class IdleWatch implements Disposable {
  readonly #clock: Clock
  readonly #ms: number
  readonly #late = new AbortController()
  readonly #signal: AbortSignal
  #waitingSince: number | undefined
  #cancel: (() => void) | undefined

  constructor(clock: Clock, { ms, signal }: WithinOptions) {
    this.#clock = clock
    this.#ms = ms
    this.#signal = AbortSignal.any([signal, this.#late.signal])
  }

  /** Runs one wait with a signal that is aborted when it lasts longer than `ms`. One at a time. @throws TimeoutError, the signal's reason */
  async wait<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    this.#waitingSince = this.#clock.monotonic()
    if (this.#cancel === undefined) this.#arm(this.#ms)
    try {
      return await work(this.#signal)
    } finally {
      this.#waitingSince = undefined
    }
  }

  [Symbol.dispose](): void {
    this.#cancel?.()
    this.#cancel = undefined
  }

  #arm(ms: number): void {
    this.#cancel = this.#clock.schedule(ms, () => {
      this.#cancel = undefined
      if (this.#waitingSince === undefined) return
      const left = this.#waitingSince + this.#ms - this.#clock.monotonic()
      if (left > 0) this.#arm(left)
      else this.#late.abort(new DOMException(`nothing moved for ${this.#ms} ms`, 'TimeoutError'))
    })
  }
}
