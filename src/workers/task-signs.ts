import { Fault } from '../lib/fault.ts'
import type { Log } from '../lib/log.ts'
import type { ProjectDesk } from '../tasks/desk.ts'
import type { ObjectId } from '../tasks/git/objects.ts'
import type { Projection } from '../tasks/source.ts'
import type { Task } from '../tasks/task.ts'
import type { Escalation } from './escalations.ts'
import type { PersonNeeded } from './rules/task-comment.ts'
import { describeNeed, formatTaskComment } from './rules/task-comment.ts'

export interface TaskSignsDeps {
  readonly log: Log
  /** Tells whoever the operator named that a task waits for a person; returns at once. */
  readonly escalate: (escalation: Escalation) => void
}

interface Waiting {
  readonly signal: AbortSignal
}

/** The label of a task whose work was merged. */
export const mergedLabel = 'completed'
/** What people are shown of such a task. */
export const mergedSigns = { add: [mergedLabel], remove: ['in-progress'], state: 'closed' } as const

/** Ends of chains that are remembered; of one that is forgotten the forge is asked again. */
const maxAsked = 1_000

/** Shows people what became of tasks. Best effort: claims never rest on it. */
export class TaskSigns {
  readonly #deps: TaskSignsDeps

  /** Ends of chains that ask a person: whether people were shown it, as far as this node saw. */
  readonly #asked = new Map<ObjectId, 'shown' | 'not yet'>()

  constructor(deps: TaskSignsDeps) {
    this.#deps = deps
  }

  /** @throws what is no fault */
  async show(desk: ProjectDesk, task: Task, { signal, ...projection }: Projection & Waiting): Promise<void> {
    try {
      await desk.source.project(task.key, projection, { signal })
    } catch (error) {
      // a node that ends has told the claim, which is what counts
      if (signal.aborted) return
      if (!(error instanceof Fault)) throw error
      this.#deps.log.warn('the labels of a task were not changed', { task: task.key, reason: error.message })
    }
  }

  /** A person decides: the label keeps workers away, the comment says why, and whoever is to hear of it does. */
  async escalate(desk: ProjectDesk, task: Task, { signal, ...news }: PersonNeeded & Waiting): Promise<void> {
    this.#deps.escalate({ desk, task, reason: describeNeed(news) })
    const comment = formatTaskComment(news)
    await this.show(desk, task, { add: ['needs-human'], remove: ['in-progress'], comment, assignee: 'nobody', signal })
  }

  /**
   * Whether people were shown what `end` of a chain asks them: then a task without the label is one that they gave back. Where they were not, for the
   * forge did not answer who asked, it is shown by this node; at its second look, for who asked may be about to.
   *
   * @throws the faults of a forge
   */
  async isAsked(
    desk: ProjectDesk,
    task: Task,
    { end, reason, signal }: { readonly end: ObjectId; readonly reason: string } & Waiting,
  ): Promise<boolean> {
    const known = this.#asked.get(end)
    if (known === 'shown') return true
    const news = { news: 'needs-human', reason } as const
    const isTold = await desk.source.isTold(task.key, formatTaskComment(news), { signal })
    if (this.#asked.size >= maxAsked) this.#asked.clear()
    this.#asked.set(end, isTold ? 'shown' : 'not yet')
    if (!isTold && known === 'not yet') await this.escalate(desk, task, { ...news, signal })
    return isTold
  }
}
