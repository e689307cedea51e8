import type { PeerId } from '../identity/keys.ts'
import type { Chance } from '../lib/chance.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { describeError } from '../lib/fault.ts'
import { mapBounded } from '../lib/map-bounded.ts'
import type { PeerBook } from './peer-book.ts'
import type { BackoffLimits } from './rules/backoff.ts'
import { judgeBackoff } from './rules/backoff.ts'

export interface KeeperDeps {
  readonly clock: Clock
  readonly chance: Chance
  readonly log: Log
  readonly peerBook: PeerBook
  /** Makes addresses of a peer known to the dialler. */
  readonly learn: (peer: PeerId, addresses: readonly string[]) => Promise<void>
  readonly dial: (target: string, options: { readonly signal: AbortSignal }) => Promise<unknown>
  readonly countConnected: () => number
  /** Aborted when the host closes. */
  readonly ending: AbortSignal
}

/** Peers of the last run that are dialled at the start; the rest is met through them. */
const maxKnownPeers = 64
/** Dials under way at once, each with a handshake of some milliseconds of one core. */
const dialConcurrency = 8

/** Gets a host into its hive: peers of the last run first, then the bootstrap addresses, these again whenever nobody is connected. */
export class Keeper {
  readonly #deps: KeeperDeps
  readonly #options: BackoffLimits & { readonly bootstrap: readonly string[] }
  #failures = 0

  constructor(deps: KeeperDeps, options: BackoffLimits & { readonly bootstrap: readonly string[] }) {
    this.#deps = deps
    this.#options = options
  }

  /** Dials what is known, and goes on for as long as nobody is connected. */
  async begin(): Promise<void> {
    const known = this.#deps.peerBook.load().slice(0, maxKnownPeers)
    const dialling = mapBounded(
      known,
      async ({ peer, addresses }) => {
        await this.#deps.learn(peer, addresses)
        await this.#try(peer)
      },
      { concurrency: dialConcurrency },
    )
    // At the same time: peers that answer no more cost a time-out each.
    await Promise.all([dialling, this.#round(true)])
  }

  async #round(isFirst: boolean): Promise<void> {
    const { clock, chance, ending } = this.#deps
    if (ending.aborted) return
    if (isFirst || this.#deps.countConnected() === 0) {
      await mapBounded(this.#options.bootstrap, (address) => this.#try(address), { concurrency: dialConcurrency })
      this.#failures = this.#deps.countConnected() === 0 ? this.#failures + 1 : 0
    } else this.#failures = 0
    clock.schedule(judgeBackoff(this.#failures, this.#options, chance.fraction()), () => void this.#round(false))
  }

  async #try(target: string): Promise<void> {
    if (this.#deps.ending.aborted) return
    try {
      await this.#deps.dial(target, { signal: this.#deps.ending })
    } catch (error) {
      this.#deps.log.debug('could not dial', { target, why: describeError(error) })
    }
  }
}
