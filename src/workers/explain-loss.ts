import { Fault } from '../lib/fault.ts'
import type { ProjectDesk } from '../tasks/desk.ts'
import type { Task } from '../tasks/task.ts'
import { describeLoss } from './rules/loss.ts'
import type { WorkEnd } from './work-end.ts'

/** The same end; of a claim that was lost it says what became of it, where its forge tells. Never throws for what a forge does. */
export async function explainLoss(
  desk: Pick<ProjectDesk, 'sight' | 'linksSince'>,
  { task, epoch, end }: { readonly task: Task; readonly epoch: number; readonly end: WorkEnd },
  waiting: { readonly signal: AbortSignal },
): Promise<WorkEnd> {
  if (end.end !== 'lost' || waiting.signal.aborted) return end
  try {
    const words = describeLoss(desk.linksSince(await desk.sight(task.key, waiting), undefined), epoch)
    return words === undefined ? end : { ...end, reason: `${end.reason}: ${words}` }
  } catch (error) {
    if (error instanceof Fault || waiting.signal.aborted) return end
    throw error
  }
}
