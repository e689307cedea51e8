import { Fault } from '../lib/fault.ts'
import type { ProjectDesk } from '../tasks/desk.ts'
import type { PullRequest } from '../tasks/forges/forge.ts'
import { workBranch } from '../tasks/claims/claim-refs.ts'
import type { TaskKey } from '../tasks/task.ts'
import type { PullVerdict } from './rules/judge-pull.ts'
import { judgePull } from './rules/judge-pull.ts'

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
}

/** Looks at a pull request, and says what is to be done about it. @throws the faults of a forge and of a git server */
export async function reviewPull<Desk extends ReviewDesk>(
  { isMerged }: ReviewDeps<Desk>,
  desk: Desk,
  { signal, ...task }: TaskInReview & Waiting,
): Promise<PullVerdict> {
  const waiting = { signal }
  const pull = await findPull(desk, task, waiting)
  const { records } = desk
  if (records === undefined) {
    if (pull === undefined) return { verdict: 'wait' }
    const checks = pull.commit === undefined || pull.state !== 'open' ? 'none' : await desk.pulls.checks(pull.commit, waiting)
    return judgePull(pull, checks)
  }
  const isIn = await isMerged(desk, task.key, waiting)
  if (isIn && pull !== undefined) await records.judgePull(pull.id, { state: 'merged', areChangesRequested: false })
  if (isIn) return { verdict: 'over', reason: 'merged' }
  const verdict: PullVerdict = pull === undefined ? { verdict: 'wait' } : judgePull(pull, 'none')
  // taken up by this: else the same words would start work for ever
  if (verdict.verdict === 'again' && pull !== undefined) await records.judgePull(pull.id, { state: 'open', areChangesRequested: false })
  return verdict
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
