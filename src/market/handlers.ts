import type { HandlersOf } from '../operations/define-operation.ts'
import { createCommonsHandlers } from './commons/handlers.ts'
import { createInstallHandlers } from './install/handlers.ts'
import type { MarketDeps, MarketOptions } from './market.ts'
import type { marketOperations } from './operations.ts'
import { createPublishHandlers } from './publish/handlers.ts'
import { createRegistryHandlers } from './registry/handlers.ts'
import { Registries } from './registry/registries.ts'
import { createSearchHandlers } from './search/handlers.ts'
import { createTrustHandlers } from './trust/handlers.ts'

/** What answers the operations of the market. */
export function createMarketHandlers(deps: MarketDeps, options: MarketOptions): HandlersOf<typeof marketOperations> {
  const registries = new Registries(deps, options.registry)
  const whole = { ...deps, options, registries }
  // what is looked for is asked of registries too; what is said is said in a hive
  const asking: typeof whole = { ...whole, findHive: (name) => registries.ask(deps.findHive(name)) }
  return {
    ...createCommonsHandlers(deps),
    ...createPublishHandlers(whole),
    ...createSearchHandlers(asking),
    ...createInstallHandlers(asking),
    ...createTrustHandlers(whole, asking),
    ...createRegistryHandlers(whole),
  }
}
