import { emptyLine } from '../rules/request.ts'
import { claimRef } from './claim-refs.ts'
import type { HolderDeps } from './holder.ts'
import type { TaskSight } from './ledger.ts'
import { makeClaim } from './make-claim.ts'
import type { Sent } from './send-request.ts'
import { sendMove } from './send-request.ts'

/** What a person, or whoever sees that a task is over, writes on a chain that is somebody else's. */
export type Interruption = 'break' | 'pause' | 'done'

/**
 * Ends or pauses a holding from outside, by the same compare-and-swap as everything: a person and an agent win or lose cleanly.
 *
 * `break` also ends a pause. Undefined where there is nothing that could be interrupted.
 *
 * @see docs/protocols/claims.md §7 rules 16 and 20
 */
export async function interruptClaim(
  deps: HolderDeps,
  { task, value, chain }: TaskSight,
  { kind, reason, signal }: { readonly kind: Interruption; readonly reason: string; readonly signal: AbortSignal },
): Promise<Sent | undefined> {
  const holding = chain?.state.holding
  if (value === undefined || holding === undefined || chain?.state.unknownLinks !== 0) return undefined
  const { epoch, ttlSeconds, base, branch, issueHash } = holding
  const claim = makeClaim(deps, { task, epoch, ttlSeconds, base, branch, issueHash }, { kind, previous: value, reason })
  return sendMove(deps, emptyLine, { move: { ref: claimRef(deps.form, task), old: value, claim }, signal })
}
