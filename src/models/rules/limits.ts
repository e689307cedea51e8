/** How long a limit counts together. `call` is one request, `task` all for one task, the rest by time. */
export const periods = ['call', 'task', 'minute', 'day', 'month'] as const
export type Period = (typeof periods)[number]

/** What a limit counts. Money is in millionths of a US dollar. */
export const units = ['usd', 'tokens', 'requests'] as const
export type Unit = (typeof units)[number]

/** So much of one unit in one period, of one model or of all together. */
export interface Limit {
  readonly period: Period
  readonly unit: Unit
  /** Of `usd` in millionths. */
  readonly amount: number
  /** `ENDPOINT/MODEL`, or undefined for all together. */
  readonly model: string | undefined
}

/** What calls took or would take. */
export interface Spending {
  /** Millionths of a US dollar. */
  readonly usd: number
  readonly tokens: number
  readonly requests: number
}

/** What may be said of a call before it is sent. `wait`: the same call may be sent later, when the minute has room. */
export type SpendVerdict =
  | { readonly verdict: 'allowed' }
  | { readonly verdict: 'wait'; readonly limit: Limit }
  | { readonly verdict: 'refused'; readonly limit: Limit; readonly spent: number; readonly wanted: number }

export interface SpendQuestion {
  readonly model: string
  /** The most that the call can take. */
  readonly wanted: Spending
  readonly limits: readonly Limit[]
  /** What went before in the period of a limit, of its model. Not asked for `call`. */
  readonly spentOf: (limit: Limit) => Spending
}

/** Whether a call may be sent. What a minute has no room for waits; a call that no minute has room for, and everything else, is refused. */
export function judgeSpending(question: SpendQuestion): SpendVerdict {
  let waits: Limit | undefined
  for (const limit of question.limits) {
    if (limit.model !== undefined && limit.model !== question.model) continue
    const wanted = question.wanted[limit.unit]
    const spent = limit.period === 'call' ? 0 : question.spentOf(limit)[limit.unit]
    if (spent + wanted <= limit.amount) continue
    if (limit.period !== 'minute' || wanted > limit.amount) return { verdict: 'refused', limit, spent, wanted }
    waits ??= limit
  }
  return waits === undefined ? { verdict: 'allowed' } : { verdict: 'wait', limit: waits }
}

/** What several calls took together. */
export function sumSpending(all: readonly Spending[]): Spending {
  return all.reduce((a, b) => ({ usd: a.usd + b.usd, tokens: a.tokens + b.tokens, requests: a.requests + b.requests }), {
    usd: 0,
    tokens: 0,
    requests: 0,
  })
}

/** Where the period began in which a wall time lies, in UTC; undefined for periods that are not of the calendar. */
export function startOfPeriod(period: Period, atMs: number): number | undefined {
  const at = new Date(atMs)
  if (period === 'day') return Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate())
  if (period === 'month') return Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), 1)
  return undefined
}

const oneLimit = /^(call|task|minute|day|month) (usd|tokens|requests)=(\d{1,12}(?:\.\d{1,6})?)(?: model=(\S{1,200}))?$/

/** Reads `day usd=5` or `minute requests=60 model=openai/gpt-5`; undefined when it is none. */
export function parseLimit(text: string): Limit | undefined {
  const match = oneLimit.exec(text.trim())
  if (match === null) return undefined
  const [, period = '', unit = '', number = '', model] = match
  const amount = unit === 'usd' ? Math.round(Number(number) * 1_000_000) : Number(number)
  if (!Number.isSafeInteger(amount)) return undefined
  return {
    period: periods.find((one) => one === period) ?? 'call',
    unit: units.find((one) => one === unit) ?? 'tokens',
    amount,
    model,
  }
}

/** The words of a limit, as they stand in the configuration. */
export function formatLimit(limit: Limit): string {
  const amount = limit.unit === 'usd' ? limit.amount / 1_000_000 : limit.amount
  return `${limit.period} ${limit.unit}=${amount}${limit.model === undefined ? '' : ` model=${limit.model}`}`
}
