import type { TaskSight } from './ledger.ts'
import { emptyLine } from '../rules/request.ts'
import { claimRef } from './claim-refs.ts'
import type { HolderDeps } from './holder.ts'
import { ClaimHolder } from './holder.ts'
import { makeClaim } from './make-claim.ts'
import type { ClaimTerms } from './make-claim.ts'
import { sendMove, withPatience } from './send-request.ts'
import type { AttemptResult } from './try-claim.ts'

/** What a node says of another process that holds a claim by its key. Only it can know. */
export type OtherProcess =
  /** It ran here and is gone. */
  | 'gone'
  /** It runs elsewhere, or nobody can say: the key was copied. Nothing is done but an alarm. */
  | 'copied'

/** How a claim of our key that we did not know of goes on. */
export type ResumeResult = AttemptResult | { readonly result: 'copied-key'; readonly process: string }

/**
 * Takes up a claim that our key holds: what a crash left, or a request that arrived after we gave it up. Renewed under our process first.
 *
 * @see docs/protocols/claims.md §9 rules 5 and 19
 */
export async function resumeClaim(
  deps: HolderDeps,
  { task, value, chain, meaning }: TaskSight,
  { signal, other }: { readonly signal: AbortSignal; readonly other: OtherProcess },
): Promise<ResumeResult> {
  if ((meaning.meaning !== 'ours' && meaning.meaning !== 'ours-elsewhere') || value === undefined) return { result: 'lost', value }
  const { holding } = meaning
  if (meaning.meaning === 'ours-elsewhere' && other === 'copied') return { result: 'copied-key', process: holding.process }
  const { epoch, ttlSeconds, base, branch, issueHash } = holding
  const terms: ClaimTerms = { task, epoch, ttlSeconds, base, branch, issueHash }
  const claim = makeClaim(deps, terms, { kind: 'renew', previous: value })
  const line = { ...emptyLine, known: value, own: [...(chain?.commits.keys() ?? [value])] }
  const move = { ref: claimRef(deps.form, task), old: value, claim }
  const sent = await sendMove(deps, line, { move, signal: withPatience(deps.clock, ttlSeconds, signal) })
  switch (sent.result) {
    case 'accepted': {
      const lease = { sentAt: sent.sentAt, wallAt: sent.wallAt }
      return { result: 'held', holder: new ClaimHolder(deps, { terms, line: sent.line, lease, began: holding.began, link: claim }) }
    }
    case 'refused':
      return { result: 'refused', cause: sent.cause, reason: sent.reason }
    case 'unknown':
      return { result: 'unknown', reason: sent.reason }
    case 'lost':
    case 'regressed':
      return { result: 'lost', value: sent.value }
  }
}
