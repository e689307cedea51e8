/** What an answer of a forge says of the rate that it allows, as it stood in the headers. */
export interface LimitSigns {
  readonly status: number
  /** `Retry-After`: seconds, or a date. */
  readonly retryAfter: string | undefined
  /** Requests that are left until `reset`; `X-RateLimit-Remaining`, or `RateLimit-Remaining`. */
  readonly remaining: string | undefined
  /** Requests in all until then; `X-RateLimit-Limit`, or `RateLimit-Limit`. */
  readonly limit: string | undefined
  /** Seconds since 1970; `X-RateLimit-Reset`, or `RateLimit-Reset`. */
  readonly reset: string | undefined
  /** What it says beside its headers; empty where that is not known yet. */
  readonly words: string
  /** Wall time of the forge in milliseconds: its own clock is what its times are of. */
  readonly now: number
}

/** How long nothing may be sent, in milliseconds; `untold` when the forge asks for a pause and does not say how long. */
export type ForgeLimit = number | 'untold'

/** Wait when a forge says "too many" and not how long, in milliseconds: the first, and the longest. @see https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api */
const firstUntoldMs = 60_000
const maxUntoldMs = 3_600_000
/** Longest wait that is taken from an answer of a forge, and from members who were told one, in milliseconds. */
export const maxForgePauseMs = 86_400_000
/** What is looked at of a forge's words, in characters. */
const maxWords = 4_096

/** Share of a budget that is left alone: what is under way on all nodes with one token when the last of it is seen to go. */
const reserveShare = 0.01

/** What an answer asks for; undefined when that is no pause. */
export function judgeLimit({ status, retryAfter, remaining, limit, reset, words, now }: LimitSigns): ForgeLimit | undefined {
  const isRefused = status === 429 || status === 403 || status === 503
  const asked = retryAfter === undefined || !isRefused ? undefined : readRetryAfter(retryAfter, now)
  if (asked !== undefined) return bound(asked)
  if (isSpent(remaining, limit) && isWhole(reset)) return bound(Number(reset) * 1_000 - now)
  // GitHub tells its secondary limit by 403 and a message, like a right that is missing
  return status === 429 || (status === 403 && areLimitWords(words)) ? 'untold' : undefined
}

/** Whether a forge says in words that too much was asked of it: the primary limit, the secondary one, and its name on older servers. */
export function areLimitWords(words: string): boolean {
  return /\bsecondary[ -]rate[ -]limit|\brate limit exceeded\b|\babuse detection mechanism\b/i.test(words.slice(0, maxWords))
}

/** How long is waited when it is not told, after so many such waits without an answer that was good, in milliseconds. */
export function untoldPause(before: number): number {
  return Math.min(firstUntoldMs * 2 ** before, maxUntoldMs)
}

function isSpent(remaining: string | undefined, limit: string | undefined): boolean {
  const reserve = isWhole(limit) ? Math.floor(Number(limit) * reserveShare) : 0
  return isWhole(remaining) && Number(remaining) <= reserve
}

function isWhole(text: string | undefined): boolean {
  return /^\d{1,12}$/.test(text ?? '')
}

/** @see RFC 9110 §10.2.3 */
function readRetryAfter(text: string, now: number): number | undefined {
  if (isWhole(text)) return Number(text) * 1_000
  const at = Date.parse(text)
  return Number.isNaN(at) ? undefined : at - now
}

/** A second at least: times are told in whole ones. */
function bound(ms: number): number {
  return Math.min(Math.max(ms, 1_000), maxForgePauseMs)
}
