/** What one reviewer said, in the order in which it was said. */
export interface SaidReview {
  readonly author: { readonly name: string; readonly isTrusted: boolean }
  /** `APPROVED`, `CHANGES_REQUESTED` or Gitea's `REQUEST_CHANGES`, `DISMISSED`, `COMMENTED`, … */
  readonly state: string
  /** Whether it is about the commit that the branch is at now. */
  readonly isOfCommit: boolean
}

const deciding = new Set(['APPROVED', 'CHANGES_REQUESTED', 'REQUEST_CHANGES', 'DISMISSED'])

/**
 * Whether somebody who may ask for changes did, of the work as it is now, and has not approved since.
 *
 * What was said of an older commit has been answered by the newer one; else the same words would start work for ever.
 */
export function areChangesRequested(reviews: readonly SaidReview[]): boolean {
  const last = new Map<string, SaidReview>()
  for (const review of reviews) if (review.author.isTrusted && deciding.has(review.state)) last.set(review.author.name, review)
  return [...last.values()].some(({ state, isOfCommit }) => isOfCommit && (state === 'CHANGES_REQUESTED' || state === 'REQUEST_CHANGES'))
}
