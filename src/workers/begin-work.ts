import type { ClaimTerms } from '../tasks/claims/make-claim.ts'
import { LeaseLost } from '../tasks/claims/keep-lease.ts'
import type { ObjectId } from '../tasks/git/objects.ts'
import { formatReason } from '../tasks/rules/reasons.ts'
import type { BaseMerge } from './merge-base.ts'
import { draftMerge } from './merge-base.ts'
import type { CommitAuthor, Mirror } from './trees/mirror.ts'
import type { Worktree, WorktreeDeps, WorktreeOptions } from './trees/worktree.ts'
import { openWorktree } from './trees/worktree.ts'

/** Where the work branch and its base stood when work began. */
export interface Start {
  readonly base: ObjectId
  readonly branch: ObjectId | undefined
  /** The merge of the two that is part of the work. */
  readonly merge: BaseMerge | undefined
  readonly worktree: Worktree
}

export interface BeginDeps extends WorktreeDeps {
  readonly mirror: Mirror
}

export interface BeginOptions extends WorktreeOptions {
  /** Who a draft of a merge is by. */
  readonly author: CommitAuthor
  /** Whether the task was taken up for its merge with the base. */
  readonly isMergeWanted: boolean
}

/**
 * Brings the branches of a task here, and checks out what its work goes on from.
 *
 * @throws `LeaseLost` where there is nothing to work on; Fault GIT_FAILED, DISK_FULL; the signal's reason
 */
export async function beginWork(deps: BeginDeps, terms: Pick<ClaimTerms, 'base' | 'branch'>, options: BeginOptions): Promise<Start> {
  const { mirror } = deps
  const { author, isMergeWanted: isWanted, signal } = options
  const heads = await fetchHeads(deps, [terms.base, terms.branch], options)
  const [base, branch] = [heads.get(terms.base), heads.get(terms.branch)]
  if (base === undefined)
    throw new LeaseLost(`there is no branch ${terms.base}`, formatReason('failed', `there is no branch ${terms.base}`))
  const merge = branch === undefined ? undefined : await draftMerge(mirror, { branch, base, author, isWanted }, { signal })
  return { base, branch, merge, worktree: await openWorktree(deps, mirror, merge?.draft ?? branch ?? base, options) }
}

async function fetchHeads(
  { mirror, findFullDisk }: Pick<BeginDeps, 'mirror' | 'findFullDisk'>,
  branches: readonly string[],
  { signal, maxPackBytes }: Pick<BeginOptions, 'signal' | 'maxPackBytes'>,
): Promise<ReadonlyMap<string, ObjectId>> {
  try {
    return await mirror.fetch(branches, { signal })
  } catch (error) {
    signal.throwIfAborted()
    throw (await findFullDisk(mirror.path, { leastBytes: maxPackBytes, cause: error })) ?? error
  }
}
