import { Fault } from '../lib/fault.ts'
import type { Log } from '../lib/log.ts'
import type { ClaimHolder } from '../tasks/claims/holder.ts'
import type { Forge } from '../tasks/forges/forge.ts'
import { isRework } from '../tasks/rules/reasons.ts'
import type { Task } from '../tasks/task.ts'
import { formatFeedback } from './rules/feedback-text.ts'

export interface FeedbackDeps {
  readonly log: Log
  readonly forge: Pick<Forge, 'findPull' | 'feedback'>
}

/** A task that was taken up. */
export interface TakenTask {
  readonly task: Task
  readonly holder: Pick<ClaimHolder, 'terms'>
  /** The reason its claim was taken with, as the chain says it. */
  readonly reason?: string | undefined
}

/**
 * What reviewers and checks said of the pull request for whose sake a task was taken up again, in words for the agent; undefined for other tasks, and
 * where nothing was said. A forge that does not tell keeps nobody from the work: the agent knows the cause.
 *
 * @throws the signal's reason
 */
export async function readFeedback(
  { log, forge }: FeedbackDeps,
  { task, holder, reason }: TakenTask,
  waiting: { readonly signal: AbortSignal },
): Promise<string | undefined> {
  if (!isRework(reason)) return undefined
  const { branch: head, base } = holder.terms
  try {
    const pull = await forge.findPull({ head, base }, waiting)
    return pull === undefined ? undefined : formatFeedback(await forge.feedback(pull.id, waiting))
  } catch (error) {
    waiting.signal.throwIfAborted()
    if (!(error instanceof Fault)) throw error
    log.warn('what was said of a pull request is not known', { task: task.key, reason: error.message })
    return undefined
  }
}
