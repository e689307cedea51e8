import { untilAborted, withDeadline } from '../lib/deadline.ts'
import type { Clock } from '../lib/clock.ts'
import { describeError, Fault } from '../lib/fault.ts'
import type { Log } from '../lib/log.ts'
import type { ClaimHolder } from './claims/holder.ts'
import type { KeptLease } from './claims/keep-lease.ts'
import { keepLease, LeaseLost } from './claims/keep-lease.ts'
import type { TaskSight } from './claims/ledger.ts'
import type { ProjectDesk } from './desk.ts'
import { tasksFaults } from './faults.ts'
import { formatReason } from './rules/reasons.ts'
import { personLabel } from './rules/task-state.ts'
import type { Task } from './task.ts'

interface Waiting {
  readonly signal: AbortSignal
}

export interface PersonHoldingsDeps {
  readonly clock: Clock
  readonly log: Log
}

export interface PersonHoldingsOptions {
  /** Time that giving one task back may take when nobody waits for it, in milliseconds. */
  readonly releaseMs: number
}

/** A task that is held for a person. */
export interface PersonHolding {
  readonly holder: ClaimHolder
  /** Wall time in milliseconds; undefined: until it is released. */
  readonly until: number | undefined
}

interface Held extends PersonHolding {
  readonly desk: ProjectDesk
  readonly task: Task
  readonly lease: KeptLease
  /** Calls off the end at `until`. */
  readonly cancel: () => void
}

/** Most tasks held for people at once: each is renewed as long as the node runs. */
const maxHeld = 100

/** Claims that this node holds for people and not for an agent, renewed until they are released. Disposing gives them all back. */
export class PersonHoldings implements AsyncDisposable {
  readonly #deps: PersonHoldingsDeps
  readonly #options: PersonHoldingsOptions
  readonly #held = new Map<string, Held>()
  /** Tasks that are being taken or given back: one thing after the other is done to a task. */
  readonly #busy = new Map<string, Promise<void>>()

  constructor(deps: PersonHoldingsDeps, options: PersonHoldingsOptions) {
    this.#deps = deps
    this.#options = options
  }

  /** Takes a task that is free, or in review. @throws Fault CLAIM_LOST; the faults of a git server */
  async claim(
    { desk, task }: { readonly desk: ProjectDesk; readonly task: Task },
    options: { readonly forMs: number | undefined } & Waiting,
  ): Promise<PersonHolding> {
    using _ = await this.#begin(task, options)
    const there = this.#held.get(nameOf(task))
    if (there !== undefined) return there
    // before the push: the worker of this node takes up claims of ours that nobody keeps
    desk.inHand.add(task.key)
    try {
      return await this.#take({ desk, task }, options)
    } finally {
      if (!this.#held.has(nameOf(task))) desk.inHand.delete(task.key)
    }
  }

  /** Waits until nothing is done to a task, and keeps others waiting until it is disposed of. */
  async #begin(task: Task, { signal }: Partial<Waiting> = {}): Promise<Disposable> {
    const name = nameOf(task)
    for (let other = this.#busy.get(name); other !== undefined; other = this.#busy.get(name))
      await (signal === undefined ? other : untilAborted(other, signal))
    const over = Promise.withResolvers<void>()
    this.#busy.set(name, over.promise)
    return {
      [Symbol.dispose]: () => {
        this.#busy.delete(name)
        over.resolve()
      },
    }
  }

  async #take(
    { desk, task }: { readonly desk: ProjectDesk; readonly task: Task },
    { forMs, signal }: { readonly forMs: number | undefined } & Waiting,
  ): Promise<PersonHolding> {
    const { clock } = this.#deps
    if (this.#held.size >= maxHeld) throw notToHave(task, `this node holds ${maxHeld} tasks for people already; release one first`)
    const sight = await desk.sight(task.key, { signal })
    const epoch = epochToTake(task, sight)
    const attempt = await desk.claim(task, sight, { epoch, reason: formatReason('by-person'), signal })
    if (attempt.result !== 'held') throw notToHave(task, attempt.result === 'lost' ? 'somebody else was faster' : attempt.reason)
    const { holder } = attempt
    const until = forMs === undefined ? undefined : clock.now() + forMs
    const lease = keepLease(holder, {
      clock,
      rounds: desk.rounds,
      cost: () => ({ tokens: 0, microUsd: 0 }),
      findObstacle: (looking) => findObstacle(desk, task, looking),
    })
    const cancel =
      forMs === undefined ? () => {} : clock.schedule(forMs, () => void this.#endLate(task, formatReason('by-person', 'its time is over')))
    this.#held.set(nameOf(task), { desk, task, holder, lease, until, cancel })
    lease.lost.addEventListener('abort', () => void this.#endLate(task, reasonOf(lease.lost.reason)), { once: true })
    return { holder, until }
  }

  /** Gives a task back; where its branch has an open pull request it goes into review. @throws Fault CLAIM_LOST; the faults of forges and git servers */
  async release(task: Task, { reason, signal }: { readonly reason: string } & Waiting): Promise<{ readonly pull: string | undefined }> {
    using _ = await this.#begin(task, { signal })
    const held = this.#held.get(nameOf(task))
    if (held === undefined)
      throw notToGive(task, `this node holds it for nobody; \`althing task break ${task.key} --reason TEXT\` takes it from whoever does`)
    const { desk, holder } = held
    const pull = await desk.pulls.findPull({ head: holder.terms.branch, base: holder.terms.base }, { signal })
    await this.#drop(held)
    const sent = await (pull === undefined ? holder.release(reason, { signal }) : holder.review(pull.id, { signal })).finally(() =>
      desk.inHand.delete(task.key),
    )
    if (sent.result !== 'accepted') throw notToGive(task, `its claim is ${sent.result}`)
    return { pull: pull?.url }
  }

  /** Keeps a task no more, without a word: its claim was ended in another way. Nothing where it is held for nobody. */
  async letGo(task: Task): Promise<void> {
    const held = this.#held.get(nameOf(task))
    if (held === undefined) return
    await this.#drop(held)
    held.desk.inHand.delete(task.key)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // one at a time: each is one push, and there are few
    for (const { task } of this.#held.values()) await this.#endLate(task, formatReason('shutdown', 'the node ends'))
  }

  async #drop({ task, lease, cancel }: Held): Promise<void> {
    this.#held.delete(nameOf(task))
    cancel()
    await lease[Symbol.asyncDispose]()
  }

  /** Ends a holding that nobody asks about now. */
  async #endLate(task: Task, reason: string): Promise<void> {
    using _ = await this.#begin(task)
    const held = this.#held.get(nameOf(task))
    if (held === undefined) return
    try {
      await this.#drop(held)
      if (held.holder.mode === 'lost') return
      await held.holder.release(reason, { signal: withDeadline(this.#deps.clock, this.#options.releaseMs) })
    } catch (error) {
      if (!(error instanceof Fault))
        this.#deps.log.error('a task held for a person was not given back', { task: task.key, error: describeError(error) })
    } finally {
      held.desk.inHand.delete(task.key)
    }
  }
}

/** What is said of a holding that ended by itself. */
function reasonOf(why: unknown): string {
  return why instanceof LeaseLost && why.release !== undefined ? why.release : formatReason('shutdown', describeError(why))
}

/** The epoch with which a person takes a task. @throws Fault CLAIM_LOST when it is not to be had */
function epochToTake(task: Task, { meaning }: TaskSight): number {
  switch (meaning.meaning) {
    case 'free':
    case 'in-review':
      return meaning.epoch
    case 'ours':
      throw notToHave(task, 'the worker of this node has it')
    case 'quarantined':
    case 'paused': {
      const word = meaning.meaning === 'paused' ? 'paused' : personLabel
      throw notToHave(task, `it is ${word}; \`althing task break ${task.key} --reason TEXT\` frees it first`)
    }
    case 'held':
    case 'unknown':
    case 'ours-elsewhere':
    case 'unreadable':
    case 'regressed':
    case 'done':
      throw notToHave(task, `it is ${meaning.meaning}; \`althing task show ${task.key}\` says more`)
  }
}

/** A person decides about the text; only what is over is nobody's any more. */
async function findObstacle(desk: ProjectDesk, task: Task, waiting: Waiting): Promise<string | undefined> {
  const now = await desk.source.find(task.key, waiting)
  return now === undefined || now.state === 'closed' ? formatReason('not-eligible', 'the task is closed') : undefined
}

function notToHave({ key: task }: Task, reason: string): Fault {
  return tasksFaults.create('CLAIM_LOST', { message: `${task} cannot be claimed: ${reason}`, data: { task, reason } })
}

function notToGive({ key: task }: Task, reason: string): Fault {
  return tasksFaults.create('CLAIM_LOST', { message: `${task} was not released: ${reason}`, data: { task, reason } })
}

function nameOf(task: Task): string {
  return `${task.project}#${task.key}`
}
