import type { PeerId } from '../identity/keys.ts'
import type { Chance } from '../lib/chance.ts'
import type { Clock } from '../lib/clock.ts'
import type { BackoffLimits } from './rules/backoff.ts'
import { isSteady, judgeBackoff } from './rules/backoff.ts'

export interface RedialerDeps {
  readonly clock: Clock
  readonly chance: Chance
  /** Resolves when the peer is connected, however that came about. */
  readonly dial: (peer: PeerId, options: { readonly signal: AbortSignal }) => Promise<unknown>
}

interface Effort {
  failures: number
  connectedAt: number | undefined
  cancel: (() => void) | undefined
}

/** Keeps connections to peers that are to be kept: dials again with a growing, spread delay until it succeeds. */
export class Redialer implements Disposable {
  readonly #deps: RedialerDeps
  readonly #limits: BackoffLimits
  readonly #efforts = new Map<PeerId, Effort>()
  readonly #ending = new AbortController()

  constructor(deps: RedialerDeps, limits: BackoffLimits) {
    this.#deps = deps
    this.#limits = limits
  }

  /** A peer to be kept is connected now. */
  connected(peer: PeerId): void {
    const effort = this.#effort(peer)
    effort.cancel?.()
    effort.cancel = undefined
    effort.connectedAt ??= this.#deps.clock.monotonic()
  }

  /** A peer to be kept is not connected (any more). */
  lost(peer: PeerId): void {
    const effort = this.#effort(peer)
    if (effort.cancel !== undefined || this.#ending.signal.aborted) return
    const { connectedAt } = effort
    effort.connectedAt = undefined
    if (connectedAt !== undefined) {
      effort.failures = isSteady(this.#deps.clock.monotonic() - connectedAt, this.#limits) ? 0 : effort.failures + 1
    }
    this.#schedule(peer, effort)
  }

  /** The peer is not to be kept any more. */
  forget(peer: PeerId): void {
    this.#efforts.get(peer)?.cancel?.()
    this.#efforts.delete(peer)
  }

  [Symbol.dispose](): void {
    this.#ending.abort(new DOMException('the host is closing', 'AbortError'))
    for (const effort of this.#efforts.values()) effort.cancel?.()
    this.#efforts.clear()
  }

  #effort(peer: PeerId): Effort {
    const effort = this.#efforts.get(peer) ?? { failures: 0, connectedAt: undefined, cancel: undefined }
    this.#efforts.set(peer, effort)
    return effort
  }

  #schedule(peer: PeerId, effort: Effort): void {
    const delay = judgeBackoff(effort.failures, this.#limits, this.#deps.chance.fraction())
    effort.cancel = this.#deps.clock.schedule(delay, () => void this.#try(peer, effort))
  }

  async #try(peer: PeerId, effort: Effort): Promise<void> {
    try {
      await this.#deps.dial(peer, { signal: this.#ending.signal })
      effort.cancel = undefined
    } catch {
      // Why a dial failed changes nothing here: the peer is asked again later, and later still.
      if (this.#efforts.get(peer) !== effort || effort.connectedAt !== undefined || this.#ending.signal.aborted) return
      effort.failures += 1
      this.#schedule(peer, effort)
    }
  }
}
