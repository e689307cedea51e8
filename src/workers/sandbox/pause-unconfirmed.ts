import type { Clock } from '../../lib/clock.ts'
import type { SandboxProcess } from './sandbox.ts'

/** How often the lease is looked at, in milliseconds: well within the margin that a holder stops before its end. */
const lookMs = 500

/**
 * Stops a process with all it started while the lease is not confirmed, and lets it go on after; until this is disposed.
 *
 * @see docs/protocols/claims.md §4
 */
export function pauseUnconfirmed(
  child: Pick<SandboxProcess, 'pause' | 'resume'>,
  { clock, mayWork }: { readonly clock: Clock; readonly mayWork: () => boolean },
): Disposable {
  const state = { isPaused: false, isOver: false, cancel: () => {} }
  const look = async (): Promise<void> => {
    if (mayWork() === state.isPaused) {
      state.isPaused = !state.isPaused
      await (state.isPaused ? child.pause() : child.resume())
    }
    wait()
  }
  const wait = (): void => {
    if (!state.isOver) state.cancel = clock.schedule(lookMs, () => void look())
  }
  wait()
  return {
    [Symbol.dispose]: () => {
      state.isOver = true
      state.cancel()
    },
  }
}
