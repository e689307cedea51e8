import type { HandlersOf } from '../../operations/define-operation.ts'
import type { MarketDeps, MarketOptions } from '../market.ts'
import type { publishOperations } from './operations.ts'

type Handlers = HandlersOf<typeof publishOperations>

/** What answers the operations of publishing. What reads and writes archives is loaded when it is first asked for. */
export function createPublishHandlers(deps: MarketDeps & { readonly options: MarketOptions }): Handlers {
  return {
    'marketplace.init': async (input) => {
      const { initPackage } = await import('./init.ts')
      return initPackage(input)
    },
    'p2p.publish': async ({ path }, context) => {
      const { publishPackage } = await import('./publish.ts')
      return publishPackage(deps, { path, isDryRun: false, allowedSecrets: [] }, context)
    },
    'marketplace.publish': async ({ dryRun, allowSecret, ...input }, context) => {
      const { publishPackage } = await import('./publish.ts')
      return publishPackage(deps, { ...input, isDryRun: dryRun, allowedSecrets: allowSecret }, context)
    },
  }
}
