import type { LeaseWatchDeps, LeaseWatcher } from '../watch-lease.ts'
import { watchLease } from '../watch-lease.ts'
import type { SandboxProcess } from './sandbox.ts'

/**
 * Stops a process with all it started while the lease is not confirmed, and lets it go on after; until this is disposed.
 *
 * @see docs/protocols/claims.md §4
 */
export function pauseUnconfirmed(
  child: Pick<SandboxProcess, 'pause' | 'resume'>,
  deps: LeaseWatchDeps,
  watcher: Pick<LeaseWatcher, 'onLook'> = {},
): Disposable {
  return watchLease(deps, { ...watcher, onChange: (isPaused) => (isPaused ? child.pause() : child.resume()) })
}
