import type { MarketExchange } from '../market.ts'
import type { Cid } from '../../lib/cid.ts'
import type { Clock } from '../../lib/clock.ts'
import { withDeadline } from '../../lib/deadline.ts'
import { mapBounded } from '../../lib/map-bounded.ts'
import type { HiveId } from '../../journal/entry.ts'

/** How many connected members hold something, and when that was asked. */
export interface ProviderCount {
  readonly providers: number
  /** Wall time in milliseconds. */
  readonly asOf: number
}

export interface ProviderCounterDeps {
  readonly clock: Clock
}

export interface ProviderCounterOptions {
  /** A count older than this is asked for again, in milliseconds. */
  readonly providersAgeMs: number
  /** Time for all counts of one search, in milliseconds. */
  readonly providersTimeoutMs: number
}

export interface CountRequest {
  readonly hive: HiveId
  readonly exchange: MarketExchange | undefined
  readonly cids: readonly Cid[]
  readonly signal: AbortSignal
}

/** Counts kept; the oldest goes first. */
const maxCounts = 10_000
/** Questions under way at once: each asks every connected member. */
const concurrency = 4

/** Counts of providers by asking connected members, remembered for a while with their age. */
export class ProviderCounter {
  readonly #deps: ProviderCounterDeps
  readonly #options: ProviderCounterOptions
  readonly #counts = new Map<string, ProviderCount & { readonly askedAt: number }>()

  constructor(deps: ProviderCounterDeps, options: ProviderCounterOptions) {
    this.#deps = deps
    this.#options = options
  }

  /** Counts by CID; one that nobody answered in time is missing, or an older one that says its age. */
  async count({ hive, exchange, cids, signal }: CountRequest): Promise<ReadonlyMap<Cid, ProviderCount>> {
    const { clock } = this.#deps
    const stale = cids.filter((cid) => this.#isStale(`${hive}/${cid}`))
    if (exchange !== undefined && stale.length > 0) {
      const late = withDeadline(clock, this.#options.providersTimeoutMs, signal)
      const ask = async (cid: Cid): Promise<void> => {
        const holders = await exchange.findHolders(cid, { signal: late, deep: false }).catch(() => undefined)
        if (holders !== undefined && !late.aborted) this.#remember(`${hive}/${cid}`, holders.length)
      }
      // A search goes on without counts: they are a courtesy.
      await mapBounded(stale, ask, { concurrency, signal: late }).catch(() => signal.throwIfAborted())
    }
    const known = cids.map((cid) => [cid, this.#counts.get(`${hive}/${cid}`)] as const)
    return new Map(
      known.flatMap(([cid, count]) => (count === undefined ? [] : [[cid, { providers: count.providers, asOf: count.asOf }] as const])),
    )
  }

  #isStale(key: string): boolean {
    const known = this.#counts.get(key)
    return known === undefined || this.#deps.clock.monotonic() - known.askedAt > this.#options.providersAgeMs
  }

  #remember(key: string, providers: number): void {
    this.#counts.delete(key)
    const oldest = this.#counts.keys().next().value
    if (this.#counts.size >= maxCounts && oldest !== undefined) this.#counts.delete(oldest)
    this.#counts.set(key, { providers, asOf: this.#deps.clock.now(), askedAt: this.#deps.clock.monotonic() })
  }
}
