import type { Talk } from '../tasks/talk/talk.ts'
import type { Task } from '../tasks/task.ts'

/** What is left to others that is remembered; of what is forgotten this node waits anew. */
const maxLeft = 1_000
/** Looks at most that something is left to those who lead its task. */
const maxLooks = 5

/**
 * What any node may say of a task, and one push is enough for: that it is over, what its chain was before the forge lost it.
 *
 * Each that leads the task by its hash has one look's time to, one after the other; else what fifty nodes see is fifty pushes.
 */
export class LeftToOthers {
  readonly #talk: Pick<Talk, 'standingInProject'>
  readonly #looks = new Map<string, number>()

  constructor(talk: Pick<Talk, 'standingInProject'>) {
    this.#talk = talk
  }

  /** Takes note of one look at which something was to be said, and gives whether it is left to another node. */
  isLeft(what: 'end' | 'restore', { project, key: task }: Pick<Task, 'project' | 'key'>): boolean {
    const name = `${what} ${project}#${task}`
    const looks = this.#looks.get(name) ?? 0
    this.#looks.delete(name)
    if (looks >= Math.min(this.#talk.standingInProject({ project, task }).rank, maxLooks)) return false
    if (this.#looks.size >= maxLeft) this.#looks.clear()
    this.#looks.set(name, looks + 1)
    return true
  }
}
