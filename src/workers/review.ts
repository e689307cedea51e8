import { Fault } from '../lib/fault.ts'
import type { ProjectDesk } from '../tasks/desk.ts'
import type { ChecksState, PullRequest } from '../tasks/forges/forge.ts'
import { workBranch } from '../tasks/claims/claim-refs.ts'
import type { TaskKey } from '../tasks/task.ts'
import type { BranchStanding } from './rules/branch-standing.ts'
import type { PullVerdict } from './rules/judge-pull.ts'
import { conflictOf, judgePull } from './rules/judge-pull.ts'

interface Waiting {
  readonly signal: AbortSignal
}

/** A task whose work is in review. */
export interface TaskInReview {
  readonly key: TaskKey
  /** What the claim says that its pull request is. */
  readonly pr: string | undefined
}

/** As much of a project as a review needs. */
export type ReviewDesk = Pick<ProjectDesk, 'project' | 'pulls' | 'records'>

export interface ReviewDeps<Desk extends ReviewDesk> {
  /** Whether the work branch of a task is in the base: a pull request of a project without a forge is merged by whoever merges the branch. */
  readonly isMerged: (desk: Desk, task: TaskKey, options: Waiting) => Promise<boolean>
  /** How the work branch of a task stands to its base; without it, what the forge says of conflicts is taken as it is. */
  readonly compareBranches?: (desk: Desk, task: TaskKey, options: Waiting) => Promise<BranchStanding>
}

/** Looks at a pull request, and says what is to be done about it. @throws the faults of a forge and of a git server */
export async function reviewPull<Desk extends ReviewDesk>(
  deps: ReviewDeps<Desk>,
  desk: Desk,
  { signal, ...task }: TaskInReview & Waiting,
): Promise<PullVerdict> {
  const waiting = { signal }
  const pull = await findPull(desk, task, waiting)
  const { records } = desk
  if (records === undefined) {
    if (pull === undefined) return { verdict: 'wait' }
    const checks = pull.state === 'open' ? await checksOf(desk, pull, waiting) : 'none'
    const verdict = judgePull(pull, checks)
    if (verdict.verdict !== 'again' || verdict.reason !== 'conflict') return verdict
    // forges look for conflicts now and then: what was merged since is no reason to begin again
    const isStale = (await deps.compareBranches?.(desk, task.key, waiting)) === 'current'
    return isStale ? judgePull({ ...pull, isConflicted: false }, checks) : verdict
  }
  const standing = await deps.compareBranches?.(desk, task.key, waiting)
  const isIn = standing === undefined ? await deps.isMerged(desk, task.key, waiting) : standing === 'merged'
  if (isIn && pull !== undefined) await records.judgePull(pull.id, { state: 'merged', areChangesRequested: false })
  if (isIn) return { verdict: 'over', reason: 'merged' }
  // as on a forge: who takes the branch away without having merged it does not want it
  const isGone = standing === 'gone'
  if (isGone && pull !== undefined) await records.judgePull(pull.id, { state: 'closed', areChangesRequested: false })
  if (isGone) return { verdict: 'over', reason: 'closed' }
  const verdict: PullVerdict = pull === undefined ? { verdict: 'wait' } : judgePull(pull, 'none')
  // nobody else looks for conflicts where there is no forge
  return verdict.verdict === 'wait' && pull !== undefined && standing === 'conflicted' ? conflictOf(pull) : verdict
}

async function checksOf(desk: ReviewDesk, { checks, commit }: PullRequest, waiting: Waiting): Promise<ChecksState> {
  return checks ?? (commit === undefined ? 'none' : desk.pulls.checks(commit, waiting))
}

async function findPull(desk: ReviewDesk, { key, pr }: TaskInReview, waiting: Waiting): Promise<PullRequest | undefined> {
  if (desk.records !== undefined || pr === undefined)
    return desk.pulls.findPull({ head: workBranch(key), base: desk.project.base }, waiting)
  try {
    return await desk.pulls.pull(pr, waiting)
  } catch (error) {
    if (error instanceof Fault && error.kind === 'missing') return undefined
    throw error
  }
}
