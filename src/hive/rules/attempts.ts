/** How many tries are left, and when that was counted. */
export interface Attempts {
  readonly left: number
  readonly at: number
}

/** Takes one of `perMinute` tries, which grow back evenly; `now` is monotonic milliseconds. */
export function takeAttempt(
  attempts: Attempts | undefined,
  now: number,
  perMinute: number,
): { readonly attempts: Attempts; readonly isTaken: boolean } {
  const before = attempts ?? { left: perMinute, at: now }
  const left = Math.min(perMinute, before.left + ((now - before.at) * perMinute) / 60_000)
  return left >= 1 ? { attempts: { left: left - 1, at: now }, isTaken: true } : { attempts: { left, at: now }, isTaken: false }
}
