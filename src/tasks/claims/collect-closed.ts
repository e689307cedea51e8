import type { SigningKey } from '../../identity/keys.ts'
import type { HiveId } from '../../journal/entry.ts'
import type { Clock } from '../../lib/clock.ts'
import { emptyTree } from '../git/objects.ts'
import type { GitRemote, RefUpdate } from '../git/remote.ts'
import type { Self } from '../rules/judge-ref.ts'
import { parseClaim } from './claim.ts'
import type { RefForm } from './claim-refs.ts'
import { claimRef, closedRef } from './claim-refs.ts'
import type { ClosedEntry } from './closed-chain.ts'
import { maxClosedEntries, maxClosedEpoch, signClosed } from './closed-chain.ts'
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
 * @see docs/protocols/claims.md §5
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

/**
 * Tasks that are over, and whose last link was written so long ago; at most as many as go into one push.
 *
 * The writer's clock and ours are only roughly right. One that runs ahead collects earlier, which loses no epoch: the closed chain keeps
 * it, and a first claim that is still on its way then makes a chain of an unknown holder.
 */
export function findCollectable(
  sights: readonly TaskSight[],
  { now, afterMs }: { readonly now: number; readonly afterMs: number },
): readonly TaskSight[] {
  return sights.filter((sight) => sight.meaning.meaning === 'done' && now - endOf(sight) >= afterMs).slice(0, maxClosedEntries)
}

/** Wall time of the newest link, in milliseconds. */
function endOf({ value, chain }: TaskSight): number {
  const bytes = value === undefined ? undefined : chain?.commits.get(value)
  const parsed = bytes === undefined ? undefined : parseClaim(bytes)
  return parsed?.isClaim === true ? Date.parse(parsed.claim.document.at) : Number.POSITIVE_INFINITY
}

function toEntry({ task, value, meaning }: TaskSight): readonly ClosedEntry[] {
  if (value === undefined || meaning.meaning !== 'done' || meaning.holding.epoch > maxClosedEpoch) return []
  return [{ task, lastEpoch: meaning.holding.epoch, head: value }]
}
