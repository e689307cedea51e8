import type { Clock } from '../lib/clock.ts'
import type { Reader } from '../store/database.ts'
import type { Limit, Spending } from './rules/limits.ts'
import { sumSpending } from './rules/limits.ts'

/** One call, as the limits of a minute count it. */
export interface MinuteCall {
  /** By the monotonic clock, in milliseconds. */
  readonly at: number
  readonly model: string
  spending: Spending
}

const minuteMs = 60_000

/** The calls of the last minute by the monotonic clock, oldest first; those of a run before are read. */
export class MinuteWindow {
  readonly #clock: Clock
  readonly #calls: MinuteCall[]

  constructor(deps: { readonly database: Reader; readonly clock: Clock }) {
    this.#clock = deps.clock
    this.#calls = readLastMinute(deps.database, deps.clock)
  }

  add(call: MinuteCall): void {
    this.#calls.push(call)
  }

  forget(call: MinuteCall): void {
    const at = this.#calls.indexOf(call)
    if (at >= 0) this.#calls.splice(at, 1)
  }

  spent({ model }: Pick<Limit, 'model'>): Spending {
    while (this.#calls[0] !== undefined && this.#calls[0].at <= this.#clock.monotonic() - minuteMs) this.#calls.shift()
    return sumSpending(this.#calls.filter((call) => model === undefined || call.model === model).map((call) => call.spending))
  }

  /** Until the oldest call is a minute old, in milliseconds. */
  get roomInMs(): number {
    const now = this.#clock.monotonic()
    return Math.max(1, (this.#calls[0]?.at ?? now) + minuteMs - now)
  }
}

/** A node that was started anew has not forgotten what it asked a moment ago. What a clock put back since makes later than now counts as now. */
function readLastMinute(reader: Reader, clock: Clock): MinuteCall[] {
  const [now, start] = [clock.now(), clock.monotonic()]
  const rows = reader.all<{ readonly at: number; readonly model: string; readonly usd: number; readonly tokens: number }>(
    'select at, model, usd, tokens from model_call where at > ? order by at',
    now - minuteMs,
  )
  return rows.map(({ at, model, usd, tokens }) => ({ at: start - Math.max(0, now - at), model, spending: { usd, tokens, requests: 1 } }))
}
