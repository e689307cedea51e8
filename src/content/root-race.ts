import type { PeerId } from '../identity/keys.ts'
import type { Cid } from '../lib/cid.ts'
import type { Clock } from '../lib/clock.ts'
import type { ChunkList } from './chunks.ts'
import type { ContentClient } from './client.ts'
import type { LocalContentStore } from './content-store.ts'

export interface RootRaceDeps {
  readonly client: ContentClient
  readonly content: LocalContentStore
  readonly clock: Clock
}

export interface RootRaceOptions {
  readonly cid: Cid
  /** The first one to give it, with what it gave. Called once. */
  readonly onRoot: (from: PeerId, list: ChunkList, bytes: Uint8Array) => void
  readonly onFail: (peer: PeerId, error: unknown) => void
}

/** A second provider is asked when the first has not given the root after this many milliseconds. */
const hedgeMs = 1_000
const maxRunners = 2

/** Gets the root block: from one provider, from a second when the first is slow, from the next when one fails. */
export class RootRace {
  readonly #deps: RootRaceDeps
  readonly #options: RootRaceOptions
  readonly #waiting: PeerId[] = []
  readonly #running = new Map<PeerId, AbortController>()
  #isWon = false

  constructor(deps: RootRaceDeps, options: RootRaceOptions) {
    this.#deps = deps
    this.#options = options
  }

  enter(peer: PeerId): void {
    if (this.#isWon || this.#running.has(peer) || this.#waiting.includes(peer)) return
    this.#waiting.push(peer)
    if (this.#running.size === 0) this.#startNext()
  }

  isUnderWay(): boolean {
    return this.#running.size > 0 || this.#waiting.length > 0
  }

  /** Aborts what is under way. */
  stop(): void {
    this.#isWon = true
    for (const runner of this.#running.values()) runner.abort(new Error('the root is here, or no longer wanted'))
  }

  #startNext(): void {
    const peer = this.#isWon || this.#running.size >= maxRunners ? undefined : this.#waiting.shift()
    if (peer === undefined) return
    const runner = new AbortController()
    this.#running.set(peer, runner)
    const cancelHedge = this.#deps.clock.schedule(hedgeMs, () => this.#startNext())
    void this.#try(peer, runner.signal).finally(cancelHedge)
  }

  async #try(peer: PeerId, signal: AbortSignal): Promise<void> {
    try {
      const bytes = await this.#deps.client.root(peer, this.#options.cid, { signal })
      if (this.#isWon) return
      const list = await this.#deps.content.putRoot(this.#options.cid, bytes)
      this.#running.delete(peer)
      if (this.#isWon) return
      this.stop()
      this.#options.onRoot(peer, list, bytes)
    } catch (error) {
      this.#running.delete(peer)
      if (this.#isWon) return
      this.#startNext()
      this.#options.onFail(peer, error)
    }
  }
}
