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
    const remote = input.remote ? await (await import('../remote/ask-members.ts')).askMembers(deps, input, context) : null
    return { ...(await findPackages(whole, input, context)), remote }
  }
  return { 'p2p.search': search, 'marketplace.search': search }
}
