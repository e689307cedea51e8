/** How long versions are kept. */
export interface Retention {
  /** Versions kept of a resource; 0 keeps all. */
  readonly keepVersions: number
  /** Age up to which they are kept, in milliseconds; 0 keeps all. */
  readonly keepMs: number
}

export interface KeptRequest {
  /** The oldest kept so far. */
  readonly first: number
  /** The version about to be written, which is always kept. */
  readonly next: number
  /** The oldest version written at or after a moment; undefined when there is none. */
  readonly firstSince: (at: number) => number | undefined
  readonly now: number
  /** When the version before `next` was written, by its entry; undefined when there is none. */
  readonly newestAt: number | undefined
}

/**
 * The oldest version that stays once `next` is written. Never goes back, and never past `next`.
 *
 * Ages are counted back from the newest entry, and from the wall clock only where that is behind: a clock that jumps ahead drops nothing
 * with the write that sees it.
 */
export function chooseKept({ keepVersions, keepMs }: Retention, { first, next, firstSince, now, newestAt = now }: KeptRequest): number {
  const byCount = keepVersions === 0 ? first : next - keepVersions + 1
  const byAge = keepMs === 0 ? first : (firstSince(Math.min(now, newestAt) - keepMs) ?? next)
  return Math.min(next, Math.max(first, byCount, byAge))
}
