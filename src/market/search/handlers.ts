import type { HandlersOf } from '../../operations/define-operation.ts'
import type { MarketDeps, MarketOptions } from '../market.ts'
import { findPackages } from './find-packages.ts'
import type { searchOperations } from './operations.ts'
import { ProviderCounter } from './providers.ts'

type Handlers = HandlersOf<typeof searchOperations>

/** What answers the operations of search. */
export function createSearchHandlers(deps: MarketDeps & { readonly options: MarketOptions }): Handlers {
  const whole = { ...deps, providers: new ProviderCounter(deps, deps.options) }
  const search: Handlers['p2p.search'] = async (input, context) => {
    const asked = input.remote ? await (await import('../remote/ask-members.ts')).askMembers(deps, input, context) : undefined
    const found = await findPackages({ ...whole, statistics: asked?.statistics }, input, context)
    return { ...found, remote: asked?.report ?? null }
  }
  return { 'p2p.search': search, 'marketplace.search': search }
}
