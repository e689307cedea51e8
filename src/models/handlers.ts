import type { Secrets } from '../config/secrets.ts'
import { readSecretInput } from '../config/secrets.ts'
import type { HandlersOf } from '../operations/define-operation.ts'
import { modelsFaults } from './faults.ts'
import type { Models } from './models.ts'
import type { modelsOperations } from './operations.ts'
import type { FindPrice } from './prices.ts'
import { rateOf } from './rules/estimate.ts'
import { formatLimit } from './rules/limits.ts'
import type { ModelSettings } from './settings.ts'

export interface ModelHandlerDeps {
  readonly secrets: Secrets
  /** The models as the configuration has them; the SDK is loaded by then and not before. @throws Fault MODELS_CONFIG_INVALID */
  readonly openModels: () => Promise<{ readonly models: Models; readonly findPrice: FindPrice; readonly settings: ModelSettings }>
}

const million = 1_000_000

/** The name under which the key of an endpoint is kept. */
export function keyName(endpoint: string): string {
  return `model-${endpoint}`
}

/** What answers the operations of models. */
export function createModelHandlers(deps: ModelHandlerDeps): HandlersOf<typeof modelsOperations> {
  const { secrets } = deps
  return {
    'model.list': async (_input, { signal }) => {
      const { models, findPrice } = await deps.openModels()
      const reports = await models.list({ signal })
      const describe = async (report: (typeof reports)[number]) => ({
        name: report.endpoint.name,
        url: report.endpoint.url.href,
        hasKey: (await secrets.find(keyName(report.endpoint.name))) !== undefined,
        failure: report.failure?.message ?? null,
        models: report.models.map((model) => {
          const price = findPrice(report.endpoint, model)
          const rate = price === undefined ? undefined : rateOf(price)
          const name = `${report.endpoint.name}/${model}`
          return {
            name,
            inputPrice: rate === undefined ? null : rate.input / million,
            outputPrice: rate === undefined ? null : rate.output / million,
          }
        }),
      })
      return { endpoints: await Promise.all(reports.map(describe)) }
    },
    'model.budget': async () => {
      const { models, settings } = await deps.openModels()
      const spent = new Map(models.ledger.status().map((row) => [row.limit, row.spent]))
      return {
        limits: settings.limits.map((limit) => {
          const scale = limit.unit === 'usd' ? million : 1
          const amount = spent.get(limit)?.[limit.unit]
          return {
            limit: formatLimit(limit),
            unit: limit.unit,
            allowed: limit.amount / scale,
            spent: amount === undefined ? null : amount / scale,
          }
        }),
      }
    },
    'model.key': async ({ endpoint, file, remove }) => {
      const { endpoints } = (await deps.openModels()).settings
      if (!endpoints.some(({ name }) => name === endpoint))
        throw unknownEndpoint(
          endpoint,
          endpoints.map(({ name }) => name),
        )
      if (remove) return { endpoint, status: (await secrets.remove(keyName(endpoint))) ? 'removed' : 'missing' }
      await secrets.set(keyName(endpoint), await readSecretInput(file ?? ''))
      return { endpoint, status: 'kept' }
    },
  }
}

function unknownEndpoint(endpoint: string, names: readonly string[]): Error {
  return modelsFaults.create('MODEL_NAME_INVALID', {
    message: `no endpoint is called ${JSON.stringify(endpoint)}; [models] endpoints has ${names.join(', ') || 'none'}`,
    data: { model: endpoint, endpoints: [...names] },
  })
}
