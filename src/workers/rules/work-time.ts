/** Time of work on a task, in milliseconds. */
export interface WorkTime {
  /** While the lease was confirmed. */
  readonly workedMs: number
  /** While it was not, and work stood still. */
  readonly pausedMs: number
}

/** Before anything was done. */
export const noTime: WorkTime = { workedMs: 0, pausedMs: 0 }

/** The time after so many milliseconds more. */
export function addTime({ workedMs, pausedMs }: WorkTime, { ms, isPaused }: { readonly ms: number; readonly isPaused: boolean }): WorkTime {
  return isPaused ? { workedMs, pausedMs: pausedMs + ms } : { workedMs: workedMs + ms, pausedMs }
}

/**
 * What ends work of `limitMs`: that it took as long, or that it stood still as long besides. Undefined while it may go on.
 *
 * @see docs/protocols/claims.md §4, rule 15
 */
export function judgeTime({ workedMs, pausedMs }: WorkTime, limitMs: number): 'worked' | 'paused' | undefined {
  if (workedMs >= limitMs) return 'worked'
  return pausedMs >= limitMs ? 'paused' : undefined
}
