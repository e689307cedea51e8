import type { ObjectId } from '../git/objects.ts'
import { emptyLine } from '../rules/request.ts'
import type { StoredChain } from './chain-store.ts'
import { claimRef } from './claim-refs.ts'
import type { HolderDeps } from './holder.ts'
import { ClaimHolder } from './holder.ts'
import type { ClaimTerms } from './make-claim.ts'
import { makeClaim } from './make-claim.ts'
import { sendMove, withPatience } from './send-request.ts'

/** What is tried: from exactly this value, with this epoch, as a `ClaimLedger` judged it after reading the closed chain. */
export interface ClaimAttempt {
  readonly terms: ClaimTerms
  readonly value: ObjectId | undefined
  /** The chain that ends at the value, as it was read. */
  readonly chain?: Pick<StoredChain, 'commits'> | undefined
  readonly reason?: string
  readonly pr?: string
}

/** How an attempt ended. */
export type AttemptResult =
  | { readonly result: 'held'; readonly holder: ClaimHolder }
  | { readonly result: 'lost'; readonly value: ObjectId | undefined }
  | { readonly result: 'refused'; readonly cause: 'policy' | 'moved' | 'contention'; readonly reason: string }
  /** The request may still take effect: whoever looks for our claims finds it then, and resumes or releases it. */
  | { readonly result: 'unknown'; readonly reason: string }

/**
 * Tries to win a task: one compare-and-swap, sent until its outcome is known, or a minute is over.
 *
 * Who won looks again at the issue before any work: rule 6 is the caller's.
 *
 * @see docs/protocols/claims.md §3
 */
export async function tryClaim(
  deps: HolderDeps,
  attempt: ClaimAttempt,
  { signal }: { readonly signal: AbortSignal },
): Promise<AttemptResult> {
  const { terms, value, chain, reason, pr } = attempt
  const claim = makeClaim(deps, terms, { kind: value === undefined ? 'claim' : 'takeover', previous: value, reason, pr })
  const move = { ref: claimRef(deps.form, terms.task), old: value, claim }
  const line = { ...emptyLine, own: [...(chain?.commits.keys() ?? [])] }
  const sent = await sendMove(deps, line, { move, signal: withPatience(deps.clock, terms.ttlSeconds, signal) })
  switch (sent.result) {
    case 'accepted': {
      const lease = { sentAt: sent.sentAt, wallAt: sent.wallAt }
      return { result: 'held', holder: new ClaimHolder(deps, { terms, line: sent.line, lease, began: claim.id, link: claim }) }
    }
    case 'lost':
    case 'regressed':
      return { result: 'lost', value: sent.value }
    case 'refused':
      return { result: 'refused', cause: sent.cause, reason: sent.reason }
    case 'unknown':
      return { result: 'unknown', reason: sent.reason }
  }
}
