import type { ObjectId } from '../../tasks/git/objects.ts'
import type { TaskKey } from '../../tasks/task.ts'
import type { BranchStanding } from '../rules/branch-standing.ts'
import type { Mirror } from './mirror.ts'

/**
 * How one commit stands to the one it is to be merged into. What has no history in common cannot be merged, and counts as a conflict.
 *
 * @throws Fault GIT_FAILED: a disk that is full, or a git that is too old, says nothing of the branch
 */
export async function standingOf(
  mirror: Pick<Mirror, 'contains' | 'areRelated' | 'merge'>,
  { base, branch }: { readonly base: ObjectId; readonly branch: ObjectId },
  waiting: { readonly signal: AbortSignal },
): Promise<BranchStanding> {
  if (await mirror.contains(base, branch, waiting)) return 'merged'
  if (await mirror.contains(branch, base, waiting)) return 'current'
  if (!(await mirror.areRelated(base, branch, waiting))) return 'conflicted'
  return (await mirror.merge(branch, base, waiting)).conflicts.length === 0 ? 'behind' : 'conflicted'
}

/** How a work branch that is not there any more stood to its base, by what the work's own commits say of their task. */
export async function standingOfGone(
  mirror: Pick<Mirror, 'mentions'>,
  { base, task }: { readonly base: ObjectId; readonly task: TaskKey },
  waiting: { readonly signal: AbortSignal },
): Promise<BranchStanding> {
  return (await mirror.mentions(base, `Task: ${task}`, waiting)) ? 'merged' : 'gone'
}
