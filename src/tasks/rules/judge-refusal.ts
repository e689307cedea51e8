/** What kind of refusal a server's own words tell of. Only said when the claim is still ours, and only for what to try next. */
export type RefusalCause =
  /** Somebody else moved a ref at the same moment: try again. */
  | 'contention'
  /** A hook, a protected branch, a right that is missing: trying again changes nothing. */
  | 'policy'

/**
 * The cause of a refusal. The protocol has no codes, only words; words that nobody knows count as contention, which gives up after some tries.
 *
 * @see https://git-scm.com/docs/gitprotocol-pack#_report_status
 */
export function judgeRefusal(reason: string): RefusalCause {
  return /hook declined|protected|prohibited|not allowed|denied|denying|permission|policy|GH0\d\d|hidden ref|cannot be deleted|funny refname/i.test(
    reason,
  )
    ? 'policy'
    : 'contention'
}

/** Longest time between two tries, in milliseconds. */
export const maxBackoffMs = 300_000

/** Time before the next try after `failures` in a row, in milliseconds: 1 s doubling to 5 min, jittered to 50–100 %. */
export function backoffMs(failures: number, fraction: number): number {
  const whole = Math.min(maxBackoffMs, 1_000 * 2 ** Math.min(failures, 20))
  return whole * (0.5 + fraction / 2)
}

/** Failures in a row after which a claim is given up: tries of one move that contention refuses, and renewals that a policy refuses. */
export const maxFailuresInRow = 10
