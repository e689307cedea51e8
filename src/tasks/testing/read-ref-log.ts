import { parseClaim } from '../claims/claim.ts'
import type { RefForm } from '../claims/claim-refs.ts'
import { branchRef, closedRef, taskOfRef, workBranchPrefix } from '../claims/claim-refs.ts'
import type { ClosedEntry } from '../claims/closed-chain.ts'
import { parseClosed } from '../claims/closed-chain.ts'
import { parseParents } from '../git/commit.ts'
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
}

/** Where claims may be. Of a task that is claimed in both places the log has two claims of one: that nodes refuse such a project is theirs to show. */
const refForms: readonly RefForm[] = ['native', 'heads']

/** The task of a claim ref, in whatever form; undefined for any other ref. */
export function claimedTask(ref: string): TaskKey | undefined {
  return refForms.map((form) => taskOfRef(form, ref)).find((task) => task !== undefined)
}

/** The task of a branch of work; undefined for any other ref. */
export function workedTask(ref: string): TaskKey | undefined {
  const prefix = branchRef(workBranchPrefix)
  return ref.startsWith(prefix) ? parseTaskKey(ref.slice(prefix.length)) : undefined
}

/** Whether a ref is the chain of what was collected. */
export function isClosedRef(ref: string): boolean {
  return refForms.some((form) => closedRef(form) === ref)
}

/** What the update of one ref means in a log of claims, whichever form they have and whoever moved it; nothing for a ref that is none of theirs. */
export function readUpdate({ ref, old, new: next }: RefUpdate, sources: LogSources): readonly LoggedUpdate[] {
  const claimed = claimedTask(ref)
  if (claimed !== undefined) return [{ on: 'claim', task: claimed, old, new: next }]
  const worked = workedTask(ref)
  if (worked !== undefined) return [{ on: 'work', task: worked, old, new: next }]
  return isClosedRef(ref) ? readClosed(next, old, sources).map((entry) => ({ on: 'closed', ...entry })) : []
}

/** What the closed chain says between two of its heads, newest first. */
export function readClosed(head: ObjectId | undefined, until: ObjectId | undefined, { hive, commit }: LogSources): readonly ClosedEntry[] {
  const found: ClosedEntry[] = []
  for (let at = head; at !== undefined && at !== until;) {
    const bytes = commit(at)
    const said = bytes === undefined ? undefined : parseClosed(bytes)
    if (said?.hive === hive) found.push(...said.closed)
    at = bytes === undefined ? undefined : parseParents(bytes)[0]
  }
  return found
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
