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
export function hedge(exchanges: readonly MarketExchange[], deps: HedgeDeps): MarketExchange | undefined {
  const sources = [...new Set(exchanges.flatMap((each) => partsOf.get(each) ?? [each]))]
  const [first] = sources
  if (first === undefined || sources.length === 1) return first
  const whole: MarketExchange = {
    fetch: (cid, options) => fetchHedged(sources, deps, { cid, options }),
    findHolders: (cid, options) => first.findHolders(cid, options),
    announce: (cid, options) => first.announce(cid, options),
    replicate: (cid, options) => first.replicate(cid, options),
  }
  partsOf.set(whole, sources)
  return whole
}

/** What is several sources already is asked as those, and none of them twice. */
const partsOf = new WeakMap<MarketExchange, readonly MarketExchange[]>()

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
  let cancel: (() => void) | undefined
  const begin = (): void => {
    const source = sources[next]
    if (source === undefined || ending.signal.aborted) return
    next += 1
    const own = next
    cancel?.()
    cancel = clock.schedule(hedgeMs, () => {
      if (next === own) begin()
    })
    source.fetch(cid, { ...options, signal }).then(resolve, (error: unknown) => {
      failures.push(error)
      if (failures.length === sources.length) reject(failures[0])
      else if (next === own) begin()
    })
  }
  begin()
  try {
    return await promise
  } finally {
    cancel?.()
    ending.abort(new DOMException('another source was first', 'AbortError'))
    options.signal.throwIfAborted()
  }
}
