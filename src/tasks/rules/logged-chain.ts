import type { ObjectId } from '../git/objects.ts'
import type { TaskKey } from '../task.ts'
import type { ChainState } from './chain.ts'
import { extendChain } from './chain.ts'
import { judgeRef } from './judge-ref.ts'
import type { LoggedLink, RefLog } from './ref-log.ts'

/** One commit that was under a claim ref, and what it meant when it first was. */
export interface SeenLink {
  readonly state: ChainState
  /** What it follows, as far as the log has it. */
  readonly before: SeenLink | undefined
  /**
   * The lease of the last link that counts: what comes after it and does not count takes nothing from it. It runs from the moment at which that was
   * first under the ref, also where a backup brings it back: an observer that missed what was between saw it unchanged. 0 where none runs.
   */
  readonly lease: { readonly from: number; readonly ttlMs: number }
}

/** Every chain of one task that was ever under its ref, with what backups took away of them. */
export class LoggedChain {
  readonly #task: TaskKey
  readonly #log: RefLog
  readonly #links = new Map<ObjectId, SeenLink>()
  readonly #taken = new Set<SeenLink>()
  /** Last epoch of chains that were collected: as far as anybody was told, and as the newest backup says, which is all that new nodes know. */
  #closedEpochs: readonly [number, number] = [0, 0]

  constructor(task: TaskKey, log: RefLog) {
    this.#task = task
    this.#log = log
  }

  find(value: ObjectId | undefined): SeenLink | undefined {
    return value === undefined ? undefined : this.#links.get(value)
  }

  close(lastEpoch: number): void {
    const [told, kept] = this.#closedEpochs
    this.#closedEpochs = [Math.max(told, lastEpoch), Math.max(kept, lastEpoch)]
  }

  /** Reads a value down to what was seen, and gives what is new, oldest first. */
  follow(value: ObjectId, at: number): readonly SeenLink[] {
    const path: LoggedLink[] = []
    let id: ObjectId | undefined = value
    while (id !== undefined && !this.#links.has(id)) {
      const link: LoggedLink = this.#log.links.get(id) ?? { id, document: undefined, previous: undefined }
      path.unshift(link)
      id = link.previous
    }
    let before = this.find(id)
    return path.map((link) => {
      const seen = this.#extend(before, link, at)
      this.#links.set(link.id, seen)
      before = seen
      return seen
    })
  }

  /** Whether a value has another among its ancestors, or is it. */
  descends(value: ObjectId, ancestor: ObjectId | undefined): boolean {
    return ancestor !== undefined && this.#ancestors(value).has(this.#links.get(ancestor))
  }

  /** Whether a backup ever took away something in which two values differ. */
  isTaken(value: ObjectId, other: ObjectId | undefined): boolean {
    const [own, others] = [this.#ancestors(value), this.#ancestors(other)]
    return [...own.symmetricDifference(others)].some((link) => link !== undefined && this.#taken.has(link))
  }

  /** A backup takes the place of all that came after it. Gives the epochs that it took. */
  restore({
    value,
    closedEpoch,
    at,
  }: {
    readonly value: ObjectId | undefined
    readonly closedEpoch: number
    readonly at: number
  }): ReadonlySet<number> {
    if (value !== undefined) this.follow(value, at)
    const kept = this.#ancestors(value)
    const taken = [...this.#links.values()].filter((link) => !kept.has(link) && epochOf(link.state) > closedEpoch)
    for (const link of taken) this.#taken.add(link)
    this.#closedEpochs = [this.#closedEpochs[0], closedEpoch]
    return new Set(taken.filter(({ state }) => state.holding?.began === state.head).map(({ state }) => epochOf(state)))
  }

  /** A value and all that it goes on from. */
  #ancestors(value: ObjectId | undefined): ReadonlySet<SeenLink | undefined> {
    const found = new Set<SeenLink>()
    for (let at = this.find(value); at !== undefined; at = at.before) found.add(at)
    return found
  }

  #extend(before: SeenLink | undefined, link: LoggedLink, at: number): SeenLink {
    const { hive, project } = this.#log
    const [state = before?.state, other] = [...new Set(this.#closedEpochs)].map((closedEpoch) =>
      extendChain(before?.state, link, { hive, project, task: this.#task, closedEpoch }),
    )
    if (state === undefined) throw new Error('a chain has two ideas of what was collected')
    // where a backup lost the closed chain some nodes know more of it than others
    const meant = state.unknownLinks > 0 && other?.unknownLinks === 0 ? other : state
    const lease = meant.unknownLinks > 0 ? (before?.lease ?? { from: at, ttlMs: 0 }) : { from: at, ttlMs: waitOf(meant) ?? 0 }
    return { state: meant, before, lease }
  }
}

function epochOf({ holding }: ChainState): number {
  return holding?.epoch ?? Infinity
}

/** The lease that runs, in milliseconds; 0 when the task is free; undefined when it waits for a person, or for nobody. */
export function waitOf(state: ChainState): number | undefined {
  const { head, holding } = state
  if (holding === undefined) return undefined
  const sight = { value: head, chain: state, known: undefined, descends: true, closed: undefined }
  const { meaning } = judgeRef(sight, { peer: holding.holder, process: holding.process })
  if (meaning === 'free') return 0
  return meaning === 'ours' ? holding.ttlSeconds * 1_000 : undefined
}
