import { parseClaim } from '../claims/claim.ts'
import { closedRef, taskOfRef } from '../claims/claim-refs.ts'
import { parseClosed } from '../claims/closed-chain.ts'
import type { ObjectId } from '../git/objects.ts'
import type { RefUpdate } from '../git/remote.ts'
import type { LoggedLink, LoggedPull, LoggedUpdate } from '../rules/ref-log.ts'
import type { TaskKey } from '../task.ts'
import { parseTaskKey } from '../task.ts'
import type { HiveId } from '../../journal/entry.ts'

/** What is known of a server's objects when its log is read. */
export interface LogSources {
  readonly hive: HiveId
  /** Bytes of a commit. */
  readonly commit: (id: ObjectId) => Uint8Array | undefined
  /** Whether a commit of a work branch has another among its ancestors. */
  readonly isAncestor: (ancestor: ObjectId, id: ObjectId) => boolean
}

/** What the update of one ref means in a log of claims; nothing for a ref that is none of theirs. */
export function readUpdate({ ref, old, new: next }: RefUpdate, { hive, commit, isAncestor }: LogSources): readonly LoggedUpdate[] {
  const claimed = taskOfRef('native', ref)
  if (claimed !== undefined) return [{ on: 'claim', task: claimed, old, new: next }]
  const worked = parseTaskKey(/^refs\/heads\/althing\/(.+)$/.exec(ref)?.[1] ?? '')
  if (worked !== undefined) {
    const isExtended = old === undefined || next === undefined || isAncestor(old, next)
    return [{ on: 'work', task: worked, old, new: next, isExtended }]
  }
  const bytes = ref === closedRef('native') && next !== undefined ? commit(next) : undefined
  const said = bytes === undefined ? undefined : parseClosed(bytes)
  return said?.hive === hive ? said.closed.map((entry) => ({ on: 'closed', ...entry })) : []
}

/** A commit that was under a claim ref. */
export function readLink(id: ObjectId, bytes: Uint8Array | undefined): LoggedLink {
  const parsed = bytes === undefined ? undefined : parseClaim(bytes)
  if (parsed === undefined) return { id, document: undefined, previous: undefined }
  if (!parsed.isClaim) return { id, document: undefined, previous: parsed.parents.length === 1 ? parsed.parents[0] : undefined }
  const { document } = parsed.claim
  return { id, document, previous: document.previous ?? undefined }
}

/** When people had what they wanted of a task: a pull request of it was merged, or the log ends. */
export function untilMerged(pulls: readonly LoggedPull[], task: TaskKey, endsAt: number): number {
  return Math.min(endsAt, ...pulls.filter((pull) => pull.task === task).map(({ until }) => until))
}
