/** How long a claim lasts without news, and how long before that its holder stops. Milliseconds. @see docs/protocols/claims.md §4 */
export interface LeaseTimes {
  readonly ttlMs: number
  readonly marginMs: number
  readonly renewMs: number
}

/** Least time between the moment a holder stops and the moment others take over, in milliseconds. */
const leastMarginMs = 3_000
/** Pushes of one node may come this often on a forge that asks for at most 6 a minute, in milliseconds. */
const pushMs = 10_000

/** Times of a lease. `nodes` is how many renew on a forge that limits pushes; 0 where none does. */
export function timesOfLease(ttlMs: number, nodes = 0): LeaseTimes {
  const renewMs = Math.max(ttlMs / 3, nodes * pushMs)
  const longer = Math.max(ttlMs, renewMs * 3)
  return { ttlMs: longer, marginMs: Math.max(longer / 8, leastMarginMs), renewMs }
}

/** Longest lease that a claim may say, in seconds: a day. A longer one would keep a task from everybody after its holder died. */
export const maxTtlSeconds = 86_400

/** The lease that a node writes into its claims, in seconds: what it is set to, or as long as its share of a limited forge's pushes makes it. */
export function ttlSecondsOf({ ttlSeconds, limitedNodes }: { readonly ttlSeconds: number; readonly limitedNodes: number }): number {
  return Math.min(maxTtlSeconds, Math.ceil(timesOfLease(ttlSeconds * 1000, limitedNodes).ttlMs / 1000))
}

/** What a holder knows of its lease: monotonic and wall time at which the last renewal that the forge confirmed was sent. */
export interface Lease {
  readonly sentAt: number
  readonly wallAt: number
}

/** Two readings of the same moment, in milliseconds. */
export interface Moment {
  readonly monotonic: number
  readonly wall: number
}

/**
 * Whether a holder may still work: no model call, tool call or push otherwise.
 *
 * Counts from the sending of the last confirmed renewal. A wall clock that ran ahead of the monotonic one by more than the margin is a lid that
 * was closed: that counts as expiry. One that was set back counts for nothing.
 */
export function mayWork(lease: Lease, times: LeaseTimes, now: Moment): boolean {
  return workLeftMs(lease, times, now) > 0
}

/** How long a holder may still work, in milliseconds; 0 or less: not. */
export function workLeftMs(lease: Lease, { ttlMs, marginMs }: LeaseTimes, now: Moment): number {
  const passed = now.monotonic - lease.sentAt
  const slept = now.wall - lease.wallAt - passed
  return slept > marginMs ? 0 : ttlMs - marginMs - passed
}

/** When the next renewal is due, in milliseconds from `now`; 0 or less: at once. */
export function renewalDueMs(lease: Lease, { renewMs }: LeaseTimes, now: Moment): number {
  return lease.sentAt + renewMs - now.monotonic
}
