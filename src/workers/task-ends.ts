import type { Clock } from '../lib/clock.ts'
import { withPatience } from '../tasks/claims/send-request.ts'
import type { TaskSight } from '../tasks/claims/ledger.ts'
import type { ProjectDesk } from '../tasks/desk.ts'
import type { ObjectId } from '../tasks/git/objects.ts'
import type { Holding } from '../tasks/rules/chain.ts'
import { formatReason, isMerged } from '../tasks/rules/reasons.ts'
import type { Talk } from '../tasks/talk/talk.ts'
import type { Task, TaskKey } from '../tasks/task.ts'
import type { LeftToOthers } from './left-to-others.ts'
import type { ReviewDeps } from './review.ts'
import { reviewPull } from './review.ts'
import type { TaskSigns } from './task-signs.ts'
import { mergedLabel, mergedSigns } from './task-signs.ts'
import type { TaskFaults } from './task-faults.ts'
import type { WorkerNews } from './worker-news.ts'

export interface TaskEndsDeps extends ReviewDeps<ProjectDesk> {
  readonly clock: Clock
  readonly talk: Pick<Talk, 'isAlive'>
  readonly signs: TaskSigns
  readonly tell: (news: WorkerNews) => void
  readonly left: LeftToOthers
  /** Whether this worker is at work on a task, or lets it rest. */
  readonly isLeftAlone: (task: Task) => boolean
}

interface Waiting {
  readonly signal: AbortSignal
}

/** Times that a merge is shown again by one process: a token may not be allowed to close issues. */
const maxShown = 5
/** Ends shown again that are remembered. */
const maxRemembered = 1_000

/** Says of tasks that they are over, on their claims and to people. @see docs/protocols/claims.md §9 rule 16 */
export class TaskEnds {
  readonly #deps: TaskEndsDeps
  /** How often an end was shown again, by the commit that began the holding. */
  readonly #shown = new Map<ObjectId, number>()

  constructor(deps: TaskEndsDeps) {
    this.#deps = deps
  }

  /** Ends what is no open issue any more: a merge may close it before anybody here looks at the pull request. `open`: tasks that are. */
  async endClosed(
    desk: ProjectDesk,
    {
      sights,
      open,
      faults,
    }: { readonly sights: ReadonlyMap<TaskKey, TaskSight>; readonly open: ReadonlySet<TaskKey>; readonly faults: TaskFaults },
    waiting: Waiting,
  ): Promise<void> {
    for (const [key, sight] of sights)
      if (!open.has(key)) await faults.passOver(key, () => this.#endIfClosed(desk, sight, waiting), waiting)
  }

  /** One node says so for all: else a merge that fifty nodes see is fifty pushes. */
  async end(desk: ProjectDesk, task: Task, { reason, signal }: { readonly reason: 'merged' | 'closed' } & Waiting): Promise<void> {
    if (!this.#deps.left.isLeft('end', task)) await this.#endNow(desk, task, { reason, signal })
  }

  async #endNow(desk: ProjectDesk, task: Task, { reason, signal }: { readonly reason: 'merged' | 'closed' } & Waiting): Promise<void> {
    await desk.interrupt(task.key, { kind: 'done', reason: formatReason(reason), signal })
    if (reason === 'closed') return this.#deps.signs.show(desk, task, { add: [], remove: ['in-progress'], signal })
    await this.#showMerged(desk, task, { signal })
    this.#deps.tell({ news: 'merged', task })
  }

  /**
   * Closes an issue whose claim says that it was merged, where the forge did not answer when that was to be shown. One that has the label was opened
   * again by a person: it waits for a `break`.
   */
  async showAgain(
    desk: ProjectDesk,
    task: Task,
    { holding, signal }: { readonly holding: Pick<Holding, 'began' | 'reason'> } & Waiting,
  ): Promise<void> {
    if (!isMerged(holding.reason) || task.labels.includes(mergedLabel) || this.#deps.left.isLeft('end', task)) return
    const times = this.#shown.get(holding.began) ?? 0
    if (times >= maxShown) return
    if (this.#shown.size >= maxRemembered) this.#shown.clear()
    this.#shown.set(holding.began, times + 1)
    await this.#showMerged(desk, task, { signal })
  }

  async #showMerged(desk: ProjectDesk, task: Task, { signal }: Waiting): Promise<void> {
    await this.#deps.signs.show(desk, task, { ...mergedSigns, signal })
  }

  /** Gives a forge back the chain it lost. @see docs/protocols/claims.md §9 rule 18 */
  async restore(desk: ProjectDesk, sight: TaskSight, waiting: Waiting): Promise<void> {
    if (!this.#deps.left.isLeft('restore', { project: desk.project.id, key: sight.task })) await desk.restore(sight, waiting)
  }

  async #endIfClosed(desk: ProjectDesk, sight: TaskSight, waiting: Waiting): Promise<void> {
    const step = this.#stepTo(desk, sight)
    if (step === undefined) return
    if (step === 'restore') return this.restore(desk, sight, waiting)
    // asked before the forge is: else what fifty nodes see is fifty times the questions
    if (step !== 'let-go' && this.#deps.left.isLeft('end', { project: desk.project.id, key: sight.task })) return
    const task = await desk.source.find(sight.task, waiting)
    if (step === 'let-go') return task === undefined ? undefined : this.#letGo(desk, task, { sight, ...waiting })
    if (task?.state === 'open') return
    // a record that this node does not have may be on its way to it; an issue that the forge does not have is gone
    if (task === undefined && desk.records !== undefined) return
    // nobody may say that it is over while somebody seems to be at work: that ends first
    if (step === 'break') return desk.interrupt(sight.task, { kind: 'break', reason: formatReason('not-eligible', 'closed'), ...waiting })
    const judged = await reviewPull(this.#deps, desk, { key: sight.task, pr: sight.chain?.state.holding?.pr, ...waiting })
    const reason = judged.verdict === 'over' ? judged.reason : 'closed'
    if (task !== undefined) return this.#endNow(desk, task, { reason, ...waiting })
    await desk.interrupt(sight.task, { kind: 'done', reason: formatReason(reason), ...waiting })
  }

  /** What is to be done about the claim of a task that nobody offers any more. */
  #stepTo(desk: ProjectDesk, sight: TaskSight): 'end' | 'break' | 'let-go' | 'restore' | undefined {
    const { meaning } = sight
    switch (meaning.meaning) {
      case 'in-review':
      case 'quarantined':
        return 'end'
      case 'free':
        return meaning.value === undefined ? undefined : 'end'
      case 'ours':
      case 'ours-elsewhere':
        return 'let-go'
      case 'held': {
        const isAlive = this.#deps.talk.isAlive(meaning.holding.holder)
        return desk.observe(sight, { isAlive }).advice === 'take-over' ? 'break' : undefined
      }
      case 'regressed':
        return 'restore'
      case 'done':
      case 'paused':
      case 'unknown':
      case 'unreadable':
        return undefined
    }
  }

  /** A claim of ours that nothing here works on, of what is no task any more. */
  async #letGo(desk: ProjectDesk, task: Task, { sight, ...waiting }: { readonly sight: TaskSight } & Waiting): Promise<void> {
    if (desk.inHand.has(task.key) || this.#deps.isLeftAlone(task)) return
    const taken = await desk.resume(sight, waiting)
    if (taken.result !== 'held') return
    const signal = withPatience(this.#deps.clock, desk.ttlSeconds, waiting.signal)
    await taken.holder.release(formatReason('not-eligible', 'it is no task any more'), { signal })
  }
}
