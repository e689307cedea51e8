import type { PeerId } from '../../identity/keys.ts'

/** Tasks that are remembered; who came first goes. */
const maxTasks = 16_384
/** Projects, and pollers of each, that are remembered. */
const maxProjects = 256
const maxPollers = 64

/** Which tasks were spoken of, and who said of which project that it looked. */
export class SeenTasks {
  readonly #tasks = new Set<string>()
  readonly #polls = new Map<string, Map<PeerId, number>>()

  has(task: string): boolean {
    return this.#tasks.has(task)
  }

  /** Whether it is new. */
  add(task: string): boolean {
    if (this.#tasks.has(task)) return false
    const [oldest] = this.#tasks
    if (this.#tasks.size >= maxTasks && oldest !== undefined) this.#tasks.delete(oldest)
    this.#tasks.add(task)
    return true
  }

  delete(task: string): void {
    this.#tasks.delete(task)
  }

  notePoll(project: string, by: PeerId, now: number): void {
    const known = this.#polls.get(project)
    if (known === undefined && this.#polls.size >= maxProjects) return
    const polls = known ?? new Map<PeerId, number>()
    const [oldest] = polls.keys()
    polls.delete(by)
    if (polls.size >= maxPollers && oldest !== undefined) polls.delete(oldest)
    polls.set(by, now)
    this.#polls.set(project, polls)
  }

  /** Who looked after `since`. */
  pollersOf(project: string, since: number): readonly PeerId[] {
    return [...(this.#polls.get(project) ?? [])].flatMap(([node, at]) => (at >= since ? [node] : []))
  }
}
