import type { ChecksState, PullRequest } from '../../tasks/forges/forge.ts'
import type { ClaimReason } from '../../tasks/rules/reasons.ts'

/** What is to be done about a pull request in review. */
export type PullVerdict =
  | { readonly verdict: 'wait' }
  /** It was merged, or closed by a person: the task is over. */
  | { readonly verdict: 'over'; readonly reason: Extract<ClaimReason, 'merged' | 'closed'> }
  /** It needs more work; `because` is told to whoever does it. */
  | {
      readonly verdict: 'again'
      readonly reason: Extract<ClaimReason, 'ci-failed' | 'changes-requested' | 'conflict'>
      readonly because: string
    }

/** Judges a pull request by what its forge says. What a person asked for comes before what a machine says. @see docs/protocols/claims.md §9 rule 16 */
export function judgePull(pull: PullRequest, checks: ChecksState): PullVerdict {
  if (pull.state === 'merged') return { verdict: 'over', reason: 'merged' }
  if (pull.state === 'closed') return { verdict: 'over', reason: 'closed' }
  if (pull.areChangesRequested)
    return { verdict: 'again', reason: 'changes-requested', because: `a reviewer asked for changes; ${pull.url} says which` }
  if (pull.isConflicted) return conflictOf(pull)
  if (checks === 'red') return { verdict: 'again', reason: 'ci-failed', because: `a check of ${pull.url} failed` }
  return { verdict: 'wait' }
}

/** What is to be done about a pull request that its base has moved away from. */
export function conflictOf({ url, base }: Pick<PullRequest, 'url' | 'base'>): PullVerdict {
  return { verdict: 'again', reason: 'conflict', because: `${url} conflicts with ${base}, which is to be merged into it` }
}
