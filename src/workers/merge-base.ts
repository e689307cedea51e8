import { Fault } from '../lib/fault.ts'
import type { ObjectId } from '../tasks/git/objects.ts'
import { formatReason } from '../tasks/rules/reasons.ts'
import { LeaseLost } from '../tasks/claims/keep-lease.ts'
import type { PullFacts } from './rules/pull-text.ts'
import type { CommitAuthor, Mirror } from './trees/mirror.ts'

/** A merge of the base into a work branch, as far as git could make it. */
export interface BaseMerge {
  /** The branch, then the base. */
  readonly parents: readonly [ObjectId, ObjectId]
  /** What git made of the two, with marks where it could not; never pushed. */
  readonly draft: ObjectId
  /** Paths with marks. */
  readonly conflicts: readonly string[]
}

export interface MergeRequest {
  readonly branch: ObjectId
  readonly base: ObjectId
  readonly author: CommitAuthor
  /** Whether the task was taken up for it: then the merge is what is to be done, also where git needs nobody for it. */
  readonly isWanted: boolean
}

/**
 * The merge that a work branch needs before it can go on; undefined when it needs none.
 *
 * @throws `LeaseLost` when it is wanted and git cannot begin it; the signal's reason
 * @see docs/protocols/claims.md §3
 */
export async function draftMerge(
  mirror: Pick<Mirror, 'merge' | 'commit' | 'contains'>,
  { branch, base, author, isWanted }: MergeRequest,
  { signal }: { readonly signal: AbortSignal },
): Promise<BaseMerge | undefined> {
  if (await mirror.contains(branch, base, { signal })) return undefined
  try {
    const { tree, conflicts } = await mirror.merge(branch, base, { signal })
    if (conflicts.length === 0 && !isWanted) return undefined
    const parents = [branch, base] as const
    const draft = await mirror.commit({ tree, parents, message: 'A merge that is not finished\n', author }, { signal })
    return { parents, draft, conflicts }
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof Fault)) throw error
    if (!isWanted) return undefined
    throw new LeaseLost(error.message, formatReason('failed', error.message))
  }
}

/** Of the paths in conflict, those in which marks are left. */
export async function listMarked(
  mirror: Pick<Mirror, 'listMarked'>,
  merge: BaseMerge | undefined,
  commit: ObjectId | undefined,
  waiting: { readonly signal: AbortSignal },
): Promise<readonly string[]> {
  if (merge === undefined || commit === undefined) return []
  return mirror.listMarked({ from: merge.parents[0], to: commit, paths: merge.conflicts }, waiting)
}

/** What came of a merge that git made by itself. */
export function outcomeOfMerge({ base, branch }: { readonly base: string; readonly branch: string }): PullFacts['outcome'] {
  return { outcome: 'done', title: `Merge ${base} into ${branch}`, summary: 'Git merged the two without a conflict.', decision: undefined }
}

/** Most paths that an agent is told by name. */
const maxNamed = 50

/** What an agent is told of a merge it has to finish, after why the task was taken up again. Paths are data of others. */
export function describeMerge(
  { conflicts }: Pick<BaseMerge, 'conflicts'>,
  { base, because }: { readonly base: string; readonly because: string | undefined },
): string {
  const named = conflicts.slice(0, maxNamed).map((path) => JSON.stringify(path))
  const others = conflicts.length > maxNamed ? ` and ${conflicts.length - maxNamed} more` : ''
  const merge = `${base} is being merged into the branch, and both changed the same in ${named.join(', ')}${others}. Marks of conflicts (<<<<<<<, =======, >>>>>>>) stand there: keep what both sides wanted, and leave no mark.`
  return because === undefined ? merge : `${because}. ${merge}`
}
