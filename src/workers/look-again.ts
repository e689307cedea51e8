import type { ClaimHolder } from '../tasks/claims/holder.ts'
import type { PullRequest } from '../tasks/forges/forge.ts'
import { formatReason, isRework } from '../tasks/rules/reasons.ts'
import type { PullRequests } from '../tasks/source.ts'
import type { Task } from '../tasks/task.ts'
import { listHoldings } from './rules/pull-text.ts'
import type { WorkEnd } from './work-end.ts'

interface Waiting {
  readonly signal: AbortSignal
}

export interface LookAgainDeps {
  /** Why a task is no task any more, as a reason to release; undefined while it is one. */
  readonly findObstacle: (task: Task, options: Waiting) => Promise<string | undefined>
  readonly forge: Pick<PullRequests, 'findPull' | 'listMerged'>
}

/** A task that was just won. */
export interface WonTask {
  readonly task: Task
  readonly holder: Pick<ClaimHolder, 'terms'>
  /** The reason its claim was taken with, as the chain says it. */
  readonly reason?: string | undefined
  /** Holdings of its chain whose work may be merged without the chain saying so, each by the commit that began it. */
  readonly unsettled?: readonly string[]
}

/** What is to be done with a task that is held. */
export type SecondLook =
  | { readonly look: 'work' }
  /** It is no task any more. */
  | { readonly look: 'release'; readonly reason: string }
  /** Its work is in a pull request that waits for people: it goes back into review. */
  | { readonly look: 'adopt'; readonly pull: PullRequest }
  /** Its work was merged before its claim said that it waits for people: it is over. */
  | { readonly look: 'merged'; readonly url: string; readonly holding: string }

/**
 * Looks at a task once more, after it was won and before any work: while the claim was on its way the issue may have been closed or changed, and
 * who held it before may have opened the pull request, which a person may have merged since.
 *
 * @throws the faults of a forge
 * @see docs/protocols/claims.md §3
 */
export async function lookAgain(deps: LookAgainDeps, won: WonTask, waiting: Waiting): Promise<SecondLook> {
  const obstacle = await deps.findObstacle(won.task, waiting)
  if (obstacle !== undefined) return { look: 'release', reason: obstacle }
  const { branch: head, base } = won.holder.terms
  const pull = isRework(won.reason) ? undefined : await deps.forge.findPull({ head, base }, waiting)
  return pull === undefined ? findMerged(deps, won, waiting) : { look: 'adopt', pull }
}

/**
 * The same before work is shown to anybody: the request of who held it before may have come to the forge while this work was done. A pull request
 * that is open then is adopted when one is opened.
 *
 * @throws the faults of a forge
 */
export async function lookBeforeShowing(
  deps: LookAgainDeps,
  won: WonTask,
  waiting: Waiting,
): Promise<Exclude<SecondLook, { readonly look: 'adopt' }>> {
  const obstacle = await deps.findObstacle(won.task, waiting)
  return obstacle === undefined ? findMerged(deps, won, waiting) : { look: 'release', reason: obstacle }
}

async function findMerged(
  { forge }: LookAgainDeps,
  { holder, unsettled = [] }: WonTask,
  waiting: Waiting,
): Promise<Extract<SecondLook, { readonly look: 'work' | 'merged' }>> {
  const { branch: head, base } = holder.terms
  const merged = unsettled.length === 0 ? [] : await forge.listMerged({ head, base }, waiting)
  for (const { url, body } of merged) {
    // what was merged before somebody wanted the task again names none of them
    const holding = listHoldings(body).find((named) => unsettled.includes(named))
    if (holding !== undefined) return { look: 'merged', url, holding }
  }
  return { look: 'work' }
}

/** Says that a task is over whose work was merged. Says nothing where the claim is not ours any more. */
export async function endMerged(
  holder: Pick<ClaimHolder, 'done'>,
  { url, holding }: Pick<Extract<SecondLook, { readonly look: 'merged' }>, 'url' | 'holding'>,
  waiting: Waiting,
): Promise<WorkEnd> {
  const sent = await holder.done(formatReason('merged', url), waiting)
  if (sent.result === 'accepted') return { end: 'merged', url, holding }
  return { end: 'lost', reason: `the pull request ${url} is merged, and the claim is ${sent.result}` }
}
