import type { Chance } from '../lib/chance.ts'
import type { Clock } from '../lib/clock.ts'
import { isTimeout, withDeadline } from '../lib/deadline.ts'
import { Fault } from '../lib/fault.ts'
import type { AskOptions } from './ask-patiently.ts'
import { askPatiently } from './ask-patiently.ts'
import { modelsFaults } from './faults.ts'
import type { SpendLedger } from './ledger.ts'
import type { Completion, CompletionRequest, Endpoint } from './model.ts'
import type { FindPrice } from './prices.ts'
import type { Price } from './rules/estimate.ts'
import { estimateSpending, flatPrice, rateOf, spendingOf } from './rules/estimate.ts'
import type { Limit, Spending } from './rules/limits.ts'
import type { EndpointSetting } from './settings.ts'

/** What a call took, beside its answer. */
export interface PaidCompletion extends Completion {
  readonly took: Spending
}

export interface CallOptions {
  /** Calls for one task share its budget. */
  readonly task: string
  readonly signal: AbortSignal
}

/** A model that is asked within budgets. */
export interface Model {
  /** `ENDPOINT/MODEL`. */
  readonly name: string
  /**
   * One answer. Nothing is sent that a limit has no room for; an endpoint that says to wait is waited for, and one that fails is
   * asked again a few times.
   *
   * @throws Fault BUDGET_SPENT, PRICE_UNKNOWN, and those of `Endpoint.complete`; the signal's reason
   */
  readonly complete: (request: CompletionRequest, options: CallOptions) => Promise<PaidCompletion>
  /**
   * Why no call can be sent now, whatever for: nothing says what it costs, or a limit of a day or month has no room for an answer of this
   * length. Asks nobody.
   */
  readonly findHindrance: (size: { readonly maxOutputTokens: number }) => Fault | undefined
}

/** The models a node may use. */
export interface Models {
  /** @throws Fault MODEL_NAME_INVALID */
  readonly get: (name: string) => Model
  /** What a model costs, in US dollars for a million tokens, half of them asked and half answered; 0 where nothing says. @throws Fault MODEL_NAME_INVALID */
  readonly priceOf: (name: string) => number
  /** What each endpoint has now, or why that cannot be said. */
  readonly list: (options: { readonly signal: AbortSignal }) => Promise<readonly EndpointReport[]>
  readonly ledger: SpendLedger
}

export interface EndpointReport {
  readonly endpoint: EndpointSetting
  readonly models: readonly string[]
  readonly failure: Fault | undefined
}

export interface ModelsDeps {
  readonly clock: Clock
  readonly chance: Chance
  readonly ledger: SpendLedger
  readonly findPrice: FindPrice
  readonly openEndpoint: (setting: EndpointSetting) => Endpoint
}

export interface ModelsOptions extends AskOptions {
  readonly endpoints: readonly EndpointSetting[]
  readonly limits: readonly Limit[]
}

/** Longest list of one endpoint is short; how many are asked at once is bounded by how many are set. */
export function createModels(deps: ModelsDeps, options: ModelsOptions): Models {
  const { clock } = deps
  const endpoints = new Map(
    options.endpoints.map((setting) => [setting.name, { setting, endpoint: deps.openEndpoint(setting), gate: { until: 0 } }]),
  )

  const find = (name: string) => {
    const cut = name.indexOf('/')
    const found = endpoints.get(name.slice(0, cut))
    const model = name.slice(cut + 1)
    if (found === undefined || model === '') throw unnamed(name, [...endpoints.keys()])
    return { found, model }
  }
  return {
    ledger: deps.ledger,
    priceOf: (name) => {
      const { found, model } = find(name)
      const price = deps.findPrice(found.setting, model)
      if (price === undefined) return 0
      const { input, output } = rateOf(price)
      return (input + output) / 2_000_000
    },
    get: (name) => {
      const { found, model } = find(name)
      const findPrice = (): Price => priceFor(deps.findPrice(found.setting, model), name, options.limits)
      return {
        name,
        findHindrance: ({ maxOutputTokens }) => {
          try {
            const wanted = estimateSpending({ messages: [], tools: [], maxOutputTokens }, findPrice())
            return deps.ledger.findSpent({ model: name, wanted })
          } catch (error) {
            if (error instanceof Fault) return error
            throw error
          }
        },
        complete: async (request, call) => {
          const price = findPrice()
          const signal = withDeadline(clock, options.callTimeoutMs, call.signal)
          const wanted = estimateSpending(request, price)
          const ask = (): Promise<Completion> => found.endpoint.complete(model, request, { signal })
          const asking = { gate: found.gate, ask, name, task: call.task, signal }
          try {
            const reservation = await deps.ledger.reserve({ model: name, task: call.task, wanted }, { signal })
            const answer = await askPatiently(deps, options, { ...asking, reservation })
            // What was not counted is paid for as if it had been the longest answer.
            const took = answer.usage === undefined ? wanted : spendingOf(answer.usage, price)
            await reservation.settle(took)
            return { ...answer, took }
          } catch (error) {
            throw isTimeout(error) && !call.signal.aborted ? stalledFault(name, options.callTimeoutMs) : error
          }
        },
      }
    },
    list: ({ signal }) =>
      Promise.all(
        [...endpoints.values()].map(async ({ setting, endpoint }) => {
          try {
            return { endpoint: setting, models: await endpoint.list({ signal }), failure: undefined }
          } catch (error) {
            if (!(error instanceof Fault)) throw error
            return { endpoint: setting, models: [], failure: error }
          }
        }),
      ),
  }
}

function priceFor(price: Price | undefined, name: string, limits: readonly Limit[]): Price {
  if (price !== undefined) return price
  const isMoneyLimited = limits.some((limit) => limit.unit === 'usd' && (limit.model === undefined || limit.model === name))
  if (!isMoneyLimited) return flatPrice({ input: 0, output: 0 })
  throw modelsFaults.create('PRICE_UNKNOWN', {
    message: `nothing says what ${name} costs, and a limit of money is set; write "${name} input=… output=…" (US dollars for a million tokens) into [models] prices`,
    data: { model: name },
  })
}

function unnamed(model: string, endpoints: readonly string[]): Fault {
  return modelsFaults.create('MODEL_NAME_INVALID', {
    message: `${JSON.stringify(model)} names no model: write ENDPOINT/MODEL with one of the endpoints set: ${endpoints.join(', ') || 'none; set [models] endpoints'}`,
    data: { model, endpoints: [...endpoints] },
  })
}

function stalledFault(model: string, ms: number): Fault {
  return modelsFaults.create('MODEL_STALLED', {
    message: `${model} came to no end within ${ms} ms, with the time that it waited for limits of a minute; try again, or another model`,
    data: { model, ms },
  })
}
