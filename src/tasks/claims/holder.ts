import { isTimeout, withDeadline } from '../../lib/deadline.ts'
import { Fault } from '../../lib/fault.ts'
import type { ObjectId } from '../git/objects.ts'
import { isEnd } from '../rules/chain.ts'
import type { Lease, LeaseTimes, Moment } from '../rules/lease.ts'
import { mayWork, renewalDueMs, timesOfLease, workLeftMs } from '../rules/lease.ts'
import type { Line } from '../rules/request.ts'
import type { ClaimCost, ClaimKind } from './claim-document.ts'
import type { RefForm } from './claim-refs.ts'
import { branchRef, claimRef } from './claim-refs.ts'
import type { Claim } from './claim.ts'
import type { LostChain } from './ledger.ts'
import type { ClaimMaker, ClaimStep, ClaimTerms } from './make-claim.ts'
import { makeClaim } from './make-claim.ts'
import type { ClaimMove, SendDeps, Sent, WorkUpdate } from './send-request.ts'
import { sendMove } from './send-request.ts'

export interface HolderDeps extends SendDeps, ClaimMaker {
  readonly form: RefForm
  /** Pushes a chain again that the forge has less of than it took; whether it did. @throws the faults of a git server */
  readonly putBack: (lost: LostChain, options: { readonly signal: AbortSignal }) => Promise<boolean>
}

/** What the lease of a node's claims is made of. */
export interface HolderOptions {
  /** Lease time, in seconds. */
  readonly ttlSeconds: number
  /** Nodes that renew on a forge which limits pushes; 0 where none does. */
  readonly limitedNodes: number
}

/** With less left of a lease nothing is sent within it: nobody answers so soon, and who asks again at once would never let it run out. In milliseconds. */
const leastSendMs = 1

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
  /** The link that was won with. */
  readonly link: Claim
}

interface OpenMove {
  readonly move: ClaimMove
  readonly lease: Lease
}

/**
 * Holds one claim. All its moves go through one serial queue, so that they never refuse each other.
 *
 * Nothing renews by itself here: the supervisor calls `renew` when `renewalDueMs` says so, and stops the agent while `mode` is not `working`.
 *
 * @see docs/protocols/claims.md §3
 */
export class ClaimHolder {
  readonly began: ObjectId
  readonly terms: ClaimTerms
  readonly times: LeaseTimes
  readonly #deps: HolderDeps
  #line: Line
  #lease: Lease
  /** That it is another's, or the link of ours that ended it. */
  #end: 'lost' | ClaimKind | undefined
  /** The newest commit of work that the forge took. */
  #landed: ObjectId | undefined
  /** A move whose outcome is not known; it goes first, with the same bytes. */
  #open: OpenMove | undefined
  /** Moves that were refused since the last that was taken: one of them may have been taken all the same. */
  readonly #refused = new Map<ObjectId, OpenMove>()
  /** Links of this holding that the forge took. */
  readonly #links = new Map<ObjectId, Uint8Array>()
  #queue: Promise<unknown> = Promise.resolve()

  constructor(deps: HolderDeps, won: Won) {
    this.#deps = deps
    // what others time us by
    this.times = timesOfLease(won.terms.ttlSeconds * 1000)
    this.began = won.began
    this.terms = won.terms
    this.#line = won.line
    this.#lease = won.lease
    this.#links.set(won.link.id, won.link.bytes)
  }

  /** Whether the agent may work now. */
  get mode(): HolderMode {
    if (this.#end !== undefined) return this.#end === 'lost' ? 'lost' : 'ended'
    return mayWork(this.#lease, this.times, this.#now()) ? 'working' : 'paused'
  }

  /** The newest value of the claim ref that the forge confirmed. */
  get head(): ObjectId | undefined {
    return this.#line.known
  }

  /** Milliseconds between two renewals. */
  get renewMs(): number {
    return this.times.renewMs
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
    return this.#move({ kind: 'review', previous: undefined, pr, cost: options.cost }, options)
  }

  /** Gives the task back. */
  async release(reason: string, options: { readonly signal: AbortSignal; readonly cost?: ClaimCost }): Promise<Sent> {
    return this.#move({ kind: 'release', previous: undefined, reason, cost: options.cost }, options)
  }

  /** Says that the task is over. */
  async done(reason: string, options: { readonly signal: AbortSignal }): Promise<Sent> {
    return this.#move({ kind: 'done', previous: undefined, reason }, options)
  }

  #move(step: ClaimStep, options: { readonly signal: AbortSignal; readonly work?: WorkUpdate }): Promise<Sent> {
    const turn = this.#queue.then(() => this.#moveNow(step, options))
    this.#queue = turn.catch(() => {})
    return turn
  }

  async #moveNow(step: ClaimStep, { signal, work }: { readonly signal: AbortSignal; readonly work?: WorkUpdate }): Promise<Sent> {
    const open = await this.#settleOpen(signal)
    if (open !== undefined && open.result !== 'accepted' && open.result !== 'refused') return open
    if (this.#end !== undefined) return this.#end === step.kind ? this.#confirmed() : { result: 'lost', line: this.#line, value: undefined }
    // what was sent before and not answered may have been this very work
    if (work !== undefined && work.update.new === this.#landed) return this.#confirmed()
    const old = this.#line.known
    const claim = makeClaim(this.#deps, this.terms, { ...step, previous: old })
    const sent = await this.#send({ ref: this.#ref, old, claim, ...(work === undefined ? {} : { work }) }, signal)
    // an earlier move was taken after all, and this one stood beside it: it is made anew, upon what stands now
    return sent.result === 'refused' && this.#line.known !== old
      ? this.#moveNow(step, { signal, ...(work === undefined ? {} : { work }) })
      : sent
  }

  /** How what was sent before and not answered ended; undefined where there is nothing of that kind. */
  async #settleOpen(signal: AbortSignal): Promise<Sent | undefined> {
    return this.#open === undefined || this.#end !== undefined ? undefined : this.#send(this.#open.move, signal)
  }

  async #send(move: ClaimMove, signal: AbortSignal): Promise<Sent> {
    const lease = this.#open?.lease ?? this.#stamp()
    this.#open = { move, lease }
    let sent = await this.#sendOnce(move, signal)
    if (sent.result === 'regressed' && (await this.#putBack(sent.value, signal))) sent = await this.#sendOnce(move, signal)
    // nothing else may be sent before this one, and this one is never taken: whoever looks next goes on from what stands
    if (sent.result === 'unknown' && sent.isDenied) this.#end = 'lost'
    // both are sent again as they are: the one until the forge answers, the other once its chain was restored
    if (sent.result === 'unknown' || sent.result === 'regressed') return sent
    this.#open = undefined
    if (sent.result === 'accepted') this.#take(move, lease)
    if (sent.result === 'lost') this.#end = 'lost'
    if (sent.result === 'refused') this.#noteRefused({ move, lease })
    return sent
  }

  async #sendOnce(move: ClaimMove, signal: AbortSignal): Promise<Sent> {
    const sent = await sendMove(this.#deps, this.#line, { move, signal: this.#bounded(signal) })
    this.#line = sent.line
    return sent
  }

  /** Rule 18: the forge gets back what it took before anything else is said. */
  async #putBack(value: ObjectId | undefined, signal: AbortSignal): Promise<boolean> {
    const head = this.#line.known
    if (head === undefined) return false
    const { task, epoch } = this.terms
    try {
      return await this.#deps.putBack({ task, epoch, value, head, links: this.#links }, { signal: this.#bounded(signal) })
    } catch (error) {
      if (error instanceof Fault || signal.aborted || isTimeout(error)) return false
      throw error
    }
  }

  #noteRefused(refused: OpenMove): void {
    const { known } = this.#line
    const taken = known === undefined ? undefined : this.#refused.get(known)
    if (taken !== undefined) this.#take(taken.move, taken.lease)
    else this.#refused.set(refused.move.claim.id, refused)
  }

  #take({ claim, work }: ClaimMove, lease: Lease): void {
    // the forge may have taken the first of several sendings: its time counts
    this.#lease = lease
    this.#landed = work?.update.new ?? this.#landed
    this.#refused.clear()
    this.#links.set(claim.id, claim.bytes)
    const { kind } = claim.document
    if (isEnd(kind)) this.#end = kind
  }

  #confirmed(): Sent {
    return { result: 'accepted', line: this.#line, ...this.#lease }
  }

  #bounded(signal: AbortSignal): AbortSignal {
    const left = workLeftMs(this.#lease, this.times, this.#now())
    return withDeadline(this.#deps.clock, left >= leastSendMs ? left : this.times.marginMs, signal)
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
