import { Fault } from '../lib/fault.ts'
import type { ProjectDesk } from './desk.ts'
import type { ProjectId } from './task.ts'

/** A project that could not be looked at, and why. */
export interface FailedProject {
  readonly project: ProjectId
  readonly code: string
  readonly message: string
}

/**
 * Asks each of some projects, one after the other, and gives those that failed: one that is gone hides nothing of the others.
 *
 * @throws the first fault where all failed; the signal's reason
 */
export async function askEach(
  desks: readonly ProjectDesk[],
  ask: (desk: ProjectDesk) => Promise<void>,
  { signal }: { readonly signal: AbortSignal },
): Promise<FailedProject[]> {
  const failed: { readonly project: ProjectId; readonly fault: Fault }[] = []
  for (const desk of desks) {
    try {
      await ask(desk)
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof Fault)) throw error
      failed.push({ project: desk.project.id, fault: error })
    }
  }
  const [first] = failed
  if (first !== undefined && failed.length === desks.length) throw first.fault
  return failed.map(({ project, fault }) => ({ project, code: fault.code, message: fault.message }))
}
