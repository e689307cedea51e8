import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import type { Head } from './entry.ts'

export interface OwnHeadDeps {
  readonly clock: Clock
  readonly log: Log
  /** The newest entry we hold of an incarnation of ours, strays included. */
  readonly lastSeq: (incarnation: number) => number
  /** Writes again what peers returned to us, and opens a new incarnation if it must. */
  readonly mend: (how: { readonly openNew: boolean }) => Promise<void>
}

export interface OwnHeadOptions {
  readonly isRestored: boolean
  /** How long to wait for peers to say, and then to send, what they have of us. */
  readonly ownHeadTimeoutMs: number
}

/**
 * Finds out whether others have more of our own journal than we do.
 *
 * After a restore nothing is appended before that is known, or nobody answered in time. Otherwise appending goes on, and
 * what comes back later is mended. A peer that lies about our head costs one waiting time.
 */
export class OwnHead {
  readonly #deps: OwnHeadDeps
  readonly #options: OwnHeadOptions
  readonly #claims = new Map<number, number>()
  readonly #settled = Promise.withResolvers<void>()
  #isSettled = false
  #cancel: (() => void) | undefined

  constructor(deps: OwnHeadDeps, options: OwnHeadOptions) {
    this.#deps = deps
    this.#options = options
    if (options.isRestored) this.#cancel = deps.clock.schedule(options.ownHeadTimeoutMs, () => this.#giveUp())
    else this.#settle()
  }

  /** Resolves when appending is safe. */
  get settled(): Promise<void> {
    return this.#settled.promise
  }

  /** A peer said how far it knows us. */
  claim(head: Head | undefined): void {
    if (head !== undefined && head.seq > this.#deps.lastSeq(head.incarnation)) {
      this.#claims.set(head.incarnation, Math.max(head.seq, this.#claims.get(head.incarnation) ?? 0))
      this.#wait()
      return
    }
    if (!this.#isSettled && !this.#isBehind()) void this.#deps.mend({ openNew: false }).then(() => this.#settle())
  }

  /** Entries of ours came back from a peer. */
  progress(): void {
    if (this.#isBehind()) return this.#wait()
    this.#stopWaiting()
    void this.#deps.mend({ openNew: false }).then(() => this.#settle())
  }

  close(): void {
    this.#stopWaiting()
    this.#settle()
  }

  #isBehind(): boolean {
    return [...this.#claims].some(([incarnation, seq]) => seq > this.#deps.lastSeq(incarnation))
  }

  #wait(): void {
    if (this.#cancel !== undefined) return
    this.#cancel = this.#deps.clock.schedule(this.#options.ownHeadTimeoutMs, () => this.#giveUp())
  }

  #giveUp(): void {
    this.#cancel = undefined
    const isFirst = !this.#isSettled
    if (isFirst) this.#deps.log.warn('nobody returned what this backup lacks in time; going on in a new incarnation')
    this.#claims.clear()
    void this.#deps.mend({ openNew: isFirst }).then(() => this.#settle())
  }

  #stopWaiting(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }

  #settle(): void {
    this.#isSettled = true
    this.#settled.resolve()
  }
}
