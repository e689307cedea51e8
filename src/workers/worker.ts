import type { Clock } from '../lib/clock.ts'
import { describeError } from '../lib/fault.ts'
import type { Log } from '../lib/log.ts'
import type { ProjectDesk } from '../tasks/desk.ts'
import type { TaskType } from '../tasks/rules/choose-task.ts'
import { isRework } from '../tasks/rules/reasons.ts'
import type { WorkerOffer } from '../tasks/rules/worker-book.ts'
import type { Projection } from '../tasks/source.ts'
import type { Talk } from '../tasks/talk/talk.ts'
import type { ProjectId, Task, TaskKey } from '../tasks/task.ts'
import type { Escalation } from './escalations.ts'
import { explainLoss } from './explain-loss.ts'
import { giveBack } from './give-back.ts'
import { Hindrances, ProjectHindrances } from './hindrances.ts'
import type { BranchStanding } from './rules/branch-standing.ts'
import { formatTaskComment } from './rules/task-comment.ts'
import { mergedSigns, TaskSigns } from './task-signs.ts'
import type { FoundTask, Refusal } from './task-finder.ts'
import { TaskFinder } from './task-finder.ts'
import { TaskRests } from './task-rests.ts'
import type { WorkEnd } from './work-end.ts'
import type { WorkerHolding, WorkerNews } from './worker-news.ts'

/** What a worker is doing, for a person. */
export interface WorkerStatus {
  readonly state: 'looking' | 'working' | 'paused' | 'stopped'
  readonly tasks: readonly { readonly project: string; readonly key: string; readonly title: string; readonly since: number }[]
  readonly ended: { readonly inReview: number; readonly released: number; readonly needsHuman: number; readonly lost: number }
  /** Why no task is taken for now, though it looks: the model is down, the day's budget is spent; or none of a project, which is named first. */
  readonly hindrance: string | undefined
}

export interface WorkerDeps {
  readonly clock: Clock
  readonly log: Log
  readonly desks: () => readonly ProjectDesk[]
  readonly supervise: (desk: ProjectDesk, held: WorkerHolding, options: { readonly signal: AbortSignal }) => Promise<WorkEnd>
  /** Whether the work branch of a task is in the base: a pull request of a project without a forge is merged by whoever merges the branch. */
  readonly isMerged: (desk: ProjectDesk, task: TaskKey, options: { readonly signal: AbortSignal }) => Promise<boolean>
  /** How the work branch of a task stands to its base; undefined: nobody here can say. */
  readonly compareBranches?: (desk: ProjectDesk, task: TaskKey, options: { readonly signal: AbortSignal }) => Promise<BranchStanding>
  readonly tell: (news: WorkerNews) => void
  /** Why no task can be worked on now, as far as that is known without asking anybody: a budget that is spent. */
  readonly findHindrance?: () => string | undefined
  /** Tells whoever the operator named that a task waits for a person; returns at once. */
  readonly escalate: (escalation: Escalation) => void
  /** What other nodes say of tasks, and are told. */
  readonly talk: Talk
}

export interface WorkerOptions {
  /** The label that makes an issue a task. */
  readonly label: string
  readonly types: readonly TaskType[]
  /** Folders and files it works in, and the role it works as; every one when not said. */
  readonly scopes?: readonly string[]
  readonly role?: string
  /** Tasks worked on at once. */
  readonly maxTasks: number
  /** Time that giving back a task takes that could not be worked on, in milliseconds. */
  readonly checkpointMs: number
  /** How often tasks and refs are looked at when there is nothing to do, in milliseconds. */
  readonly pollMs: number
  /** The same, while another node looks for all, in milliseconds. */
  readonly lookMs: number
  /** Who works, with what, and whether it answers the questions of others. */
  readonly about: Pick<WorkerOffer, 'agent' | 'models' | 'answers'>
  /** What its model costs, in US dollars for a million tokens; 0 where that is not known. */
  readonly price: number
}

interface Waiting {
  readonly signal: AbortSignal
}

/**
 * Looks for work, wins it and does it, until its signal says so: then what is under way is pushed and given back.
 *
 * Whatever goes wrong with one project or task is told and passed over; the next look comes.
 */
export class Worker {
  readonly #deps: WorkerDeps
  readonly #options: WorkerOptions
  readonly #finder: TaskFinder
  readonly #signs: TaskSigns
  readonly #busy = new Map<string, { readonly task: Task; readonly since: number }>()
  readonly #ended = { inReview: 0, released: 0, needsHuman: 0, lost: 0 }
  readonly #hindrances: Hindrances
  readonly #projectHindrances: ProjectHindrances
  /** The hindrance that was told last. */
  #noted: string | undefined
  /** Tasks that ended here without success. */
  readonly #rests: TaskRests
  /** Rung during a look, it ends the rest after it. */
  #bell = Promise.withResolvers<void>()
  #isPaused = false
  #isStopped = false

  constructor(deps: WorkerDeps, options: WorkerOptions) {
    this.#deps = deps
    this.#options = options
    this.#signs = new TaskSigns(deps)
    this.#rests = new TaskRests(deps, options)
    const isLeftAlone = (task: Task): boolean =>
      this.#busy.has(nameOf(task)) || this.#rests.has(nameOf(task)) || this.#projectHindrances.has(task.project)
    const load = (): number => this.#busy.size / options.maxTasks
    this.#hindrances = new Hindrances(deps, options)
    this.#projectHindrances = new ProjectHindrances(deps, options)
    const mayTake = (): boolean => this.#hindrances.reason === undefined
    const refused = (task: Task, { cause, reason }: Refusal): void =>
      cause === 'policy' ? this.#projectHindrances.meet(task.project, reason) : this.#rests.begin(nameOf(task))
    const isLast = (task: Task): boolean => this.#rests.isLast(nameOf(task))
    const own = { isLeftAlone, isLast, load, mayTake, refused }
    this.#finder = new TaskFinder({ ...deps, ...own, signs: this.#signs }, options)
  }

  get status(): WorkerStatus {
    const tasks = [...this.#busy.values()].map(({ task, since }) => ({ project: task.project, key: task.key, title: task.title, since }))
    const state = this.#isStopped ? 'stopped' : this.#isPaused ? 'paused' : tasks.length > 0 ? 'working' : 'looking'
    return { state, tasks, ended: { ...this.#ended }, hindrance: this.#hindrances.reason ?? this.#projectHindrances.reason }
  }

  /** Takes nothing new; what is under way goes on. */
  pause(): void {
    this.#isPaused = true
    this.#offer()
  }

  resume(): void {
    this.#isPaused = false
    this.#hindrances.clear()
    this.#projectHindrances.clear()
    this.wake()
  }

  /** Looks at once instead of after its rest: something may have happened in a project, or anywhere. */
  wake(project?: ProjectId): void {
    this.#finder.prompt(project)
    this.#bell.resolve()
  }

  /** One task, or none when there is nothing to do. @throws the signal's reason */
  async once(waiting: Waiting): Promise<WorkEnd | undefined> {
    this.#noteHindrance()
    this.#offer()
    try {
      const found = await this.#finder.find(waiting)
      return found === undefined ? undefined : await this.#work(found, waiting)
    } finally {
      this.#deps.talk.offer(undefined)
    }
  }

  /** Works until the signal is aborted; then ends what is under way in good order, and resolves. */
  async run({ signal }: Waiting): Promise<void> {
    const under = new Set<Promise<unknown>>()
    const off = this.#deps.talk.onPrompt((project) => this.wake(project))
    while (!signal.aborted) {
      this.#noteHindrance()
      this.#offer()
      this.#bell = Promise.withResolvers()
      const found = this.#isPaused || under.size >= this.#options.maxTasks ? undefined : await this.#look(signal)
      if (found === undefined) {
        await this.#wait(under, signal)
        continue
      }
      this.#finder.prompt(found.desk.project.id)
      const work = this.#work(found, { signal }).finally(() => {
        under.delete(work)
        this.wake()
      })
      under.add(work)
    }
    off()
    this.#isStopped = true
    this.#deps.talk.offer(undefined)
    await Promise.allSettled(under)
  }

  /** Until it is time to look again, something under way ended, or somebody wakes it. */
  async #wait(under: ReadonlySet<Promise<unknown>>, signal: AbortSignal): Promise<void> {
    const over = new AbortController()
    const rest = this.#deps.clock.sleep(this.#options.pollMs, { signal: AbortSignal.any([signal, over.signal]) }).catch(() => {})
    await Promise.race([rest, this.#bell.promise, ...under])
    over.abort()
  }

  async #look(signal: AbortSignal): Promise<FoundTask | undefined> {
    try {
      return await this.#finder.find({ signal })
    } catch (error) {
      if (!signal.aborted) this.#deps.log.error('the look for work failed', { error: describeError(error) })
      return undefined
    }
  }

  /** Tells other nodes what this worker could take now. */
  #offer(): void {
    const { label, types, scopes = [], maxTasks, about } = this.#options
    const projects = this.#deps.desks().map(({ project }) => project.id)
    const slots = this.#isPaused || this.#isStopped || this.#hindrances.reason !== undefined ? 0 : Math.max(0, maxTasks - this.#busy.size)
    this.#deps.talk.offer({ ...about, projects, labels: [label], types, scopes, slots })
  }

  /** Never rejects: what goes wrong with one task ends that task, and its claim is given back. */
  async #work({ desk, held }: FoundTask, waiting: Waiting): Promise<WorkEnd> {
    const { task } = held
    this.#busy.set(nameOf(task), { task, since: this.#deps.clock.now() })
    this.#offer()
    try {
      const seen = await this.#supervise({ desk, held }, waiting)
      const end = await explainLoss(desk, { task, epoch: held.holder.terms.epoch, end: seen }, waiting)
      this.#count(task, end)
      await this.#tellEnd(desk, held, { end, ...waiting })
      return end
    } finally {
      this.#busy.delete(nameOf(task))
    }
  }

  async #supervise({ desk, held }: FoundTask, waiting: Waiting): Promise<WorkEnd> {
    const { task, holder } = held
    try {
      const { epoch } = holder.terms
      await desk.record.begin(task, { epoch, models: this.#options.about.models })
      this.#deps.tell({ news: 'took', task, epoch })
      const taken = formatTaskComment({ news: 'taken', branch: holder.terms.branch, epoch })
      await this.#signs.show(desk, task, { add: ['in-progress'], remove: [], comment: taken, assignee: 'self', ...waiting })
      return await this.#deps.supervise(desk, held, waiting)
    } catch (error) {
      return giveBack(this.#deps, held, { error, checkpointMs: this.#options.checkpointMs, ending: waiting.signal })
    }
  }

  #count(task: Task, end: WorkEnd): void {
    if (end.end !== 'merged') this.#ended[end.end === 'in-review' ? 'inReview' : end.end === 'needs-human' ? 'needsHuman' : end.end] += 1
    if ('hindrance' in end && end.hindrance !== undefined) {
      if (end.hinders === undefined) {
        this.#rests.putLast(nameOf(task))
        return this.#hindrances.meet(end.hindrance)
      }
      this.#projectHindrances.meet(task.project, end.hindrance)
      return this.#deps.tell({ news: 'idle', reason: `no task of ${task.project} is taken for now: ${end.hindrance}` })
    }
    this.#hindrances.pass()
    this.#projectHindrances.pass(task.project)
    if (end.end === 'in-review' || end.end === 'merged') this.#rests.end(nameOf(task))
    else this.#rests.begin(nameOf(task))
  }

  async #tellEnd(desk: ProjectDesk, held: WorkerHolding, { end, ...waiting }: { readonly end: WorkEnd } & Waiting): Promise<void> {
    const { tell, log, talk } = this.#deps
    const { task, holder, reason } = held
    try {
      if (end.end === 'needs-human') await this.#signs.escalate(desk, task, { news: 'needs-human', reason: end.reason, ...waiting })
      else await this.#signs.show(desk, task, { ...projectionOf(end), ...waiting })
      if (end.end === 'released') talk.released({ project: task.project, task: task.key })
      tell({ news: 'ended', task, end })
      log.info('work on a task ended', { task: task.key, end: end.end })
      // the pull request of who was gone: nobody here did anything
      const isOfAnother = end.end === 'merged' ? end.holding !== holder.began : end.end === 'in-review' && end.wasThere && !isRework(reason)
      if (isOfAnother) await desk.record.forget(task.key, holder.terms.epoch)
    } catch (error) {
      log.error('how work on a task ended was not shown', { task: task.key, error: describeError(error) })
    }
  }

  /** Says once why nothing is taken; when that is over, all is looked at again. */
  #noteHindrance(): void {
    const { reason } = this.#hindrances
    if (reason === this.#noted) return
    this.#noted = reason
    if (reason === undefined) this.#finder.prompt()
    else this.#deps.tell({ news: 'idle', reason: `no task is taken for now: ${reason}` })
  }
}

/** What people are shown of how work ended. Of a claim that is another node's that one tells. */
function projectionOf(end: Exclude<WorkEnd, { readonly end: 'needs-human' }>): Projection {
  const nobody = { remove: ['in-progress'], assignee: 'nobody' } as const
  switch (end.end) {
    case 'in-review':
      return { add: [], remove: [], comment: formatTaskComment({ news: 'in-review', url: end.url }) }
    case 'merged':
      return { ...mergedSigns, comment: formatTaskComment({ news: 'merged', url: end.url }) }
    case 'released':
      return { ...nobody, add: [], comment: formatTaskComment({ news: 'given-back', reason: end.reason }) }
    case 'lost':
      return { add: [], remove: [], assignee: 'nobody' }
  }
}

function nameOf(task: Task): string {
  return `${task.project}#${task.key}`
}
