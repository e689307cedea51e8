import type { Clock } from '../../lib/clock.ts'
import type { TokenBucket, TokenBucketOptions } from '../../lib/token-bucket.ts'
import { createTokenBucket } from '../../lib/token-bucket.ts'

/** Senders whose rate is remembered; who came first goes. */
const maxSenders = 4_096

/** One rate for each sender. */
export class SenderRates {
  readonly #clock: Clock
  readonly #options: TokenBucketOptions
  readonly #rates = new Map<string, TokenBucket>()

  constructor({ clock }: { readonly clock: Clock }, options: TokenBucketOptions) {
    this.#clock = clock
    this.#options = options
  }

  /** Whether a sender may once more. */
  tryTake(sender: string): boolean {
    const known = this.#rates.get(sender)
    const rate = known ?? createTokenBucket({ clock: this.#clock }, this.#options)
    const [oldest] = this.#rates.keys()
    if (known === undefined && this.#rates.size >= maxSenders && oldest !== undefined) this.#rates.delete(oldest)
    this.#rates.set(sender, rate)
    return rate.tryTake(1)
  }
}
