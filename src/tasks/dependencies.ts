import type { Clock } from '../lib/clock.ts'
import { Fault } from '../lib/fault.ts'
import type { NeededTasks } from './rules/choose-task.ts'
import { dependenciesOfTask } from './rules/choose-task.ts'
import type { TaskSource } from './source.ts'
import type { Task, TaskKey } from './task.ts'
import { parseTaskKey } from './task.ts'

interface Waiting {
  readonly signal: AbortSignal
}

export interface DependenciesDeps {
  readonly clock: Clock
  /** The tasks of the project itself. */
  readonly source: Pick<TaskSource, 'find'>
  /** The tasks of another project, by the end of its name; undefined when this node has no such project, or several. */
  readonly findSource: (project: string) => Pick<TaskSource, 'find'> | undefined
}

export interface DependenciesOptions {
  /** How long something must have been nowhere before it is said to be missing, in milliseconds. */
  readonly patienceMs: number
}

/** How long a task that is over is taken for over without another look, in milliseconds. */
const restMs = 300_000
/** Most names that are remembered. */
const maxNames = 10_000

/**
 * Looks after what the tasks of one project depend on, in this project and in others of this node.
 *
 * What cannot be looked at now counts as open: the task waits. What is nowhere counts as open too, until it was so for `patienceMs`.
 */
export class Dependencies {
  readonly #deps: DependenciesDeps
  readonly #options: DependenciesOptions
  /** When each name was seen to be over, and since when it is nowhere, by monotonic time. */
  readonly #over = new Map<string, number>()
  readonly #nowhere = new Map<string, number>()

  constructor(deps: DependenciesDeps, options: DependenciesOptions) {
    this.#deps = deps
    this.#options = options
  }

  /** What is known of everything that open tasks depend on. @throws the signal's reason */
  async look(tasks: readonly Task[], waiting: Waiting): Promise<NeededTasks> {
    const openHere = new Set<string>(tasks.map(({ key }) => key))
    const [open, states] = [new Set<string>(), new Map<string, State>()]
    const missing = new Map<TaskKey, string[]>()
    for (const task of tasks) {
      for (const name of dependenciesOfTask(task)) {
        const state = openHere.has(name) ? 'open' : (states.get(name) ?? (await this.#stateOf(name, waiting)))
        states.set(name, state)
        if (state === 'open') open.add(name)
        if (state === 'missing') missing.set(task.key, [...(missing.get(task.key) ?? []), name])
      }
    }
    return { open, missing }
  }

  async #stateOf(name: string, waiting: Waiting): Promise<State> {
    const now = this.#deps.clock.monotonic()
    const overAt = this.#over.get(name)
    if (overAt !== undefined && now - overAt < restMs) return 'over'
    const state = await this.#lookAt(name, waiting)
    if (state === 'over') remember(this.#over, name, now)
    if (state !== 'missing') {
      this.#nowhere.delete(name)
      return state
    }
    if (!this.#nowhere.has(name)) remember(this.#nowhere, name, now)
    return now - (this.#nowhere.get(name) ?? now) >= this.#options.patienceMs ? 'missing' : 'open'
  }

  async #lookAt(name: string, { signal }: Waiting): Promise<State> {
    const at = name.lastIndexOf('#')
    const key = parseTaskKey(name.slice(at + 1))
    const source = at < 0 ? this.#deps.source : this.#deps.findSource(name.slice(0, at))
    if (source === undefined || key === undefined) return 'missing'
    try {
      const task = await source.find(key, { signal })
      return task === undefined ? 'missing' : task.state === 'open' ? 'open' : 'over'
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof Fault)) throw error
      return 'open'
    }
  }
}

type State = 'open' | 'over' | 'missing'

function remember(map: Map<string, number>, name: string, at: number): void {
  const oldest = map.size >= maxNames ? map.keys().next().value : undefined
  if (oldest !== undefined) map.delete(oldest)
  map.set(name, at)
}
