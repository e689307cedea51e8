import type { Chance } from '../lib/chance.ts'
import type { Clock } from '../lib/clock.ts'
import { isTimeout, withDeadline } from '../lib/deadline.ts'
import { Fault } from '../lib/fault.ts'
import { Throttled } from './bounded-fetch.ts'
import { modelsFaults } from './faults.ts'
import type { Reservation, SpendLedger } from './ledger.ts'
import type { Completion, CompletionRequest, Endpoint } from './model.ts'
import type { FindPrice } from './prices.ts'
import type { Price } from './rules/estimate.ts'
import { estimateSpending, spendingOf } from './rules/estimate.ts'
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

export interface ModelsOptions {
  readonly endpoints: readonly EndpointSetting[]
  readonly limits: readonly Limit[]
  /** One call with all its tries, in milliseconds. */
  readonly callTimeoutMs: number
  /** Tries of a call that an endpoint failed. */
  readonly attempts: number
  /** Wait before the second try, in milliseconds; doubles with each. */
  readonly retryBaseMs: number
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
      return price === undefined ? 0 : (price.input + price.output) / 2_000_000
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
          const reservation = await deps.ledger.reserve(
            { model: name, task: call.task, wanted: estimateSpending(request, price) },
            { signal },
          )
          const ask = (): Promise<Completion> => found.endpoint.complete(model, request, { signal })
          const asking: Asking = { gate: found.gate, reservation, ask, name, task: call.task, signal }
          const answer = await askPatiently(deps, options, asking).catch((error: unknown) => {
            throw isTimeout(error) && !call.signal.aborted ? stalledFault(name, options.callTimeoutMs) : error
          })
          // What was not counted is paid for as if it had been the longest answer.
          const took = answer.usage === undefined ? estimateSpending(request, price) : spendingOf(answer.usage, price)
          await reservation.settle(took)
          return { ...answer, took }
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

interface Asking {
  /** Until when the whole endpoint is to be left alone, by the monotonic clock. */
  readonly gate: { until: number }
  readonly reservation: Reservation
  readonly ask: () => Promise<Completion>
  readonly name: string
  readonly task: string
  readonly signal: AbortSignal
}

/** What another try of a call counts as, beside what the call itself may take. */
const oneMore: Spending = { usd: 0, tokens: 0, requests: 1 }

/** Nothing was made for these: they cost nothing. */
const unpaid: ReadonlySet<string> = new Set(['MODEL_MISSING', 'MODEL_DENIED', 'MODEL_REFUSED'])

async function askPatiently(deps: ModelsDeps, options: ModelsOptions, asking: Asking): Promise<Completion> {
  const { clock, chance } = deps
  for (let attempt = 1; ; attempt += 1) {
    const wait = asking.gate.until - clock.monotonic()
    if (wait > options.callTimeoutMs) throw throttledFault(asking.name, wait)
    if (wait > 0) await clock.sleep(wait, { signal: asking.signal })
    const { name, task, signal } = asking
    // an endpoint counts every request
    if (attempt > 1) await deps.ledger.reserve({ model: name, task, wanted: oneMore }, { signal })
    try {
      return await asking.ask()
    } catch (error) {
      const isLast = attempt >= options.attempts
      if (error instanceof Throttled) {
        asking.gate.until = Math.max(asking.gate.until, clock.monotonic() + error.retryAfterMs)
        if (!isLast) continue
        await asking.reservation.settle({ usd: 0, tokens: 0, requests: 1 })
        throw throttledFault(asking.name, error.retryAfterMs)
      }
      if (error instanceof Fault && unpaid.has(error.code)) await asking.reservation.settle({ usd: 0, tokens: 0, requests: 1 })
      if (isLast || !(error instanceof Fault) || error.code !== 'MODEL_UNREACHABLE') throw error
      await clock.sleep(options.retryBaseMs * 2 ** (attempt - 1) * (0.5 + chance.fraction()), { signal: asking.signal })
    }
  }
}

function priceFor(price: Price | undefined, name: string, limits: readonly Limit[]): Price {
  if (price !== undefined) return price
  const isMoneyLimited = limits.some((limit) => limit.unit === 'usd' && (limit.model === undefined || limit.model === name))
  if (!isMoneyLimited) return { input: 0, output: 0 }
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

function throttledFault(model: string, retryAfterMs: number): Fault {
  return modelsFaults.create('MODEL_THROTTLED', {
    message: `${model} asks to wait ${Math.ceil(retryAfterMs / 1_000)} s; try again then, or lower "minute requests=…" in [models] limits`,
    data: { model, retryAfterMs: Math.ceil(retryAfterMs) },
  })
}

function stalledFault(model: string, ms: number): Fault {
  return modelsFaults.create('MODEL_STALLED', {
    message: `${model} came to no end within ${ms} ms; try again, or another model`,
    data: { model, ms },
  })
}
