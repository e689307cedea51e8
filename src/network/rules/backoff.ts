export interface BackoffLimits {
  /** Delay around which the first retry comes, in milliseconds. */
  readonly redialBaseMs: number
  /** Longest delay, in milliseconds. */
  readonly redialMaxMs: number
}

/**
 * When to try again after `failures` failures in a row, in milliseconds from now.
 *
 * Doubles, and is spread over half to the whole of it by `fraction` in [0, 1), so that fifty nodes that lost the same peer do not return at once.
 */
export function judgeBackoff(failures: number, limits: BackoffLimits, fraction: number): number {
  const whole = Math.min(limits.redialMaxMs, limits.redialBaseMs * 2 ** Math.min(failures, 30))
  return whole * (0.5 + fraction / 2)
}

/** Whether a connection lasted long enough for its peer's failures to be forgotten: a flapping link keeps its backoff. */
export function isSteady(lastedMs: number, limits: BackoffLimits): boolean {
  return lastedMs >= limits.redialMaxMs
}
