import type { Clock } from '../lib/clock.ts'
import { withDeadline } from '../lib/deadline.ts'
import { describeError, Fault } from '../lib/fault.ts'
import type { Log } from '../lib/log.ts'
import type { ClaimCost } from '../tasks/claims/claim-document.ts'
import type { ClaimHolder } from '../tasks/claims/holder.ts'
import type { Task } from '../tasks/task.ts'
import type { Capture } from './capture.ts'
import type { WorkerOutcome } from './driver.ts'
import type { WorkEnd } from './work-end.ts'

/** What is kept of one run. */
export interface WorkRecord {
  readonly task: Task
  readonly holding: string
  readonly epoch: number
  readonly outcome: WorkerOutcome
  readonly transcript: Uint8Array
  /** Markdown; undefined when nothing was decided. */
  readonly decision: string | undefined
  readonly cost: ClaimCost
}

export interface KeepRunDeps {
  readonly clock: Clock
  readonly log: Log
  /** Keeps a transcript, and gives the address of the decision when there is one. */
  readonly keepRecord: (record: WorkRecord, options: { readonly signal: AbortSignal }) => Promise<string | undefined>
}

export interface KeepRunOptions {
  /** Time in which what broke off is kept, in milliseconds. */
  readonly keepMs: number
}

/** What is kept of a run beside its transcript. */
type Said = Pick<WorkRecord, 'outcome' | 'decision'>

/** Keeps what was said and done in one run, once, whatever ends it. */
export class RunKeeper {
  readonly #deps: KeepRunDeps
  readonly #held: { readonly task: Task; readonly holder: ClaimHolder; readonly capture: Capture }
  readonly #options: KeepRunOptions
  /** What the run came to, as far as it did. */
  #said: Said | undefined
  #isOver = false

  constructor(
    deps: KeepRunDeps,
    held: { readonly task: Task; readonly holder: ClaimHolder; readonly capture: Capture },
    options: KeepRunOptions,
  ) {
    this.#deps = deps
    this.#held = held
    this.#options = options
  }

  /**
   * Keeps a run that came to an end, and gives the address of its decision. That it cannot be kept is no reason to throw the work away.
   *
   * @throws the signal's reason: it is kept by `keepRest` then
   */
  async keep(said: Said, { signal }: { readonly signal: AbortSignal }): Promise<string | undefined> {
    this.#said = said
    const { task, holder, capture } = this.#held
    const of = { task, holding: holder.began, epoch: holder.terms.epoch, transcript: capture.bytes(), cost: capture.cost() }
    try {
      const address = await this.#deps.keepRecord({ ...of, ...said }, { signal })
      this.#isOver = true
      return address
    } catch (error) {
      if (!(error instanceof Fault)) throw error
      this.#isOver = true
      this.#deps.log.warn('the record of a task was not kept', { task: task.key, reason: error.message })
      return undefined
    }
  }

  /** The same of a run that broke off: the node ends, the claim is another's, or something threw. Never throws. */
  async keepRest(end: WorkEnd): Promise<void> {
    const { task, capture } = this.#held
    // nothing was said to anybody
    if (this.#isOver || (this.#said === undefined && capture.bytes().length === 0)) return
    try {
      await this.keep(this.#said ?? this.#breakOff(end), { signal: withDeadline(this.#deps.clock, this.#options.keepMs) })
    } catch (error) {
      this.#deps.log.warn('the record of a task was not kept', { task: task.key, reason: describeError(error) })
    }
  }

  #breakOff(end: WorkEnd): Said {
    const outcome: WorkerOutcome = { outcome: 'hindered', reason: 'reason' in end ? end.reason : end.end }
    this.#held.capture.add({ type: 'outcome', outcome })
    return { outcome, decision: undefined }
  }
}
