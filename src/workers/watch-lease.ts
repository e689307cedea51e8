import type { Clock } from '../lib/clock.ts'
import type { WorkTime } from './rules/work-time.ts'
import { addTime, noTime } from './rules/work-time.ts'

/** How often the lease is looked at, in milliseconds: well within the margin that a holder stops before its end. */
const lookMs = 500

/** Work stood still for as long as it may take: the forge does not confirm the lease. */
export class StoodStill extends Error {
  constructor(ms: number) {
    super(`the forge did not confirm the lease for ${ms} ms`)
    this.name = 'StoodStill'
  }
}

export interface LeaseWatchDeps {
  readonly clock: Clock
  readonly mayWork: () => boolean
}

export interface LeaseWatcher {
  /** The lease is not confirmed any more, or is again. */
  readonly onChange?: (isPaused: boolean) => Promise<void>
  /** The time until now, at each look. Gives the milliseconds after which it wants the next one at the latest. */
  readonly onLook?: (time: WorkTime) => number
}

/** Looks at a lease now and then, until this is disposed. Time counts as that of the last look. */
export function watchLease({ clock, mayWork }: LeaseWatchDeps, { onChange, onLook = () => lookMs }: LeaseWatcher): Disposable {
  const state = { isPaused: false, isOver: false, cancel: () => {}, time: noTime, lookedAt: clock.monotonic() }
  const look = async (): Promise<void> => {
    const now = clock.monotonic()
    state.time = addTime(state.time, { ms: now - state.lookedAt, isPaused: state.isPaused })
    state.lookedAt = now
    if (mayWork() === state.isPaused) {
      state.isPaused = !state.isPaused
      await onChange?.(state.isPaused)
    }
    wait()
  }
  const wait = (): void => {
    if (state.isOver) return
    const next = onLook(state.time)
    // what it said may have ended this
    if (!state.isOver) state.cancel = clock.schedule(Math.max(1, Math.min(lookMs, next)), () => void look())
  }
  wait()
  return {
    [Symbol.dispose]: () => {
      state.isOver = true
      state.cancel()
    },
  }
}

/** Ends something, once, when that much time was worked. For `onLook`. */
export function endAfter(limitMs: number, end: () => void): (time: WorkTime) => number {
  let isOver = false
  return ({ workedMs }) => {
    if (workedMs < limitMs) return limitMs - workedMs
    if (!isOver) end()
    isOver = true
    return Infinity
  }
}
