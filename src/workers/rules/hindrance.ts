/** Why a node can work on nothing for now, and when it tries again. */
export interface Hindrance {
  readonly reason: string
  /** Times in a row that it was met. */
  readonly times: number
  /** By the monotonic clock, in milliseconds. */
  readonly until: number
}

/** After so many times a rest grows no longer. */
const maxDoublings = 8

/** How long something that came to nothing so many times in a row is left alone, in milliseconds: twice as long each time. */
export function restMs(times: number, pollMs: number): number {
  return pollMs * 2 ** Math.min(times, maxDoublings)
}

/** What is known after a task was given back because of a hindrance. Tasks that meet the same one at once count as one. */
export function meetHindrance(
  before: Hindrance | undefined,
  { reason, now, pollMs }: { readonly reason: string; readonly now: number; readonly pollMs: number },
): Hindrance {
  if (before !== undefined && now < before.until) return { ...before, reason }
  const times = (before?.times ?? 0) + 1
  return { reason, times, until: now + restMs(times, pollMs) }
}
