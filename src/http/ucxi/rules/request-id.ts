const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'

/** Random bytes that one id needs. */
export const requestIdBytes = 8

/** `20260131-093000-A1B2C3D4`: the moment in UTC, then chance. */
export function createRequestId(now: number, random: Uint8Array): string {
  const moment = new Date(now).toISOString()
  const date = moment.slice(0, 4) + moment.slice(5, 7) + moment.slice(8, 10)
  const time = moment.slice(11, 13) + moment.slice(14, 16) + moment.slice(17, 19)
  let rest = ''
  for (const byte of random) rest += letters[byte % letters.length]
  return `${date}-${time}-${rest}`
}

/** The id that a caller gave its request; undefined unless it is safe to repeat in a header and a log. */
export function takeRequestId(header: unknown): string | undefined {
  return typeof header === 'string' && /^[A-Za-z0-9._-]{1,64}$/.test(header) ? header : undefined
}
