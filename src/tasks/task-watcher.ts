import type { Clock } from '../lib/clock.ts'
import { Fault } from '../lib/fault.ts'
import type { FailedProject } from './ask-each.ts'
import { askEach } from './ask-each.ts'
import type { ProjectDesk } from './desk.ts'
import type { ChainState } from './rules/chain.ts'
import type { SeenTask, TaskChange, TaskEvent } from './rules/task-events.ts'
import { compareTasks, orderChanges } from './rules/task-events.ts'
import { personLabel } from './rules/task-state.ts'
import type { ProjectId, TaskKey } from './task.ts'

interface Waiting {
  readonly signal: AbortSignal
}

/** Something that happened with a task. */
export interface TaskHappening {
  /** Grows; the next process on this home goes on above it. */
  readonly id: number
  /** Wall time in milliseconds: by the clock of whoever signed it, or of the forge, else when this node saw it. */
  readonly at: number
  readonly event: TaskEvent
  readonly project: ProjectId
  readonly key: TaskKey
  readonly title: string
  readonly epoch: number
  readonly holder: string | null
  readonly reason: string | null
}

export interface WatchedHappenings {
  readonly items: readonly TaskHappening[]
  /** Where to go on. */
  readonly after: number
  /** Whether more happened since than is remembered. */
  readonly hasGap: boolean
  /** Projects that could not be looked at the last time. */
  readonly failed: FailedProject[]
}

interface WatchedTask extends SeenTask {
  /** How its chain stood, by which what came after is known; undefined before it was ever claimed. */
  readonly chain: ChainState | undefined
}

/** Happenings that are remembered, the newest. */
const maxRemembered = 1_000

/**
 * Tells what happens with the tasks of some projects, by looking at them again and again while somebody waits.
 *
 * What happened to a claim between two looks is told link by link. Before a project was first looked at nothing happened.
 */
export class TaskWatcher {
  readonly #clock: Clock
  readonly #options: { readonly pollMs: number }
  readonly #seen = new Map<ProjectId, Map<TaskKey, WatchedTask>>()
  /** The last look at each project: one that ends late would take back what a later one saw. */
  readonly #looks = new Map<ProjectId, Promise<void>>()
  #happenings: TaskHappening[] = []
  /** The last that is remembered no more. */
  #forgotten: number
  #last: number

  constructor({ clock }: { readonly clock: Clock }, options: { readonly pollMs: number }) {
    this.#clock = clock
    this.#options = options
    this.#last = Math.floor(clock.now())
    this.#forgotten = this.#last
  }

  /** What happened behind `after`; waits for it until `late`. @throws the faults of forges and git servers; the signal's reason */
  async next(
    desks: readonly ProjectDesk[],
    { after, late, signal }: { readonly after: number | undefined; readonly late: AbortSignal } & Waiting,
  ): Promise<WatchedHappenings> {
    const projects = new Set(desks.map(({ project }) => project.id))
    let begun: number | undefined
    for (;;) {
      const failed = await askEach(desks, (desk) => this.#look(desk, { signal }), { signal })
      // who names no place waits for what comes after the first look
      begun ??= after ?? this.#last
      const from = begun
      const items = this.#happenings.filter(({ id, project }) => id > from && projects.has(project))
      if (items.length > 0 || late.aborted) return { items, after: this.#last, hasGap: from < this.#forgotten, failed }
      await this.#clock.sleep(this.#options.pollMs, { signal: late }).catch(() => {})
      signal.throwIfAborted()
    }
  }

  /** After those before it, whatever became of them. */
  async #look(desk: ProjectDesk, waiting: Waiting): Promise<void> {
    const { id } = desk.project
    const before = this.#looks.get(id)
    const look = (async () => {
      await before
      waiting.signal.throwIfAborted()
      await this.#lookNow(desk, waiting)
    })()
    const over = look.catch(() => {})
    this.#looks.set(id, over)
    await look
  }

  async #lookNow(desk: ProjectDesk, waiting: Waiting): Promise<void> {
    const [sights, open] = [await desk.sights(waiting), await desk.source.open(waiting)]
    const before = this.#seen.get(desk.project.id)
    const now = new Map<TaskKey, WatchedTask>()
    const see = (key: TaskKey, task: Omit<SeenTask, 'meaning'>): void => {
      const sight = sights.get(key)
      // a forge that forgot is given back what it lost, and what it does not give was not read: nothing happened to the task
      const isSeen = sight?.chain !== undefined && sight.meaning.meaning !== 'regressed'
      const chain = isSeen ? sight.chain.state : before?.get(key)?.chain
      now.set(key, { ...task, meaning: sight?.meaning, chain })
    }
    for (const { key, title, labels, updatedAt: changedAt } of open)
      see(key, { title, isOpen: true, needsHuman: labels.includes(personLabel), changedAt })
    // records tell of what is over as well, also of what nobody ever claimed
    for (const { key, title, state, updatedAt: changedAt } of desk.records?.all() ?? [])
      if (state === 'closed' && !now.has(key)) see(key, { title, isOpen: false, needsHuman: false, changedAt })
    for (const key of new Set([...sights.keys(), ...(before?.keys() ?? [])]))
      if (!now.has(key)) see(key, { title: before?.get(key)?.title ?? key, isOpen: false, needsHuman: false, changedAt: undefined })
    this.#seen.set(desk.project.id, now)
    if (before === undefined) return
    const changes: Changed[][] = []
    for (const [key, task] of now) {
      const [was, sight] = [before.get(key), sights.get(key)]
      const hasMoved = sight !== undefined && task.chain !== undefined && task.chain.head !== was?.chain?.head
      const links = hasMoved ? desk.linksSince(sight, was?.chain) : []
      const ofTask = compareTasks(was, task, links)
      if (ofTask.length === 0) continue
      const title = task.title === key ? await findTitle(desk, key, waiting) : task.title
      now.set(key, { ...task, title })
      changes.push(ofTask.map((change) => ({ key, title, change, at: change.at ?? Math.floor(this.#clock.now()) })))
    }
    for (const changed of orderChanges(changes)) this.#note(desk.project.id, changed)
  }

  #note(project: ProjectId, { key, title, change, at }: Changed): void {
    this.#last += 1
    this.#happenings.push({ id: this.#last, project, key, title, ...change, at })
    const over = this.#happenings.splice(0, Math.max(0, this.#happenings.length - maxRemembered)).at(-1)
    if (over !== undefined) this.#forgotten = over.id
  }
}

/** A change of a task, and when it was. */
interface Changed {
  readonly key: TaskKey
  readonly title: string
  readonly change: TaskChange
  readonly at: number
}

/** What a task is called that is not open; its key where nobody says. */
async function findTitle(desk: ProjectDesk, key: TaskKey, waiting: Waiting): Promise<string> {
  try {
    return (await desk.source.find(key, waiting))?.title ?? key
  } catch (error) {
    // what happened was seen already, and is told without a title rather than not at all
    if (error instanceof Fault) return key
    throw error
  }
}
