import type { PeerId } from '../identity/keys.ts'
import type { Clock } from '../lib/clock.ts'
import { Fault } from '../lib/fault.ts'
import type { Log } from '../lib/log.ts'
import type { TaskSight } from '../tasks/claims/ledger.ts'
import type { AttemptResult } from '../tasks/claims/try-claim.ts'
import { reasonOfHolding } from '../tasks/claims/history.ts'
import type { ProjectDesk } from '../tasks/desk.ts'
import { tasksFaults } from '../tasks/faults.ts'
import type { TaskType, TaskWishes } from '../tasks/rules/choose-task.ts'
import { findAbandoned, findUnmet, priorityOfTask, rankTasks, whyNot } from '../tasks/rules/choose-task.ts'
import { spreadTasks } from '../tasks/rules/choose-turn.ts'
import { formatReason, wordsOfNeed } from '../tasks/rules/reasons.ts'
import type { Talk, Turn } from '../tasks/talk/talk.ts'
import type { WorkerOffer } from '../tasks/rules/worker-book.ts'
import type { ProjectId, Task, TaskKey } from '../tasks/task.ts'
import { KeyCopies } from './key-copies.ts'
import { LeftToOthers } from './left-to-others.ts'
import { reviewPull } from './review.ts'
import type { BranchStanding } from './rules/branch-standing.ts'
import { describeResumed } from './rules/resumed-because.ts'
import type { TaskSigns } from './task-signs.ts'
import type { TaskChance } from './task-chance.ts'
import { chanceOfExpired, chanceOfFree, unseen } from './task-chance.ts'
import { TaskEnds } from './task-ends.ts'
import { TaskFaults } from './task-faults.ts'
import type { WorkerHolding, WorkerNews } from './worker-news.ts'

export interface TaskFinderDeps {
  readonly clock: Clock
  readonly log: Log
  readonly desks: () => readonly ProjectDesk[]
  readonly isMerged: (desk: ProjectDesk, task: TaskKey, options: Waiting) => Promise<boolean>
  readonly compareBranches?: (desk: ProjectDesk, task: TaskKey, options: Waiting) => Promise<BranchStanding>
  readonly tell: (news: WorkerNews) => void
  readonly talk: Talk
  readonly signs: TaskSigns
  /** Whether a task is not for this worker now: it works on it, or it came to nothing lately. */
  readonly isLeftAlone: (task: Task) => boolean
  /** Whether all others are tried before a task, however urgent it is. */
  readonly isLast?: (task: Task) => boolean
  /** The git server refuses the claim of a task: by its policy nothing of the project is for this worker for a while, else that task is not. */
  readonly refused: (task: Task, refusal: Refusal) => void
  /** Whether this node can work on anything now. What is over is looked after all the same. */
  readonly mayTake: () => boolean
  /** Tasks under way, in shares of what may be. */
  readonly load: () => number
}

export interface TaskFinderOptions {
  readonly label: string
  readonly types: readonly TaskType[]
  readonly scopes?: readonly string[]
  readonly role?: string
  readonly pollMs: number
  /** How often a project is looked at while another node does so for all, in milliseconds. */
  readonly lookMs: number
  /** What its model costs, in US dollars for a million tokens; 0 where that is not known. */
  readonly price: number
  /** With what it works. */
  readonly about: Pick<WorkerOffer, 'models'>
}

/** Why a claim was refused, in words. */
export interface Refusal {
  readonly cause: Extract<AttemptResult, { readonly result: 'refused' }>['cause']
  readonly reason: string
}

/** A task that was won, and where. */
export interface FoundTask {
  readonly desk: ProjectDesk
  readonly held: WorkerHolding
}

interface Waiting {
  readonly signal: AbortSignal
}

type Dependencies = Parameters<typeof whyNot>[2]

/** A node that renews more seldom than it looks is seen to be gone in time; so many looks to a lease. */
const looksPerLease = 3
/** Looks of another node that may fail to be heard before this one looks itself. */
const missedPolls = 3

/** Looks for tasks that may be had, and wins them: one at a time, in turn with other nodes. */
export class TaskFinder {
  readonly #deps: TaskFinderDeps
  readonly #options: TaskFinderOptions
  /** When each project was looked at to the end, by monotonic time, without a task being won. */
  readonly #lookedAt = new Map<ProjectId, number>()
  /** Projects in which something happened since. */
  readonly #prompted = new Set<ProjectId>()
  readonly #ends: TaskEnds
  readonly #copies: KeyCopies

  constructor(deps: TaskFinderDeps, options: TaskFinderOptions) {
    this.#deps = deps
    this.#options = options
    this.#ends = new TaskEnds({ ...deps, left: new LeftToOthers(deps.talk) })
    this.#copies = new KeyCopies(deps)
  }

  /** Looks at a project next time, or at all, whoever else does. */
  prompt(project?: ProjectId): void {
    if (project === undefined) this.#lookedAt.clear()
    else this.#prompted.add(project)
  }

  /** The next task, won; undefined when there is none. @throws the signal's reason */
  async find(waiting: Waiting): Promise<FoundTask | undefined> {
    for (const desk of this.#deps.desks()) {
      if (!this.#isDue(desk)) continue
      try {
        const held = await this.#look(desk, waiting)
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

  /** The poller of a project looks for all; everybody looks now and then. @see docs/protocols/claims.md §10 */
  #isDue({ project, ttlSeconds }: ProjectDesk): boolean {
    const lookedAt = this.#lookedAt.get(project.id)
    if (lookedAt === undefined || this.#prompted.has(project.id)) return true
    const { pollMs, lookMs } = this.#options
    const ownMs = Math.min(lookMs, (ttlSeconds * 1_000) / looksPerLease)
    return this.#deps.clock.monotonic() - lookedAt >= ownMs || !this.#deps.talk.isPolledByAnother(project.id, missedPolls * pollMs)
  }

  async #look(desk: ProjectDesk, waiting: Waiting): Promise<WorkerHolding | undefined> {
    const { id } = desk.project
    const since = this.#deps.clock.monotonic()
    this.#prompted.delete(id)
    this.#lookedAt.delete(id)
    const { held, wasPassed } = await this.#findIn(desk, { since, ...waiting })
    // what others say that they claimed is looked at again soon: it may not be so
    if (held !== undefined || wasPassed) return held
    this.#lookedAt.set(id, since)
    this.#deps.talk.polled(id)
    return undefined
  }

  async #findIn(
    desk: ProjectDesk,
    { since, ...waiting }: { readonly since: number } & Waiting,
  ): Promise<{ readonly held: WorkerHolding | undefined; readonly wasPassed: boolean }> {
    const sights = await desk.sights(waiting)
    const open = await desk.source.open(waiting)
    const keys = new Set(open.map(({ key }) => key))
    const faults = new TaskFaults(this.#deps, desk)
    await this.#ends.endClosed(desk, { sights, open: keys, faults }, waiting)
    const needed = { ...(await desk.lookAtNeeded(open, waiting)), abandoned: findAbandoned(sights) }
    for (const { task, reason } of findUnmet(open, this.#wishes, needed))
      await this.#deps.signs.escalate(desk, task, { news: 'needs-human', reason, ...waiting })
    let wasPassed = false
    for (const task of this.#inOrder(open, { sights, needed })) {
      const look = { sight: sights.get(task.key), needed, since, ...waiting }
      const held = await faults.passOver(task.key, () => this.#tryInTurn(desk, task, look), waiting)
      if (held === 'passed') wasPassed = true
      else if (held !== undefined) return { held, wasPassed }
    }
    return { held: undefined, wasPassed }
  }

  /** One task, won; `passed` when another node has its turn; undefined when it is not to be had. */
  async #tryInTurn(
    desk: ProjectDesk,
    task: Task,
    {
      sight,
      needed,
      since,
      ...waiting
    }: { readonly sight: TaskSight | undefined; readonly needed: Dependencies; readonly since: number } & Waiting,
  ): Promise<WorkerHolding | 'passed' | undefined> {
    const chance = sight === undefined ? unseen : await this.#judge(desk, task, { sight, ...waiting })
    if (chance === undefined || !this.#deps.mayTake()) return undefined
    if (chance.chance === 'claim') {
      const turn = await this.#deps.talk.takeTurn(this.#turnFor(desk, task, { chance, since }), waiting)
      if (turn === 'taken') return 'passed'
    }
    return this.#tryNow(desk, task, { needed, ...waiting })
  }

  #turnFor(
    desk: ProjectDesk,
    task: Task,
    { chance, since }: { readonly chance: Extract<TaskChance, { readonly chance: 'claim' }>; readonly since: number },
  ): Turn {
    const { price, about } = this.#options
    const { epoch, first } = chance
    const success = desk.record.sampleSuccess(task, { epoch, models: about.models })
    return { task, epoch, since, load: this.#deps.load(), price, success, first }
  }

  /** Tasks for this worker, in the order in which it tries them. The others hear of those that are free. */
  #inOrder(
    open: readonly Task[],
    { sights, needed }: { readonly sights: ReadonlyMap<TaskKey, TaskSight>; readonly needed: Dependencies },
  ): readonly Task[] {
    const { isLeftAlone, isLast = () => false, talk } = this.#deps
    const ours = rankTasks(open).filter((task) => !isLeftAlone(task) && this.#isWanted(task, needed))
    const isFree = (task: Task): boolean => (sights.get(task.key)?.meaning.meaning ?? 'free') === 'free'
    for (const task of ours) if (isFree(task)) talk.saw(task)
    const urgency = (task: Task): number => (isLast(task) ? Number.MAX_SAFE_INTEGER : priorityOfTask(task))
    return spreadTasks(ours, { urgency, rank: (task) => (isFree(task) ? talk.standing(task).rank : 0) })
  }

  get #wishes(): TaskWishes {
    const { label, types, scopes, role } = this.#options
    return { labels: [label], types, scopes, role }
  }

  #isWanted(task: Task, needed: Dependencies): boolean {
    return whyNot(task, this.#wishes, needed) === undefined
  }

  async #tryNow(
    desk: ProjectDesk,
    task: Task,
    { needed, ...waiting }: { readonly needed: Dependencies } & Waiting,
  ): Promise<WorkerHolding | undefined> {
    // rule 6: what is claimed is the task as it is now, not as it was when all were listed
    const now = await desk.source.find(task.key, waiting)
    if (now === undefined || !this.#isWanted(now, needed)) return undefined
    // what is won is won from a fresh look, read after the closed chain
    const sight = await desk.sight(task.key, waiting)
    const chance = await this.#judge(desk, now, { sight, ...waiting })
    return chance === undefined ? undefined : this.#win(desk, now, { sight, chance, ...waiting })
  }

  /** What may be done about a task now. */
  async #judge(desk: ProjectDesk, task: Task, { sight, signal }: { readonly sight: TaskSight } & Waiting): Promise<TaskChance | undefined> {
    const { meaning } = sight
    const isAlive = meaning.meaning === 'held' && this.#deps.talk.isAlive(meaning.holding.holder)
    const advice = desk.observe(sight, { isAlive })
    if (desk.isCopied(sight)) this.#copies.tell(task, sight)
    switch (meaning.meaning) {
      case 'free':
        return (await this.#waitsForPerson(desk, task, { sight, signal })) ? undefined : chanceOfFree(sight, meaning)
      case 'held':
      case 'unknown':
        return chanceOfExpired(sight, advice)
      case 'ours':
      case 'ours-elsewhere':
        if (desk.inHand.has(task.key)) return undefined
        // rule 5: nothing here works on it, so its claim came through after it was given up, or its end did not. Rule 19: a copy's lease ends like anybody's
        return desk.isCopied(sight) ? chanceOfExpired(sight, advice) : { chance: 'resume' }
      case 'in-review':
        return this.#judgeReview(desk, task, { epoch: meaning.epoch, holding: meaning.holding, signal })
      case 'regressed':
        await this.#ends.restore(desk, sight, { signal })
        return undefined
      case 'quarantined':
        await this.#deps.signs.escalate(desk, task, { news: 'quarantined', failures: meaning.failures, signal })
        return undefined
      case 'done':
        await this.#ends.showAgain(desk, task, { holding: meaning.holding, signal })
        return undefined
      case 'unreadable':
      case 'paused':
        return undefined
    }
  }

  /** Whether the last to hold it asked a person, and no person heard of it. */
  async #waitsForPerson(desk: ProjectDesk, task: Task, { sight, signal }: { readonly sight: TaskSight } & Waiting): Promise<boolean> {
    const holding = sight.chain?.state.holding
    const reason = holding?.kind === 'release' ? wordsOfNeed(holding.reason) : undefined
    if (reason === undefined || sight.value === undefined) return false
    return !(await this.#deps.signs.isAsked(desk, task, { end: sight.value, reason, signal }))
  }

  async #judgeReview(
    desk: ProjectDesk,
    task: Task,
    {
      epoch,
      holding,
      signal,
    }: { readonly epoch: number; readonly holding: { readonly pr: string | undefined; readonly holder: PeerId } } & Waiting,
  ): Promise<TaskChance | undefined> {
    const judged = await reviewPull(this.#deps, desk, { key: task.key, pr: holding.pr, signal })
    switch (judged.verdict) {
      case 'wait':
        return undefined
      case 'over':
        await this.#ends.end(desk, task, { reason: judged.reason, signal })
        return undefined
      case 'again':
        return { chance: 'claim', epoch, reason: formatReason(judged.reason), because: judged.because, first: holding.holder }
    }
  }

  async #win(
    desk: ProjectDesk,
    task: Task,
    { sight, chance, signal }: { readonly sight: TaskSight; readonly chance: TaskChance } & Waiting,
  ): Promise<WorkerHolding | undefined> {
    const attempt =
      chance.chance === 'resume'
        ? await desk.resume(sight, { signal })
        : await desk.claim(task, sight, { epoch: chance.epoch, signal, ...(chance.reason === undefined ? {} : { reason: chance.reason }) })
    // a server that does not tell whether it took a claim is asked no more this time; what it took is found as ours later
    if (attempt.result === 'unknown')
      throw tasksFaults.create('REMOTE_UNREACHABLE', {
        message: `the git server does not say whether it took the claim of ${task.key}: ${attempt.reason}`,
      })
    if (attempt.result === 'refused') return this.#meetRefusal(task, attempt)
    if (attempt.result !== 'held') return undefined
    this.#deps.talk.claimed({ project: task.project, task: task.key }, attempt.holder.terms.epoch)
    const won = { task, holder: attempt.holder, unsettled: desk.unsettled(sight) }
    if (chance.chance === 'claim') return { ...won, resumedBecause: chance.because, reason: chance.reason }
    const reason = reasonOfHolding(sight)
    return { ...won, resumedBecause: describeResumed('this node was interrupted', reason), reason }
  }

  /** Rules 5 and 20: a policy refuses the next task as well, and what else came ten times in a row may be of this one. @throws Fault REMOTE_DENIED */
  #meetRefusal(task: Task, refusal: Refusal): undefined {
    const reason = `the git server refuses claims: ${refusal.reason}`
    this.#deps.refused(task, { ...refusal, reason })
    if (refusal.cause === 'policy')
      throw tasksFaults.create('REMOTE_DENIED', { message: `${reason}. \`althing doctor\` says what it lacks`, data: { task: task.key } })
    this.#deps.log.warn('a task was passed over', { project: task.project, task: task.key, reason })
    this.#deps.tell({ news: 'idle', reason: `${task.project}: ${task.key} is left alone for a while: ${reason}` })
  }
}
