import type { ObjectId } from '../git/objects.ts'
import type { TaskKey } from '../task.ts'
import type { ChainState } from './chain.ts'
import { isNewer } from './chain.ts'
import type { Turn, Wait } from './check-waits.ts'
import type { SeenLink } from './logged-chain.ts'
import { LoggedChain, waitOf } from './logged-chain.ts'
import type { LoggedUpdate, LogStep, RefLog } from './ref-log.ts'
import { isFailedWork } from './reasons.ts'
import type { Violation } from './violation.ts'

/** What the log says of one task. */
export interface TaskRun {
  readonly violations: readonly Violation[]
  /** Times in which it waited for somebody. */
  readonly waits: readonly Wait[]
  /** Holdings that are over, and what came of them, in their order. */
  readonly turns: readonly Turn[]
  readonly holdings: number
  readonly end: ChainState | undefined
}

type Moved<On extends LoggedUpdate['on']> = Extract<LoggedUpdate, { readonly on: On }>

/** Follows the refs of one task from push to push. */
export function replayTask(task: TaskKey, log: RefLog): TaskRun {
  const replay = new Replay(task, log)
  for (const step of log.steps) replay.take(step)
  return replay.finish()
}

class Replay {
  readonly #task: TaskKey
  readonly #log: RefLog
  readonly #chain: LoggedChain
  readonly #violations: Violation[] = []
  readonly #waits: Wait[] = []
  readonly #turns: Turn[] = []
  /** The holding of each epoch. */
  readonly #given = new Map<number, ObjectId>()
  /** Epochs of holdings that a backup took away: they may come again, rule 18 mends and cannot prevent. */
  readonly #taken = new Set<number>()
  #turn: { readonly from: number; isFruitful: boolean } | undefined
  #value: ObjectId | undefined
  #work: ObjectId | undefined
  /** What the branch must grow from: its newest commit, also while there is no branch and the task is not over. */
  #tip: ObjectId | undefined
  #changedAt = -Infinity

  constructor(task: TaskKey, log: RefLog) {
    this.#task = task
    this.#log = log
    this.#chain = new LoggedChain(task, log)
  }

  take(step: LogStep): void {
    if (step.step === 'restore') return this.#restore(step)
    const ours = step.updates.filter(({ task }) => task === this.#task)
    const before = this.#state
    const closed = ours.filter((update) => update.on === 'closed')
    for (const claim of ours) if (claim.on === 'claim') this.#moveClaim(claim, closed, step.at)
    for (const { lastEpoch } of closed) this.#chain.close(lastEpoch)
    const hasLink = ours.some((update) => update.on === 'claim' && update.new !== update.old)
    for (const work of ours) if (work.on === 'work') this.#moveWork(work, hasLink ? before : undefined, step.at)
    this.#forgetBranch()
  }

  finish(): TaskRun {
    this.#endWait(this.#log.endsAt)
    const { violations, waits, turns } = { violations: this.#violations, waits: this.#waits, turns: this.#turns }
    return { violations, waits, turns, holdings: this.#given.size, end: this.#state }
  }

  get #state(): ChainState | undefined {
    return this.#chain.find(this.#value)?.state
  }

  #restore({ at, claims, work, closed }: Extract<LogStep, { readonly step: 'restore' }>): void {
    const [claim, branch] = [claims.get(this.#task), work.get(this.#task)]
    for (const epoch of this.#chain.restore({ value: claim, closedEpoch: closed.get(this.#task) ?? 0, at })) this.#taken.add(epoch)
    if (claim === this.#value && branch === this.#work) return
    ;[this.#work, this.#tip] = [branch, branch]
    if (claim !== this.#value) this.#setValue(claim, at)
  }

  #moveClaim(update: Moved<'claim'>, closed: readonly Moved<'closed'>[], at: number): void {
    if (update.old !== this.#value) this.#break('G1', at, `its claim was moved from ${update.old} while ${this.#value} stood there`)
    if (update.new === undefined) return this.#delete(update, closed, at)
    const links = this.#chain.follow(update.new, at)
    for (const link of links) this.#judgeLink(link, at)
    const goesOn =
      update.old === undefined ? links[0]?.before === undefined && links.length > 0 : this.#chain.descends(update.new, update.old)
    if (!goesOn && !this.#isPutBack(update.new, update.old))
      this.#break('G1', at, `its chain was rewritten: ${update.new} does not follow ${update.old}`)
    this.#setValue(update.new, at)
  }

  /** G1: of what is not over nothing is deleted, and the last epoch of what is over is kept. */
  #delete({ old }: Moved<'claim'>, closed: readonly Moved<'closed'>[], at: number): void {
    const { holding, unknownLinks } = this.#state ?? {}
    const isKept = closed.some(({ head, lastEpoch }) => head === old && lastEpoch === holding?.epoch)
    if (!isKept) this.#break('G1', at, `its chain of epoch ${holding?.epoch} was deleted, and the closed chain does not say so`)
    else if (holding?.kind !== 'done' || unknownLinks !== 0)
      this.#break('G1', at, `its chain of epoch ${holding?.epoch} was deleted while it was not done: ${holding?.kind}`)
    this.#setValue(undefined, at)
  }

  /** Whether a value brings back what a backup took, or stands instead of it, and is newer. */
  #isPutBack(value: ObjectId, old: ObjectId | undefined): boolean {
    const [before, after] = [this.#chain.find(old)?.state, this.#chain.find(value)?.state]
    return this.#chain.isTaken(value, old) && after !== undefined && (before === undefined || isNewer(after, before))
  }

  /** G1: no epoch twice, and no lease that runs is taken away. */
  #judgeLink({ state, before }: SeenLink, at: number): void {
    const { holding, head } = state
    if (holding?.began !== head) return this.#noteEnd(state, at)
    this.#endTurn(at)
    this.#turn = { from: at, isFruitful: false }
    if (this.#given.has(holding.epoch) && !this.#taken.has(holding.epoch))
      this.#break('G1', at, `epoch ${holding.epoch} was given twice, to ${this.#given.get(holding.epoch)} and to ${head}`)
    this.#given.set(holding.epoch, head)
    if (before === undefined) return
    const { lease } = before
    if (at - lease.from < lease.ttlMs)
      this.#break('G1', at, `epoch ${holding.epoch} took over ${at - lease.from} ms after a renewal with a lease of ${lease.ttlMs} ms`)
  }

  #noteEnd({ holding, unknownLinks }: ChainState, at: number): void {
    if (holding === undefined || unknownLinks > 0 || holding.kind === 'renew' || this.#turn === undefined) return
    // what failed is counted by the chain itself, and what else ends a holding came of its work or of a person
    if (holding.kind !== 'release' || isFailedWork(holding.reason)) this.#turn.isFruitful = true
    if (holding.kind === 'release') this.#endTurn(at)
  }

  #endTurn(at: number): void {
    if (this.#turn !== undefined) this.#turns.push({ task: this.#task, until: at, ...this.#turn })
    this.#turn = undefined
  }

  /** G2. `before` is what the claim said before this very push; undefined when the push brought no link. */
  #moveWork(update: Moved<'work'>, before: ChainState | undefined, at: number): void {
    if (update.old !== this.#work) this.#break('G2', at, `its branch was moved from ${update.old} while ${this.#work} stood there`)
    this.#work = update.new
    if (update.new === undefined) return
    if (this.#tip !== undefined && this.#tip !== update.new && !this.#log.isAncestor(this.#tip, update.new))
      this.#break('G2', at, `its branch was rewritten: ${update.new} does not follow ${this.#tip}`)
    this.#tip = update.new
    const after = this.#state
    const isRenewed = after?.unknownLinks === 0 && after.holding?.kind === 'renew' && after.holding.began === before?.holding?.began
    if (!isRenewed) this.#break('G2', at, `${update.new} entered its branch without a renewal of the holding that was current`)
    else if (this.#turn !== undefined) this.#turn.isFruitful = true
  }

  /** A branch that is deleted once its task is over has no more to grow: the next life of the task begins another. */
  #forgetBranch(): void {
    const state = this.#state
    const isOver = state === undefined || (state.holding?.kind === 'done' && state.unknownLinks === 0)
    if (this.#work === undefined && isOver) this.#tip = undefined
  }

  #setValue(value: ObjectId | undefined, at: number): void {
    this.#endWait(at)
    this.#value = value
    this.#changedAt = at
  }

  #endWait(at: number): void {
    const seen = this.#chain.find(this.#value)
    const ttlMs = seen === undefined ? 0 : this.#waitFor(seen)
    if (ttlMs === undefined) return
    for (const wanted of this.#log.wanted.filter(({ task }) => task === this.#task)) {
      const wait = { task: this.#task, ttlMs, from: Math.max(this.#changedAt, wanted.from), until: Math.min(at, wanted.until) }
      if (wait.from < wait.until) this.#waits.push(wait)
    }
  }

  /** What is held by somebody unknown is free after the lease that observers are set to, or the last one that counts where that is longer. */
  #waitFor({ state, lease }: SeenLink): number | undefined {
    return state.unknownLinks > 0 ? Math.max(this.#log.unknownTtlMs, lease.ttlMs) : waitOf(state)
  }

  #break(guarantee: Violation['guarantee'], at: number, what: string): void {
    this.#violations.push({ guarantee, task: this.#task, at, what })
  }
}
