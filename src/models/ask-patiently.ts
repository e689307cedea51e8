import type { Chance } from '../lib/chance.ts'
import type { Clock } from '../lib/clock.ts'
import { Fault } from '../lib/fault.ts'
import { Throttled } from './bounded-fetch.ts'
import { modelsFaults } from './faults.ts'
import type { Reservation, SpendLedger } from './ledger.ts'
import type { Completion } from './model.ts'
import type { Spending } from './rules/limits.ts'

export interface AskDeps {
  readonly clock: Clock
  readonly chance: Chance
  readonly ledger: Pick<SpendLedger, 'reserve'>
}

export interface AskOptions {
  /** One call with all its tries, in milliseconds. */
  readonly callTimeoutMs: number
  /** Tries of a call that an endpoint failed. */
  readonly attempts: number
  /** Wait before the second try, in milliseconds; doubles with each. */
  readonly retryBaseMs: number
}

/** One call of one model. */
export interface Asking {
  /** Until when the whole endpoint is to be left alone, by the monotonic clock. */
  readonly gate: { until: number }
  /** What the call may take. It is the caller's to settle after an answer; where there is none it is settled here, as far as that is known. */
  readonly reservation: Reservation
  readonly ask: () => Promise<Completion>
  readonly name: string
  readonly task: string
  readonly signal: AbortSignal
}

/** What became of the tries of a call that had no answer. */
interface Tries {
  wereSent: boolean
  /** Whether an answer may have been made that nobody saw. */
  mayCost: boolean
}

/** What a request counts as for which nothing was made. */
const requestAlone: Spending = { usd: 0, tokens: 0, requests: 1 }

/** Nothing was made for these: they cost nothing. */
const unpaid: ReadonlySet<string> = new Set(['MODEL_MISSING', 'MODEL_DENIED', 'MODEL_REFUSED'])

/**
 * One answer, with patience: an endpoint that says to wait is waited for, and one that does not answer is asked again a few times.
 *
 * @throws Fault MODEL_THROTTLED, BUDGET_SPENT, and what `ask` throws; the signal's reason
 */
export async function askPatiently(deps: AskDeps, options: AskOptions, asking: Asking): Promise<Completion> {
  const tries: Tries = { wereSent: false, mayCost: false }
  try {
    return await tryAgain(deps, options, { ...asking, tries })
  } catch (error) {
    if (!tries.wereSent) await asking.reservation.cancel()
    else if (!tries.mayCost) await asking.reservation.settle(requestAlone)
    throw error
  }
}

async function tryAgain(
  { clock, chance, ledger }: AskDeps,
  options: AskOptions,
  { gate, ask, name, task, signal, tries }: Asking & { readonly tries: Tries },
): Promise<Completion> {
  for (let attempt = 1; ; attempt += 1) {
    const wait = gate.until - clock.monotonic()
    if (wait > options.callTimeoutMs) throw throttledFault(name, wait)
    if (wait > 0) await clock.sleep(wait, { signal })
    // an endpoint counts every request
    const another = tries.wereSent ? await ledger.reserve({ model: name, task, wanted: requestAlone }, { signal }) : undefined
    try {
      return await ask()
    } catch (error) {
      if (wasNeverSent(error)) await another?.cancel()
      else tries.wereSent = true
      tries.mayCost ||= mayHaveCost(error)
      const isLast = attempt >= options.attempts
      if (error instanceof Throttled) {
        gate.until = Math.max(gate.until, clock.monotonic() + error.retryAfterMs)
        if (!isLast) continue
        throw throttledFault(name, error.retryAfterMs)
      }
      if (isLast || !(error instanceof Fault) || error.code !== 'MODEL_UNREACHABLE') throw error
      await clock.sleep(options.retryBaseMs * 2 ** (attempt - 1) * (0.5 + chance.fraction()), { signal })
    }
  }
}

/** No connection came about, or what stopped it is not of the models at all: a key in a file that others can read. */
function wasNeverSent(error: unknown): boolean {
  return error instanceof Fault && (error.data['isSent'] === false || !Object.hasOwn(modelsFaults.table, error.code))
}

function mayHaveCost(error: unknown): boolean {
  return !wasNeverSent(error) && !(error instanceof Throttled) && !(error instanceof Fault && unpaid.has(error.code))
}

function throttledFault(model: string, retryAfterMs: number): Fault {
  return modelsFaults.create('MODEL_THROTTLED', {
    message: `${model} asks to wait ${Math.ceil(retryAfterMs / 1_000)} s; try again then, or lower "minute requests=…" in [models] limits`,
    data: { model, retryAfterMs: Math.ceil(retryAfterMs) },
  })
}
