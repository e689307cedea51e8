import type { ObjectId } from '../git/objects.ts'
import type { LeaseTimes } from './lease.ts'

/** What an observer saw of a ref: its value, and since when on the observer's own monotonic clock. Never kept over a restart. */
export interface Watch {
  readonly value: ObjectId | undefined
  readonly since: number
  /** Set once the holder was found alive when its lease had run out: one more TTL is waited, then no more. */
  readonly extendedAt: number | undefined
}

/** What an observer knows after another look. The timer starts anew whenever the value changed. */
export function watchValue(watch: Watch | undefined, value: ObjectId | undefined, now: number): Watch {
  return watch !== undefined && watch.value === value ? watch : { value, since: now, extendedAt: undefined }
}

/** Whether a value stood unchanged for TTL and margin, so that its lease has run out, whatever any clock says. */
export function isSuspect(watch: Watch, times: LeaseTimes, now: number): boolean {
  return now - watch.since >= times.ttlMs + times.marginMs
}

/** What is known of a suspect's holder beside the ref. @see docs/protocols/claims.md §9 rule 13 */
export interface Signs {
  /** Heard in gossip lately. */
  readonly isAlive: boolean
}

/** Whether to take over now. Who lives but does not renew is cut from the forge: one more TTL, then all the same. */
export function judgeTakeover(
  watch: Watch,
  times: LeaseTimes,
  { signs, now }: { readonly signs: Signs; readonly now: number },
): { readonly verdict: 'wait' | 'take-over'; readonly watch: Watch } {
  if (!isSuspect(watch, times, now)) return { verdict: 'wait', watch }
  if (!signs.isAlive) return { verdict: 'take-over', watch }
  const extendedAt = watch.extendedAt ?? now
  return { verdict: now - extendedAt >= times.ttlMs ? 'take-over' : 'wait', watch: { ...watch, extendedAt } }
}
