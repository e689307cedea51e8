/** What an answer of a forge says of the rate that it allows, as it stood in the headers. */
export interface LimitSigns {
  readonly status: number
  /** `Retry-After`: seconds, or a date. */
  readonly retryAfter: string | undefined
  /** Requests that are left until `reset`; `X-RateLimit-Remaining`, or `RateLimit-Remaining`. */
  readonly remaining: string | undefined
  /** Seconds since 1970; `X-RateLimit-Reset`, or `RateLimit-Reset`. */
  readonly reset: string | undefined
  /** Wall time of the forge in milliseconds: its own clock is what its times are of. */
  readonly now: number
}

/** Wait when a forge says "too many" and not how long, in milliseconds. @see https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api */
const defaultPauseMs = 60_000
/** Longest wait that is taken from an answer, in milliseconds. */
const maxPauseMs = 86_400_000

/** How long nothing may be sent after an answer, in milliseconds; undefined when the forge asks for no pause. */
export function judgeLimit({ status, retryAfter, remaining, reset, now }: LimitSigns): number | undefined {
  const isRefused = status === 429 || status === 403 || status === 503
  const asked = retryAfter === undefined || !isRefused ? undefined : readRetryAfter(retryAfter, now)
  if (asked !== undefined) return bound(asked)
  if (remaining === '0' && /^\d{1,12}$/.test(reset ?? '')) return bound(Number(reset) * 1_000 - now)
  return status === 429 ? defaultPauseMs : undefined
}

/** @see RFC 9110 §10.2.3 */
function readRetryAfter(text: string, now: number): number | undefined {
  if (/^\d{1,12}$/.test(text)) return Number(text) * 1_000
  const at = Date.parse(text)
  return Number.isNaN(at) ? undefined : at - now
}

/** A second at least: times are told in whole ones. */
function bound(ms: number): number {
  return Math.min(Math.max(ms, 1_000), maxPauseMs)
}
