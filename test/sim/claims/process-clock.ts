import type { Clock } from '../../../src/lib/clock.ts'
import type { VirtualClock } from '../../../src/lib/virtual-clock.ts'

/** What one simulated process takes for the time. It may be stopped, its machine's lid closed, or it may be killed. */
export interface ProcessClock extends Clock {
  /** Sets the wall clock to be `offsetMs` ahead (or behind, when negative) of the world's. */
  readonly skew: (offsetMs: number) => void
  /** Holds back all that falls due. With a closed lid the monotonic clock stands still too, as Linux' does. */
  readonly suspend: (how: 'stopped' | 'lid') => void
  readonly resume: () => void
  /** Nothing falls due any more. */
  readonly kill: () => void
}

/** A clock of one process over the world's. */
export function createProcessClock(world: VirtualClock, offsetMs: number): ProcessClock {
  const skewed = world.withSkew(offsetMs)
  let lostMs = 0
  let lidSince: number | undefined
  let isDead = false
  return {
    now: skewed.now,
    schedule: skewed.schedule,
    sleep: skewed.sleep,
    skew: skewed.skew,
    monotonic: () => world.monotonic() - lostMs,
    suspend: (how) => {
      skewed.suspend()
      if (how === 'lid') lidSince ??= world.monotonic()
    },
    resume: () => {
      if (lidSince !== undefined) lostMs += world.monotonic() - lidSince
      lidSince = undefined
      if (!isDead) skewed.resume()
    },
    kill: () => {
      isDead = true
      skewed.suspend()
    },
  }
}
