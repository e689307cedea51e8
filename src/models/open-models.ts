import type { Config } from '../config/schema.ts'
import type { Secrets } from '../config/secrets.ts'
import type { Chance } from '../lib/chance.ts'
import type { Clock } from '../lib/clock.ts'
import type { Database } from '../store/database.ts'
import { keyName } from './handlers.ts'
import { createSpendLedger } from './ledger.ts'
import type { Models } from './models.ts'
import { createModels } from './models.ts'
import { createOpenAIEndpoint } from './openai-endpoint.ts'
import type { FindPrice } from './prices.ts'
import { createPriceList } from './prices.ts'
import type { ModelSettings } from './settings.ts'
import { parseModelSettings } from './settings.ts'

export interface OpenModelsDeps {
  readonly clock: Clock
  readonly chance: Chance
  readonly database: Database
  readonly secrets: Secrets
}

/** The models of a node, as its configuration has them. Loads the SDK: import it when a model is first wanted. @throws Fault MODELS_CONFIG_INVALID */
export function openModels(
  deps: OpenModelsDeps,
  config: Config['models'],
): { readonly models: Models; readonly findPrice: FindPrice; readonly settings: ModelSettings } {
  const { clock, secrets } = deps
  const settings = parseModelSettings(config)
  const findPrice = createPriceList(settings.prices)
  const models = createModels(
    {
      ...deps,
      findPrice,
      ledger: createSpendLedger(deps, settings),
      openEndpoint: (setting) =>
        createOpenAIEndpoint(setting, { clock, fetch: globalThis.fetch, findKey: () => secrets.find(keyName(setting.name)) }, config),
    },
    { ...config, ...settings },
  )
  return { models, findPrice, settings }
}
