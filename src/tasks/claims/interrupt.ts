import { extendChain } from '../rules/chain.ts'
import { emptyLine } from '../rules/request.ts'
import { claimRef } from './claim-refs.ts'
import type { HolderDeps } from './holder.ts'
import type { TaskSight } from './ledger.ts'
import { makeClaim } from './make-claim.ts'
import type { Sent } from './send-request.ts'
import { sendMove, withPatience } from './send-request.ts'

/** What a person, or whoever sees that a task is over, writes on a chain that is somebody else's. */
export type Interruption = 'break' | 'pause' | 'done'

/** How it ended. */
export type InterruptResult =
  | Sent
  /** The chain says so already. */
  | { readonly result: 'already' }
  /** The word may not stand there; nothing was sent. `reason` is for people. */
  | { readonly result: 'forbidden'; readonly reason: string }

/**
 * Ends or pauses a holding from outside, by the same compare-and-swap as everything: a person and an agent win or lose cleanly.
 *
 * `break` also ends a pause. What the rules do not let stand is never sent: it would make the chain one of an unknown holder.
 *
 * @see docs/protocols/claims.md §2, §9 rules 16 and 20
 */
export async function interruptClaim(
  deps: HolderDeps,
  { task, value, chain }: TaskSight,
  { kind, reason, signal }: { readonly kind: Interruption; readonly reason: string; readonly signal: AbortSignal },
): Promise<InterruptResult> {
  const state = chain?.state
  if (value === undefined) return { result: 'forbidden', reason: 'nobody holds it' }
  if (state === undefined) return { result: 'forbidden', reason: 'the git server does not give its claim now' }
  const { holding } = state
  if (holding === undefined || state.unknownLinks > 0) return { result: 'forbidden', reason: 'it is held by somebody unknown' }
  if (holding.kind === kind && kind !== 'break') return { result: 'already' }
  const { epoch, ttlSeconds, base, branch, issueHash } = holding
  const claim = makeClaim(deps, { task, epoch, ttlSeconds, base, branch, issueHash }, { kind, previous: value, reason })
  const { hive, project } = deps
  // an epoch that is collected matters to first claims alone
  const after = extendChain(state, { id: claim.id, document: claim.document }, { hive, project, task, closedEpoch: 0 })
  if (after.unknownLinks > 0)
    return { result: 'forbidden', reason: `${holding.holder} works on it; \`althing task break\` ends that first` }
  const move = { ref: claimRef(deps.form, task), old: value, claim }
  return sendMove(deps, emptyLine, { move, signal: withPatience(deps.clock, ttlSeconds, signal) })
}
