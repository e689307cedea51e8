import type { ClaimHolder } from '../tasks/claims/holder.ts'
import type { Task } from '../tasks/task.ts'
import type { WorkEnd } from './work-end.ts'

/** A task that is held, and why it was taken up again. */
export interface WorkerHolding {
  readonly task: Task
  readonly holder: ClaimHolder
  readonly resumedBecause: string | undefined
  /** The reason its claim was taken with, as the chain says it; undefined for a first claim. */
  readonly reason?: string | undefined
  /** Holdings of its chain whose work may be merged without the chain saying so, each by the commit that began it; this one among them where it goes on. */
  readonly unsettled?: readonly string[]
}

/** What happens, told as it does. */
export type WorkerNews =
  | { readonly news: 'took'; readonly task: Task; readonly epoch: number }
  | { readonly news: 'ended'; readonly task: Task; readonly end: WorkEnd }
  | { readonly news: 'merged'; readonly task: Task }
  | { readonly news: 'idle'; readonly reason: string }
