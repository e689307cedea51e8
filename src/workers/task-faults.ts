import { Fault } from '../lib/fault.ts'
import type { Log } from '../lib/log.ts'
import type { ProjectDesk } from '../tasks/desk.ts'
import type { TaskKey } from '../tasks/task.ts'

/** Faults after which nothing else of a project is asked for in this look: the next task would only wait for the same. */
const ofTheServer: ReadonlySet<string> = new Set(['REMOTE_UNREACHABLE', 'REMOTE_DENIED', 'FORGE_LIMITED'])
/** So many tasks for which a forge or git server fails, in one look: it is not the tasks. */
const maxFailures = 3

/** Passes over what faults in one look at a project: a broken task hides no other, and a server that is down is not asked for each of them. */
export class TaskFaults {
  readonly #deps: { readonly log: Log }
  readonly #desk: Pick<ProjectDesk, 'project'>
  #failures = 0

  constructor(deps: { readonly log: Log }, desk: Pick<ProjectDesk, 'project'>) {
    this.#deps = deps
    this.#desk = desk
  }

  /** What a look at one task gives; undefined when it faulted. @throws Fault of what is down for all; the signal's reason; what is no fault */
  async passOver<T>(task: TaskKey, look: () => Promise<T>, { signal }: { readonly signal: AbortSignal }): Promise<T | undefined> {
    try {
      return await look()
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof Fault) || ofTheServer.has(error.code)) throw error
      if (error.kind === 'unavailable' || error.kind === 'timeout') this.#failures += 1
      if (this.#failures >= maxFailures) throw error
      this.#deps.log.warn('a task was passed over', { project: this.#desk.project.id, task, reason: error.message })
      return undefined
    }
  }
}
