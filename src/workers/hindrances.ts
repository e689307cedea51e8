import type { Clock } from '../lib/clock.ts'
import type { ProjectId } from '../tasks/task.ts'
import type { Hindrance } from './rules/hindrance.ts'
import { meetHindrance } from './rules/hindrance.ts'

export interface HindrancesDeps {
  readonly clock: Clock
  /** What can be known beforehand: a budget that is spent. Undefined where there is nothing to ask. */
  readonly findHindrance?: (() => string | undefined) | undefined
}

/**
 * What keeps this node from working on anything at all: its model is down, its budget of the day is spent, its disk is full.
 *
 * Nothing is claimed meanwhile. A model that is down would else go through a whole backlog, task by task.
 */
export class Hindrances {
  readonly #deps: HindrancesDeps
  readonly #pollMs: number
  #met: Hindrance | undefined

  constructor(deps: HindrancesDeps, { pollMs }: { readonly pollMs: number }) {
    this.#deps = deps
    this.#pollMs = pollMs
  }

  /** Why nothing is to be claimed now; undefined when it may be tried. */
  get reason(): string | undefined {
    const met = this.#met !== undefined && this.#deps.clock.monotonic() < this.#met.until ? this.#met.reason : undefined
    return met ?? this.#deps.findHindrance?.()
  }

  /** A task was given back because of it. */
  meet(reason: string): void {
    this.#met = meetHindrance(this.#met, { reason, now: this.#deps.clock.monotonic(), pollMs: this.#pollMs })
  }

  /** Work came to an end of its own: the next hindrance is a new one. One that is waited out is waited out all the same. */
  pass(): void {
    if (this.#met !== undefined && this.#deps.clock.monotonic() >= this.#met.until) this.#met = undefined
  }

  /** A person says to try again. */
  clear(): void {
    this.#met = undefined
  }
}

/** What keeps this node from the tasks of single projects: its token there lacks a right. The others go on. */
export class ProjectHindrances {
  readonly #clock: Clock
  readonly #options: { readonly pollMs: number }
  readonly #hindrances = new Map<ProjectId, Hindrances>()

  constructor({ clock }: { readonly clock: Clock }, options: { readonly pollMs: number }) {
    this.#clock = clock
    this.#options = options
  }

  /** Of one of them, for a person; undefined when all go on. */
  get reason(): string | undefined {
    const met = [...this.#hindrances].find(([, { reason }]) => reason !== undefined)
    return met === undefined ? undefined : `${met[0]}: ${met[1].reason}`
  }

  has(project: ProjectId): boolean {
    return this.#hindrances.get(project)?.reason !== undefined
  }

  /** A task of it was given back because of that. */
  meet(project: ProjectId, reason: string): void {
    const hindrances = this.#hindrances.get(project) ?? new Hindrances({ clock: this.#clock }, this.#options)
    this.#hindrances.set(project, hindrances)
    hindrances.meet(reason)
  }

  /** Work on a task of it came to an end of its own. */
  pass(project: ProjectId): void {
    this.#hindrances.get(project)?.pass()
  }

  /** A person says to try again. */
  clear(): void {
    this.#hindrances.clear()
  }
}
