import type { SigningKey } from '../../identity/keys.ts'
import type { HiveId } from '../../journal/entry.ts'
import type { Clock } from '../../lib/clock.ts'
import { emptyTree } from '../git/objects.ts'
import type { GitRemote, RefUpdate } from '../git/remote.ts'
import type { Self } from '../rules/judge-ref.ts'
import type { RefForm } from './claim-refs.ts'
import { claimRef, closedRef } from './claim-refs.ts'
import type { ClosedEntry } from './closed-chain.ts'
import { maxClosedEntries, signClosed } from './closed-chain.ts'
import type { ClaimLedger, TaskSight } from './ledger.ts'

export interface CollectDeps {
  readonly remote: GitRemote
  readonly ledger: ClaimLedger
  readonly key: Pick<SigningKey, 'sign'>
  readonly self: Self
  readonly hive: HiveId
  readonly form: RefForm
  readonly clock: Clock
}

/**
 * Deletes the claim refs of tasks that are done, in one atomic push with their last epochs on the closed chain: all or nothing.
 *
 * False when a ref moved meanwhile; nothing happened then. Whether a task has been done for long enough is for the caller to say.
 *
 * @see docs/protocols/claims.md §7 rule 17
 */
export async function collectClosed(
  deps: CollectDeps,
  done: readonly TaskSight[],
  { signal }: { readonly signal: AbortSignal },
): Promise<boolean> {
  const { remote, ledger, key, self, hive, form, clock } = deps
  const closed = done.slice(0, maxClosedEntries).flatMap(toEntry)
  if (closed.length === 0) return true
  const previous = ledger.closedHead
  const seconds = Math.floor(clock.now() / 1000)
  const link = signClosed({ hive, by: self.peer, previous: previous ?? null, closed, seconds }, key)
  const updates: readonly RefUpdate[] = [
    { ref: closedRef(form), old: previous, new: link.id },
    ...closed.map(({ task, head }) => ({ ref: claimRef(form, task), old: head, new: undefined })),
  ]
  const { refs } = await remote.push({ updates, objects: [link.object, emptyTree], isAtomic: true }, { signal })
  return refs.every(({ result }) => result === 'accepted')
}

function toEntry({ task, value, meaning }: TaskSight): readonly ClosedEntry[] {
  return value === undefined || meaning.meaning !== 'done' ? [] : [{ task, lastEpoch: meaning.holding.epoch, head: value }]
}
