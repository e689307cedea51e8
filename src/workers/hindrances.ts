import type { Clock } from '../lib/clock.ts'
import type { Hindrance } from './rules/hindrance.ts'
import { meetHindrance } from './rules/hindrance.ts'

export interface HindrancesDeps {
  readonly clock: Clock
  /** What can be known beforehand: a budget that is spent. Undefined where there is nothing to ask. */
  readonly findHindrance?: (() => string | undefined) | undefined
}

/**
 * What keeps this node from working on anything at all: its model is down, its budget of the day is spent, its disk is full.
 *
 * Nothing is claimed meanwhile. A model that is down would else go through a whole backlog, task by task.
 */
export class Hindrances {
  readonly #deps: HindrancesDeps
  readonly #pollMs: number
  #met: Hindrance | undefined

  constructor(deps: HindrancesDeps, { pollMs }: { readonly pollMs: number }) {
    this.#deps = deps
    this.#pollMs = pollMs
  }

  /** Why nothing is to be claimed now; undefined when it may be tried. */
  get reason(): string | undefined {
    const met = this.#met !== undefined && this.#deps.clock.monotonic() < this.#met.until ? this.#met.reason : undefined
    return met ?? this.#deps.findHindrance?.()
  }

  /** A task was given back because of it. */
  meet(reason: string): void {
    this.#met = meetHindrance(this.#met, { reason, now: this.#deps.clock.monotonic(), pollMs: this.#pollMs })
  }

  /** Work came to an end of its own: the next hindrance is a new one. One that is waited out is waited out all the same. */
  pass(): void {
    if (this.#met !== undefined && this.#deps.clock.monotonic() >= this.#met.until) this.#met = undefined
  }

  /** A person says to try again. */
  clear(): void {
    this.#met = undefined
  }
}
