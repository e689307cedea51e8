import type { Fault } from '../../lib/fault.ts'
import type { WorkerOutcome } from '../driver.ts'

/** Faults of a model that are the node's, not the task's: what it may not use, cannot pay for, or does not have. */
const ofTheNode: ReadonlySet<string> = new Set(['MODEL_DENIED', 'MODEL_MISSING', 'PRICE_UNKNOWN'])

/**
 * How a run ends whose model could not be asked. What is down, busy or not to be had for any task is no failure of this one.
 *
 * A budget of one task or call is a person's word, and only a person can raise it; that of a day or month is open again by itself.
 */
export function judgeModelFault(fault: Pick<Fault, 'code' | 'kind' | 'data'>): Exclude<WorkerOutcome['outcome'], 'done'> {
  if (fault.code === 'BUDGET_SPENT') return fault.data['period'] === 'day' || fault.data['period'] === 'month' ? 'hindered' : 'needs-human'
  if (fault.kind === 'unavailable' || fault.kind === 'timeout' || ofTheNode.has(fault.code)) return 'hindered'
  return 'failed'
}
