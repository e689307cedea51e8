import type { HandlersOf } from '../operations/define-operation.ts'
import { createInstallHandlers } from './install/handlers.ts'
import type { MarketDeps, MarketOptions } from './market.ts'
import type { marketOperations } from './operations.ts'
import { createPublishHandlers } from './publish/handlers.ts'
import { createSearchHandlers } from './search/handlers.ts'
import { createTrustHandlers } from './trust/handlers.ts'

/** What answers the operations of the market. */
export function createMarketHandlers(deps: MarketDeps, options: MarketOptions): HandlersOf<typeof marketOperations> {
  const whole = { ...deps, options }
  return {
    ...createPublishHandlers(whole),
    ...createSearchHandlers(whole),
    ...createInstallHandlers(whole),
    ...createTrustHandlers(whole),
  }
}
