import { describeError } from '../../lib/fault.ts'
import type { ContextDeps, ContextOptions } from '../context.ts'
import type { Resealer } from './resealer.ts'
import type { Sealing } from './sealing.ts'
import { readSealKeys } from './seal-view.ts'

export interface SealStewardDeps {
  readonly context: ContextDeps
  readonly sealing: Sealing
  readonly resealer: Resealer
}

/** After so many failures in a row the pause before the next try grows no more. */
const maxDoublings = 8

/**
 * Says this node's key in a hive where context is used, and seals anew what this node wrote once others may open it.
 *
 * A pass comes a while after the first of several changes, and no later ones put it off: whoever changes keys without end delays nobody.
 * What a pass could not seal, for want of its content or of room, the next one tries again.
 */
export class SealSteward implements AsyncDisposable {
  readonly #deps: SealStewardDeps
  readonly #options: Pick<ContextOptions, 'resealDelayMs' | 'maxReseals'>
  readonly #closing = new AbortController()
  readonly #offs: readonly (() => void)[]
  #cancel: (() => void) | undefined
  #cancelRetry: (() => void) | undefined
  /** Passes in a row that left something undone. */
  #failures = 0
  #running: Promise<void> = Promise.resolve()

  constructor(deps: SealStewardDeps, options: Pick<ContextOptions, 'resealDelayMs' | 'maxReseals'>) {
    this.#deps = deps
    this.#options = options
    const { seals, sealKeys, view } = deps.context
    // one key for all hives: what is made for one is said in the others
    const offs = [seals.onRecipients(() => this.#wake()), sealKeys.onMade(() => this.#wake())]
    this.#offs = [...offs, view.onVersion(() => this.#wakeForKey())]
    this.#wake()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const off of this.#offs) off()
    this.#cancel?.()
    this.#cancelRetry?.()
    this.#closing.abort()
    await this.#running
  }

  #wake(): void {
    if (this.#cancel !== undefined || this.#closing.signal.aborted) return
    const { clock, chance } = this.#deps.context
    // nodes that hear the same do not all write at once
    const delay = this.#options.resealDelayMs * (1 + chance.fraction() / 2)
    this.#cancel = clock.schedule(delay, () => {
      this.#cancel = undefined
      this.#running = this.#running.then(() => this.#pass())
    })
  }

  /** What could not be done is tried again, ever more seldom; a change meanwhile is looked at in its own time. */
  #retryLater(): void {
    if (this.#closing.signal.aborted) return
    this.#cancelRetry?.()
    this.#failures += 1
    const delay = this.#options.resealDelayMs * 2 ** Math.min(this.#failures, maxDoublings)
    this.#cancelRetry = this.#deps.context.clock.schedule(delay, () => this.#wake())
  }

  #wakeForKey(): void {
    if (this.#needsKey()) this.#wake()
  }

  /** Whether others may want to seal something to this node, and cannot. */
  #needsKey(): boolean {
    const { database, hive } = this.#deps.context
    return !this.#hasKey() && database.get('select 1 from context_resource where hive = ? and last > 0 limit 1', hive.hive) !== undefined
  }

  #hasKey(): boolean {
    const { database, hive } = this.#deps.context
    return readSealKeys(database, hive.hive).has(hive.node)
  }

  async #pass(): Promise<void> {
    const { signal } = this.#closing
    if (signal.aborted) return
    const { log, hive } = this.#deps.context
    try {
      if (hive.membership.judge(hive.node).verdict !== 'admitted') return
      // where one was said before it may not be the newest any more
      if (this.#hasKey() || this.#needsKey()) await this.#deps.sealing.publish()
      const { resealed, failed } = await this.#deps.resealer.all({ signal, max: this.#options.maxReseals })
      if (resealed.length > 0) log.info('versions were sealed anew, for who may open them changed', { versions: resealed.length })
      for (const { resource, reason } of failed) log.warn('a version could not be sealed anew', { resource, reason })
      if (resealed.length >= this.#options.maxReseals) this.#wake()
      if (failed.length > 0) this.#retryLater()
      else this.#failures = 0
    } catch (error) {
      if (signal.aborted) return
      log.warn('sealed context could not be looked after', { reason: describeError(error) })
      this.#retryLater()
    }
  }
}
