import type { ClaimHolder } from '../tasks/claims/holder.ts'
import type { PullRequest } from '../tasks/forges/forge.ts'
import { isRework } from '../tasks/rules/reasons.ts'
import type { PullRequests } from '../tasks/source.ts'
import type { Task } from '../tasks/task.ts'

interface Waiting {
  readonly signal: AbortSignal
}

export interface LookAgainDeps {
  /** Why a task is no task any more, as a reason to release; undefined while it is one. */
  readonly findObstacle: (task: Task, options: Waiting) => Promise<string | undefined>
  readonly forge: Pick<PullRequests, 'findPull'>
}

/** A task that was just won. */
export interface WonTask {
  readonly task: Task
  readonly holder: Pick<ClaimHolder, 'terms'>
  /** The reason its claim was taken with, as the chain says it. */
  readonly reason?: string | undefined
}

/** What is to be done with a task that was just won. */
export type SecondLook =
  | { readonly look: 'work' }
  /** It is no task any more. */
  | { readonly look: 'release'; readonly reason: string }
  /** Its work is in a pull request that waits for people: it goes back into review. */
  | { readonly look: 'adopt'; readonly pull: PullRequest }

/**
 * Looks at a task once more, after it was won and before any work: while the claim was on its way the issue may have been closed or changed, and
 * who held it before may have opened the pull request.
 *
 * @throws the faults of a forge
 * @see docs/protocols/claims.md §3
 */
export async function lookAgain(
  { findObstacle, forge }: LookAgainDeps,
  { task, holder, reason }: WonTask,
  waiting: Waiting,
): Promise<SecondLook> {
  const obstacle = await findObstacle(task, waiting)
  if (obstacle !== undefined) return { look: 'release', reason: obstacle }
  if (isRework(reason)) return { look: 'work' }
  const { branch: head, base } = holder.terms
  const pull = await forge.findPull({ head, base }, waiting)
  return pull === undefined ? { look: 'work' } : { look: 'adopt', pull }
}
