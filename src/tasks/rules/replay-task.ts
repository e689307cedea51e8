import type { ObjectId } from '../git/objects.ts'
import type { TaskKey } from '../task.ts'
import type { ChainState } from './chain.ts'
import { extendChain } from './chain.ts'
import { judgeRef } from './judge-ref.ts'
import type { LoggedLink, LoggedUpdate, LogStep, RefLog, Span } from './ref-log.ts'

/** A guarantee that did not hold, and where. */
export interface Violation {
  readonly guarantee: 'G1' | 'G2' | 'G3' | 'G4'
  readonly task: TaskKey
  /** By the server's clock, in milliseconds. */
  readonly at: number
  readonly what: string
}

/** A time in which a task stood still: free, or under a lease that nobody renewed. */
export interface Wait extends Span {
  readonly task: TaskKey
  /** Lease of who held it, in milliseconds; 0 for a free task. */
  readonly ttlMs: number
}

/** What the log says of one task. */
export interface TaskRun {
  readonly violations: readonly Violation[]
  /** Times in which it waited for somebody. */
  readonly waits: readonly Wait[]
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
  readonly #violations: Violation[] = []
  readonly #waits: Wait[] = []
  /** What each value meant when it was first under the ref. */
  readonly #states = new Map<ObjectId, ChainState>()
  /** The holding of each epoch. */
  readonly #given = new Map<number, ObjectId>()
  #value: ObjectId | undefined
  #work: ObjectId | undefined
  #changedAt = -Infinity
  #closedEpoch = 0
  /** Once a backup took commits of this task away, epochs may come twice and chains may branch: rule 18 mends, and cannot prevent. */
  #wasRestored = false

  constructor(task: TaskKey, log: RefLog) {
    this.#task = task
    this.#log = log
  }

  take(step: LogStep): void {
    if (step.step === 'restore') return this.#restore(step)
    const ours = step.updates.filter(({ task }) => task === this.#task)
    const before = this.#state
    const [claim, work, closed] = [pick(ours, 'claim'), pick(ours, 'work'), pick(ours, 'closed')]
    if (claim !== undefined) this.#moveClaim(claim, closed, step.at)
    if (closed !== undefined) this.#closedEpoch = Math.max(this.#closedEpoch, closed.lastEpoch)
    if (work !== undefined) this.#moveWork(work, claim === undefined ? undefined : before, step.at)
  }

  finish(): TaskRun {
    this.#endWait(this.#log.endsAt)
    return { violations: this.#violations, waits: this.#waits, holdings: this.#given.size, end: this.#state }
  }

  get #state(): ChainState | undefined {
    return this.#value === undefined ? undefined : this.#states.get(this.#value)
  }

  #restore({ at, claims, work }: Extract<LogStep, { readonly step: 'restore' }>): void {
    const [claim, branch] = [claims.get(this.#task), work.get(this.#task)]
    if (claim === this.#value && branch === this.#work) return
    this.#wasRestored = true
    this.#work = branch
    this.#setValue(claim, at)
  }

  #moveClaim(update: Moved<'claim'>, closed: Moved<'closed'> | undefined, at: number): void {
    const before = this.#state
    if (update.old !== this.#value) this.#break('G1', at, `its claim was moved from ${update.old} while ${this.#value} stood there`)
    if (update.new === undefined) {
      const isKept = closed?.head === update.old && closed?.lastEpoch === before?.holding?.epoch
      if (!isKept) this.#break('G1', at, `its chain of epoch ${before?.holding?.epoch} was deleted, and the closed chain does not say so`)
      return this.#setValue(undefined, at)
    }
    const { base, links } = this.#pathTo(update.new)
    if (base !== update.old && !this.#wasRestored)
      this.#break('G1', at, `its chain was rewritten: ${update.new} does not follow ${update.old}`)
    let state = base === undefined ? undefined : this.#states.get(base)
    for (const link of links) {
      const { hive, project } = this.#log
      const next = extendChain(state, link, { hive, project, task: this.#task, closedEpoch: this.#closedEpoch })
      this.#judgeLink(state, next, { isFirst: base === update.old && link === links[0], at })
      this.#states.set(link.id, next)
      state = next
    }
    this.#setValue(update.new, at)
  }

  /** The commits of a new value that were never there, oldest first, and the value that they follow. */
  #pathTo(value: ObjectId): { readonly base: ObjectId | undefined; readonly links: readonly LoggedLink[] } {
    const links: LoggedLink[] = []
    let base: ObjectId | undefined = value
    while (base !== undefined && !this.#states.has(base)) {
      const link: LoggedLink = this.#log.links.get(base) ?? { id: base, document: undefined, previous: undefined }
      links.unshift(link)
      base = link.previous
    }
    return { base, links }
  }

  /** G1: no epoch twice, and no lease that runs is taken away. */
  #judgeLink(before: ChainState | undefined, after: ChainState, { isFirst, at }: { readonly isFirst: boolean; readonly at: number }): void {
    const { holding, head } = after
    if (holding?.began !== head) return
    if (this.#given.has(holding.epoch) && !this.#wasRestored)
      this.#break('G1', at, `epoch ${holding.epoch} was given twice, to ${this.#given.get(holding.epoch)} and to ${head}`)
    this.#given.set(holding.epoch, head)
    const stoodMs = at - this.#changedAt
    const ttlMs = before === undefined ? 0 : waitOf(before)
    if (isFirst && !this.#wasRestored && ttlMs !== undefined && stoodMs < ttlMs)
      this.#break('G1', at, `epoch ${holding.epoch} took over ${stoodMs} ms after a renewal with a lease of ${ttlMs} ms`)
  }

  /** G2. `before` is what the claim said before this very push; undefined when the push did not move it. */
  #moveWork(update: Moved<'work'>, before: ChainState | undefined, at: number): void {
    if (update.old !== this.#work) this.#break('G2', at, `its branch was moved from ${update.old} while ${this.#work} stood there`)
    this.#work = update.new
    if (update.new === undefined) return
    if (!update.isExtended) this.#break('G2', at, `its branch was rewritten: ${update.new} does not follow ${update.old}`)
    const after = this.#state
    const isRenewed = after?.unknownLinks === 0 && after.holding?.kind === 'renew' && after.holding.began === before?.holding?.began
    if (!isRenewed) this.#break('G2', at, `${update.new} entered its branch without a renewal of the holding that was current`)
  }

  #setValue(value: ObjectId | undefined, at: number): void {
    this.#endWait(at)
    this.#value = value
    this.#changedAt = at
  }

  #endWait(at: number): void {
    const ttlMs = this.#state === undefined ? 0 : waitOf(this.#state)
    if (ttlMs === undefined) return
    for (const wanted of this.#log.wanted.filter(({ task }) => task === this.#task)) {
      const wait = { task: this.#task, ttlMs, from: Math.max(this.#changedAt, wanted.from), until: Math.min(at, wanted.until) }
      if (wait.from < wait.until) this.#waits.push(wait)
    }
  }

  #break(guarantee: Violation['guarantee'], at: number, what: string): void {
    this.#violations.push({ guarantee, task: this.#task, at, what })
  }
}

function pick<On extends LoggedUpdate['on']>(updates: readonly LoggedUpdate[], on: On): Moved<On> | undefined {
  return updates.find((update): update is Moved<On> => update.on === on)
}

/** The lease that runs, in milliseconds; 0 when the task is free; undefined when it waits for nobody, or for a person. */
function waitOf(state: ChainState): number | undefined {
  const { head, holding } = state
  if (holding === undefined) return undefined
  const sight = { value: head, chain: state, known: undefined, descends: true, closed: undefined }
  const { meaning } = judgeRef(sight, { peer: holding.holder, process: holding.process })
  if (meaning === 'free') return 0
  return meaning === 'ours' ? holding.ttlSeconds * 1_000 : undefined
}
