/** Requests that GitHub lets a token make until an hour is over. @see https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api */
export class FixtureBudget {
  readonly #perHour: number
  readonly #now: () => number
  #resetAt = 0
  /** Requests that are left until then. */
  left = 0

  /** `now`: the forge's wall time in milliseconds. */
  constructor(perHour: number, now: () => number) {
    this.#perHour = perHour
    this.#now = now
    this.#begin()
  }

  isSpent(): boolean {
    this.#begin()
    return this.left === 0
  }

  /** What an answer says of it that costs so many requests. */
  headersAfter(cost: number): Readonly<Record<string, string>> {
    this.#begin()
    this.left = Math.max(this.left - cost, 0)
    return {
      'x-ratelimit-limit': String(this.#perHour),
      'x-ratelimit-remaining': String(this.left),
      'x-ratelimit-used': String(this.#perHour - this.left),
      'x-ratelimit-reset': String(this.#resetAt / 1_000),
    }
  }

  #begin(): void {
    if (this.#now() < this.#resetAt) return
    this.#resetAt = this.#now() + 3_600_000
    this.left = this.#perHour
  }
}
