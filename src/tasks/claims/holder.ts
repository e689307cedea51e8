import { withDeadline } from '../../lib/deadline.ts'
import type { ObjectId } from '../git/objects.ts'
import type { Lease, LeaseTimes, Moment } from '../rules/lease.ts'
import { mayWork, renewalDueMs, timesOfLease, workLeftMs } from '../rules/lease.ts'
import type { Line } from '../rules/request.ts'
import type { ClaimCost } from './claim-document.ts'
import type { RefForm } from './claim-refs.ts'
import { branchRef, claimRef } from './claim-refs.ts'
import type { ClaimMaker, ClaimStep, ClaimTerms } from './make-claim.ts'
import { makeClaim } from './make-claim.ts'
import type { ClaimMove, SendDeps, Sent, WorkUpdate } from './send-request.ts'
import { sendMove } from './send-request.ts'

export interface HolderDeps extends SendDeps, ClaimMaker {
  readonly form: RefForm
}

export interface HolderOptions {
  /** Lease time, in seconds. */
  readonly ttlSeconds: number
  /** Nodes that renew on a forge which limits pushes; 0 where none does. */
  readonly limitedNodes: number
}

/** Whether a holder's agent may work. `lost` is final. */
export type HolderMode = 'working' | 'paused' | 'lost' | 'ended'

/** A push of work: the branch from its last known commit to a new one. */
export interface WorkPush {
  readonly old: ObjectId | undefined
  readonly new: ObjectId
  readonly openPack: WorkUpdate['openPack']
  readonly cost?: ClaimCost
}

/** What a holding begins with: the move that won it. */
export interface Won {
  readonly terms: ClaimTerms
  readonly line: Line
  readonly lease: Lease
  /** Commit that began the holding. */
  readonly began: ObjectId
}

/**
 * Holds one claim. All its moves go through one serial queue, so that they never refuse each other.
 *
 * Nothing renews by itself here: the supervisor calls `renew` when `renewalDueMs` says so, and stops the agent while `mode` is not `working`.
 *
 * @see docs/protocols/claims.md §5
 */
export class ClaimHolder {
  readonly began: ObjectId
  readonly terms: ClaimTerms
  readonly times: LeaseTimes
  readonly #deps: HolderDeps
  #line: Line
  #lease: Lease
  #ending: 'lost' | 'ended' | undefined
  /** A move whose outcome is not known; it goes first, with the same bytes. */
  #open: { readonly move: ClaimMove; readonly lease: Lease } | undefined
  #queue: Promise<unknown> = Promise.resolve()

  constructor(deps: HolderDeps, options: HolderOptions, won: Won) {
    this.#deps = deps
    this.times = timesOfLease(options.ttlSeconds * 1000, options.limitedNodes)
    this.began = won.began
    this.terms = won.terms
    this.#line = won.line
    this.#lease = won.lease
  }

  /** Whether the agent may work now. */
  get mode(): HolderMode {
    return this.#ending ?? (mayWork(this.#lease, this.times, this.#now()) ? 'working' : 'paused')
  }

  /** The newest value of the claim ref that the forge confirmed. */
  get head(): ObjectId | undefined {
    return this.#line.known
  }

  /** Milliseconds until the next renewal should be sent. */
  get renewalDueMs(): number {
    return renewalDueMs(this.#lease, this.times, this.#now())
  }

  /** Renews. Never longer than the lease has left; while paused, one request's time. */
  async renew(options: { readonly signal: AbortSignal; readonly cost?: ClaimCost }): Promise<Sent> {
    return this.#move({ kind: 'renew', previous: undefined, cost: options.cost }, options)
  }

  /** Pushes work and a renewal, both or neither. */
  async pushWork(work: WorkPush, options: { readonly signal: AbortSignal }): Promise<Sent> {
    const update: WorkUpdate = {
      update: { ref: branchRef(this.terms.branch), old: work.old, new: work.new },
      openPack: work.openPack,
    }
    return this.#move({ kind: 'renew', previous: undefined, cost: work.cost }, { ...options, work: update })
  }

  /** Says that the pull request waits for people; the lease has no end from then on. */
  async review(pr: string, options: { readonly signal: AbortSignal; readonly cost?: ClaimCost }): Promise<Sent> {
    return this.#end({ kind: 'review', previous: undefined, pr, cost: options.cost }, options)
  }

  /** Gives the task back. */
  async release(reason: string, options: { readonly signal: AbortSignal; readonly cost?: ClaimCost }): Promise<Sent> {
    return this.#end({ kind: 'release', previous: undefined, reason, cost: options.cost }, options)
  }

  /** Says that the task is over. */
  async done(reason: string, options: { readonly signal: AbortSignal }): Promise<Sent> {
    return this.#end({ kind: 'done', previous: undefined, reason }, options)
  }

  async #end(step: ClaimStep, options: { readonly signal: AbortSignal }): Promise<Sent> {
    const sent = await this.#move(step, options)
    if (sent.result === 'accepted') this.#ending = 'ended'
    return sent
  }

  #move(step: ClaimStep, options: { readonly signal: AbortSignal; readonly work?: WorkUpdate }): Promise<Sent> {
    const turn = this.#queue.then(() => this.#moveNow(step, options))
    this.#queue = turn.catch(() => {})
    return turn
  }

  async #moveNow(step: ClaimStep, { signal, work }: { readonly signal: AbortSignal; readonly work?: WorkUpdate }): Promise<Sent> {
    const before = await this.#settleOpen(signal)
    if (before !== undefined) return before
    const old = this.#line.known
    const claim = makeClaim(this.#deps, this.terms, { ...step, previous: old })
    return this.#send({ ref: this.#ref, old, claim, ...(work === undefined ? {} : { work }) }, signal)
  }

  /** What was sent before and not answered; gives its end where nothing may follow it. */
  async #settleOpen(signal: AbortSignal): Promise<Sent | undefined> {
    if (this.#ending !== undefined) return { result: 'lost', line: this.#line, value: undefined }
    if (this.#open === undefined) return undefined
    const sent = await this.#send(this.#open.move, signal)
    return sent.result === 'accepted' || sent.result === 'refused' ? undefined : sent
  }

  async #send(move: ClaimMove, signal: AbortSignal): Promise<Sent> {
    const lease = this.#open?.lease ?? this.#stamp()
    this.#open = { move, lease }
    const sent = await sendMove(this.#deps, this.#line, { move, signal: this.#bounded(signal) })
    this.#line = sent.line
    // both are sent again as they are: the one until the forge answers, the other once its chain was restored
    if (sent.result === 'unknown' || sent.result === 'regressed') return sent
    this.#open = undefined
    // the forge may have taken the first of several sendings: its time counts
    if (sent.result === 'accepted') this.#lease = lease
    if (sent.result === 'lost') this.#ending = 'lost'
    return sent
  }

  #bounded(signal: AbortSignal): AbortSignal {
    const left = workLeftMs(this.#lease, this.times, this.#now())
    return withDeadline(this.#deps.clock, left > 0 ? left : this.times.marginMs, signal)
  }

  #stamp(): Lease {
    const { monotonic, wall } = this.#now()
    return { sentAt: monotonic, wallAt: wall }
  }

  #now(): Moment {
    return { monotonic: this.#deps.clock.monotonic(), wall: this.#deps.clock.now() }
  }

  get #ref(): string {
    return claimRef(this.#deps.form, this.terms.task)
  }
}
