import type { Clock } from '../lib/clock.ts'
import { describeError, Fault } from '../lib/fault.ts'
import type { Log } from '../lib/log.ts'
import type { ClaimHolder } from '../tasks/claims/holder.ts'
import type { TaskSight } from '../tasks/claims/ledger.ts'
import type { ProjectDesk } from '../tasks/desk.ts'
import type { Projection } from '../tasks/source.ts'
import type { TaskType } from '../tasks/rules/choose-task.ts'
import { rankTasks, whyNot } from '../tasks/rules/choose-task.ts'
import { formatReason } from '../tasks/rules/reasons.ts'
import type { Task, TaskKey } from '../tasks/task.ts'
import { reviewPull } from './review.ts'
import { formatTaskComment } from './rules/task-comment.ts'
import type { WorkEnd } from './supervisor.ts'

/** What a worker is doing, for a person. */
export interface WorkerStatus {
  readonly state: 'looking' | 'working' | 'paused' | 'stopped'
  readonly tasks: readonly { readonly project: string; readonly key: string; readonly title: string; readonly since: number }[]
  readonly ended: { readonly inReview: number; readonly released: number; readonly needsHuman: number; readonly lost: number }
}

/** What happens, told as it does. */
export type WorkerNews =
  | { readonly news: 'took'; readonly task: Task; readonly epoch: number }
  | { readonly news: 'ended'; readonly task: Task; readonly end: WorkEnd }
  | { readonly news: 'merged'; readonly task: Task }
  | { readonly news: 'idle'; readonly reason: string }

export interface WorkerDeps {
  readonly clock: Clock
  readonly log: Log
  readonly desks: () => readonly ProjectDesk[]
  readonly supervise: (desk: ProjectDesk, held: WorkerHolding, options: { readonly signal: AbortSignal }) => Promise<WorkEnd>
  /** Whether the work branch of a task is in the base: a pull request of a project without a forge is merged by whoever merges the branch. */
  readonly isMerged: (desk: ProjectDesk, task: TaskKey, options: { readonly signal: AbortSignal }) => Promise<boolean>
  readonly tell: (news: WorkerNews) => void
}

export interface WorkerOptions {
  /** The label that makes an issue a task. */
  readonly label: string
  readonly types: readonly TaskType[]
  /** Tasks worked on at once. */
  readonly maxTasks: number
  /** How often tasks and refs are looked at when there is nothing to do, in milliseconds. */
  readonly pollMs: number
}

/** A task that is held, and why it was taken up again. */
export interface WorkerHolding {
  readonly task: Task
  readonly holder: ClaimHolder
  readonly resumedBecause: string | undefined
}

interface Waiting {
  readonly signal: AbortSignal
}

/** A task that may be tried, and from what. */
type Chance =
  | { readonly chance: 'claim'; readonly epoch: number; readonly reason: string | undefined; readonly because: string | undefined }
  | { readonly chance: 'resume' }

/**
 * Looks for work, wins it and does it, until its signal says so: then what is under way is pushed and given back.
 *
 * Whatever goes wrong with one project or task is told and passed over; the next look comes.
 */
export class Worker {
  readonly #deps: WorkerDeps
  readonly #options: WorkerOptions
  readonly #busy = new Map<string, { readonly task: Task; readonly since: number }>()
  readonly #ended = { inReview: 0, released: 0, needsHuman: 0, lost: 0 }
  /** Tasks that ended here without success, and when they may be tried again, by monotonic time. */
  readonly #resting = new Map<string, { readonly until: number; readonly times: number }>()
  #isPaused = false
  #isStopped = false

  constructor(deps: WorkerDeps, options: WorkerOptions) {
    this.#deps = deps
    this.#options = options
  }

  get status(): WorkerStatus {
    const tasks = [...this.#busy.values()].map(({ task, since }) => ({ project: task.project, key: task.key, title: task.title, since }))
    const state = this.#isStopped ? 'stopped' : this.#isPaused ? 'paused' : tasks.length > 0 ? 'working' : 'looking'
    return { state, tasks, ended: { ...this.#ended } }
  }

  /** Takes nothing new; what is under way goes on. */
  pause(): void {
    this.#isPaused = true
  }

  resume(): void {
    this.#isPaused = false
  }

  /** One task, or none when there is nothing to do. @throws the signal's reason */
  async once(waiting: Waiting): Promise<WorkEnd | undefined> {
    const found = await this.#find(waiting)
    return found === undefined ? undefined : this.#work(found.desk, found.held, waiting)
  }

  /** Works until the signal is aborted; then ends what is under way in good order, and resolves. */
  async run({ signal }: Waiting): Promise<void> {
    const under = new Set<Promise<unknown>>()
    while (!signal.aborted) {
      const found = this.#isPaused || under.size >= this.#options.maxTasks ? undefined : await this.#look(signal)
      if (found === undefined) {
        const rest = this.#deps.clock.sleep(this.#options.pollMs, { signal }).catch(() => {})
        await (under.size === 0 ? rest : Promise.race([rest, ...under]))
        continue
      }
      const work = this.#work(found.desk, found.held, { signal }).finally(() => under.delete(work))
      under.add(work)
    }
    this.#isStopped = true
    await Promise.allSettled(under)
  }

  async #look(signal: AbortSignal): Promise<Found | undefined> {
    try {
      return await this.#find({ signal })
    } catch (error) {
      if (!signal.aborted) this.#deps.log.error('the look for work failed', { error: describeError(error) })
      return undefined
    }
  }

  async #find(waiting: Waiting): Promise<Found | undefined> {
    for (const desk of this.#deps.desks()) {
      try {
        const held = await this.#findIn(desk, waiting)
        if (held !== undefined) return { desk, held }
      } catch (error) {
        waiting.signal.throwIfAborted()
        if (!(error instanceof Fault)) throw error
        this.#deps.log.warn('a project was passed over', { project: desk.project.id, reason: error.message })
        this.#deps.tell({ news: 'idle', reason: `${desk.project.id}: ${error.message}` })
      }
    }
    return undefined
  }

  async #findIn(desk: ProjectDesk, waiting: Waiting): Promise<WorkerHolding | undefined> {
    const sights = await desk.sights(waiting)
    const open = await desk.source.open(waiting)
    const keys = new Set(open.map(({ key }) => key))
    await this.#endClosed(desk, { sights, keys }, waiting)
    const { label, types } = this.#options
    for (const task of rankTasks(open)) {
      const name = nameOf(task)
      if (this.#busy.has(name) || (this.#resting.get(name)?.until ?? 0) > this.#deps.clock.monotonic()) continue
      const seen = sights.get(task.key)
      if (whyNot(task, { labels: [label], types }, keys) !== undefined) continue
      const chance = seen === undefined ? 'unseen' : await this.#judge(desk, task, { sight: seen, ...waiting })
      if (chance === undefined) continue
      // rule 6: what is claimed is the task as it is now, not as it was when all were listed
      const now = await desk.source.find(task.key, waiting)
      if (now === undefined || whyNot(now, { labels: [label], types }, keys) !== undefined) continue
      // what is won is won from a fresh look, read after the closed chain
      const sight = await desk.sight(task.key, waiting)
      const again = await this.#judge(desk, now, { sight, ...waiting })
      if (again === undefined) continue
      const held = await this.#win(desk, now, { sight, chance: again, ...waiting })
      if (held !== undefined) return held
    }
    return undefined
  }

  /** What may be done about a task now. */
  async #judge(desk: ProjectDesk, task: Task, { sight, signal }: { readonly sight: TaskSight } & Waiting): Promise<Chance | undefined> {
    const { meaning } = sight
    const advice = desk.observe(sight)
    switch (meaning.meaning) {
      case 'free':
        return { chance: 'claim', epoch: meaning.epoch, reason: sight.value === undefined ? undefined : 'free', because: undefined }
      case 'held':
      case 'unknown':
        if (advice.advice !== 'take-over') return undefined
        return { chance: 'claim', epoch: advice.epoch, reason: advice.reason, because: 'the one who worked on it is gone' }
      case 'ours-elsewhere':
        return { chance: 'resume' }
      case 'in-review':
        return this.#judgeReview(desk, task, { epoch: meaning.epoch, pr: meaning.holding.pr, signal })
      case 'regressed':
        await desk.restore(sight, { signal })
        return undefined
      case 'quarantined':
        await desk.source.project(task.key, { add: ['needs-human'], remove: [] }, { signal })
        return undefined
      case 'ours':
      case 'paused':
      case 'done':
        return undefined
    }
  }

  async #judgeReview(
    desk: ProjectDesk,
    task: Task,
    { epoch, pr, signal }: { readonly epoch: number; readonly pr: string | undefined } & Waiting,
  ): Promise<Chance | undefined> {
    const judged = await reviewPull(this.#deps, desk, { key: task.key, pr, signal })
    switch (judged.verdict) {
      case 'wait':
        return undefined
      case 'over':
        await this.#end(desk, task, { reason: judged.reason, signal })
        return undefined
      case 'conflict': {
        const comment = formatTaskComment({ news: 'conflict' })
        await this.#show(desk, task, { add: ['needs-human'], remove: [], comment }, { signal })
        return undefined
      }
      case 'again':
        return { chance: 'claim', epoch, reason: formatReason(judged.reason), because: judged.because }
    }
  }

  /** A merge may close the issue before anybody here looks at the pull request. */
  async #endClosed(
    desk: ProjectDesk,
    { sights, keys }: { readonly sights: ReadonlyMap<TaskKey, TaskSight>; readonly keys: ReadonlySet<TaskKey> },
    waiting: Waiting,
  ): Promise<void> {
    for (const [key, { meaning }] of sights) {
      if (meaning.meaning !== 'in-review' || keys.has(key)) continue
      const task = await desk.source.find(key, waiting)
      if (task?.state === 'open') continue
      const judged = await reviewPull(this.#deps, desk, { key, pr: meaning.holding.pr, ...waiting })
      const reason = judged.verdict === 'over' ? judged.reason : 'closed'
      if (task === undefined) await desk.interrupt(key, { kind: 'done', reason: formatReason(reason), ...waiting })
      else await this.#end(desk, task, { reason, ...waiting })
    }
  }

  /** Rule 16. */
  async #end(desk: ProjectDesk, task: Task, { reason, signal }: { readonly reason: 'merged' | 'closed' } & Waiting): Promise<void> {
    await desk.interrupt(task.key, { kind: 'done', reason: formatReason(reason), signal })
    const isMerged = reason === 'merged'
    const add = isMerged ? ['completed'] : []
    await this.#show(desk, task, { add, remove: ['in-progress'], ...(isMerged ? { state: 'closed' } : {}) }, { signal })
    if (isMerged) this.#deps.tell({ news: 'merged', task })
  }

  async #win(
    desk: ProjectDesk,
    task: Task,
    { sight, chance, signal }: { readonly sight: TaskSight; readonly chance: Chance } & Waiting,
  ): Promise<WorkerHolding | undefined> {
    const attempt =
      chance.chance === 'resume'
        ? await desk.resume(sight, { signal })
        : await desk.claim(task, sight, { epoch: chance.epoch, signal, ...(chance.reason === undefined ? {} : { reason: chance.reason }) })
    if (attempt.result === 'copied-key') {
      this.#deps.log.error('a claim is held by our key in a process that never ran here: the key was copied', { task: task.key })
      this.#deps.tell({ news: 'idle', reason: `${task.key} is held by a copy of this node's key; revoke it with \`althing node revoke\`` })
      this.#rest(task)
    }
    if (attempt.result !== 'held') return undefined
    return { task, holder: attempt.holder, resumedBecause: chance.chance === 'resume' ? 'this node was interrupted' : chance.because }
  }

  async #work(desk: ProjectDesk, held: WorkerHolding, waiting: Waiting): Promise<WorkEnd> {
    const { clock, tell, log } = this.#deps
    const { task, holder } = held
    this.#busy.set(nameOf(task), { task, since: clock.now() })
    tell({ news: 'took', task, epoch: holder.terms.epoch })
    try {
      const taken = formatTaskComment({ news: 'taken', branch: holder.terms.branch, epoch: holder.terms.epoch })
      await this.#show(desk, task, { add: ['in-progress'], remove: [], comment: taken, assignee: 'self' }, waiting)
      const end = await this.#deps.supervise(desk, held, waiting)
      if (end.end === 'in-review') {
        this.#ended.inReview += 1
        this.#resting.delete(nameOf(task))
      } else {
        this.#ended[end.end === 'released' ? 'released' : end.end === 'lost' ? 'lost' : 'needsHuman'] += 1
        this.#rest(task)
      }
      await this.#show(desk, task, projectionOf(end), waiting)
      tell({ news: 'ended', task, end })
      log.info('work on a task ended', { task: task.key, end: end.end })
      return end
    } finally {
      this.#busy.delete(nameOf(task))
    }
  }

  /** For people; claims never rest on it. */
  async #show(desk: ProjectDesk, task: Task, projection: Projection, waiting: Waiting): Promise<void> {
    try {
      await desk.source.project(task.key, projection, waiting)
    } catch (error) {
      // a node that ends has told the claim, which is what counts
      if (waiting.signal.aborted) return
      if (!(error instanceof Fault)) throw error
      this.#deps.log.warn('the labels of a task were not changed', { task: task.key, reason: error.message })
    }
  }

  /** A task that came to nothing is left to others first, longer each time. */
  #rest(task: Task): void {
    const times = (this.#resting.get(nameOf(task))?.times ?? 0) + 1
    this.#resting.set(nameOf(task), { times, until: this.#deps.clock.monotonic() + this.#options.pollMs * 2 ** Math.min(times, 8) })
  }
}

interface Found {
  readonly desk: ProjectDesk
  readonly held: WorkerHolding
}

/** What people are shown of how work ended. Of a claim that is another node's that one tells. */
function projectionOf(end: WorkEnd): Projection {
  const nobody = { remove: ['in-progress'], assignee: 'nobody' } as const
  switch (end.end) {
    case 'in-review':
      return { add: [], remove: [], comment: formatTaskComment({ news: 'in-review', url: end.url }) }
    case 'released':
      return { ...nobody, add: [], comment: formatTaskComment({ news: 'given-back', reason: end.reason }) }
    case 'needs-human':
      return { ...nobody, add: ['needs-human'], comment: formatTaskComment({ news: 'needs-human', reason: end.reason }) }
    case 'lost':
      return { add: [], remove: [], assignee: 'nobody' }
  }
}

function nameOf(task: Task): string {
  return `${task.project}#${task.key}`
}
