import type { Clock } from '../../lib/clock.ts'
import type { MarketExchange } from '../market.ts'

export interface HedgeDeps {
  readonly clock: Clock
  /** How long one source is waited for before the next is asked too, in milliseconds. */
  readonly hedgeMs: number
}

/**
 * Several sources of the same bytes as one: the first is asked, and the next when it fails or takes long. Who is whole first ends the others.
 *
 * All else is the first one's affair. @throws the first failure, when all failed
 */
export function hedge([first, ...others]: readonly MarketExchange[], deps: HedgeDeps): MarketExchange | undefined {
  if (first === undefined || others.length === 0) return first
  return {
    fetch: (cid, options) => fetchHedged([first, ...others], deps, { cid, options }),
    findHolders: (cid, options) => first.findHolders(cid, options),
    announce: (cid, options) => first.announce(cid, options),
    replicate: (cid, options) => first.replicate(cid, options),
  }
}

interface HedgedFetch {
  readonly cid: Parameters<MarketExchange['fetch']>[0]
  readonly options: Parameters<MarketExchange['fetch']>[1]
}

async function fetchHedged(
  sources: readonly MarketExchange[],
  { clock, hedgeMs }: HedgeDeps,
  { cid, options }: HedgedFetch,
): ReturnType<MarketExchange['fetch']> {
  const ending = new AbortController()
  const signal = AbortSignal.any([options.signal, ending.signal])
  const { promise, resolve, reject } = Promise.withResolvers<Awaited<ReturnType<MarketExchange['fetch']>>>()
  const failures: unknown[] = []
  let next = 0
  const begin = (): void => {
    const source = sources[next]
    if (source === undefined || ending.signal.aborted) return
    next += 1
    const own = next
    const cancel = clock.schedule(hedgeMs, () => {
      if (next === own) begin()
    })
    source.fetch(cid, { ...options, signal }).then(resolve, (error: unknown) => {
      cancel()
      failures.push(error)
      if (failures.length === sources.length) reject(failures[0])
      else if (next === own) begin()
    })
  }
  begin()
  try {
    return await promise
  } finally {
    ending.abort(new DOMException('another source was first', 'AbortError'))
    options.signal.throwIfAborted()
  }
}
