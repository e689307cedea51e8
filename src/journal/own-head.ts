import type { Clock } from '../lib/clock.ts'
import { describeError } from '../lib/fault.ts'
import type { Log } from '../lib/log.ts'
import type { Head } from './entry.ts'

export interface OwnHeadDeps {
  readonly clock: Clock
  readonly log: Log
  /** The newest entry we hold of an incarnation of ours, strays included. */
  readonly lastSeq: (incarnation: number) => number
  /** Writes again what peers returned to us, and opens a new incarnation if it must. False: later again. */
  readonly mend: (how: MendOptions) => Promise<boolean>
}

export interface MendOptions {
  /** Opens a new incarnation whatever is known. */
  readonly openNew: boolean
  /** What should have come by now has not. */
  readonly isLate: boolean
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
  #isClosed = false
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
    if (!this.#isSettled && !this.#isBehind()) void this.#mend({ openNew: false, isLate: false })
  }

  /** Entries of ours came back from a peer. */
  progress(): void {
    if (this.#isBehind()) return this.#wait()
    this.#stopWaiting()
    void this.#mend({ openNew: false, isLate: false })
  }

  close(): void {
    this.#isClosed = true
    this.#stopWaiting()
    this.#settle()
  }

  #isBehind(): boolean {
    return [...this.#claims].some(([incarnation, seq]) => seq > this.#deps.lastSeq(incarnation))
  }

  #wait(): void {
    if (this.#cancel !== undefined || this.#isClosed) return
    this.#cancel = this.#deps.clock.schedule(this.#options.ownHeadTimeoutMs, () => this.#giveUp())
  }

  #giveUp(): void {
    this.#cancel = undefined
    const isFirst = !this.#isSettled
    if (isFirst) this.#deps.log.warn('nobody returned what this backup lacks in time; going on in a new incarnation')
    this.#claims.clear()
    void this.#mend({ openNew: isFirst, isLate: true })
  }

  async #mend(how: MendOptions): Promise<void> {
    try {
      const isDone = await this.#deps.mend(how)
      if (isDone || this.#isClosed) this.#settle()
      else this.#wait()
    } catch (error) {
      this.#deps.log.error('our journal could not be mended and is tried again', { error: describeError(error) })
      this.#wait()
    }
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
