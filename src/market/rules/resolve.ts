import type { Candidate, Catalogue, PackageId, Requirement } from './candidates.ts'
import type { Choices } from './versions.ts'
import { admittedBy, rankVersions } from './versions.ts'

/** A package that a person asked for. */
export interface Root {
  readonly id: PackageId
  /** Undefined for the newest. */
  readonly range: string | undefined
}

export interface ResolveOptions {
  /** What is installed: it may stay even when it was yanked since, and is tried first. */
  readonly kept: ReadonlyMap<PackageId, { readonly version: string; readonly digest: string }>
  /** Packages that are to be as new as can be: what is installed is tried in its turn, and last when it was yanked since. */
  readonly released: ReadonlySet<PackageId>
  /** Packages whose dependencies are left out. */
  readonly isolated: ReadonlySet<PackageId>
  /** Candidates and requirements looked at before the search gives up. */
  readonly maxSteps: number
  /** Requirements left out of consideration, as `nameNeed` says them: to find out which of them are at odds. */
  readonly without?: ReadonlySet<string>
}

/** Who needs what. `from` is undefined for what a person asked for. */
export interface Need {
  readonly from: PackageId | undefined
  readonly requirement: Requirement
}

/** A better version that was passed over, because something it needs is not known here, or not clearly. */
export interface PassedOver<C extends Candidate> {
  readonly candidate: C
  readonly requirement: Requirement
}

/** How a search ended, and how many steps it took. */
export type Resolution<C extends Candidate> =
  | {
      readonly verdict: 'resolved'
      readonly chosen: ReadonlyMap<PackageId, C>
      readonly passedOver: readonly PassedOver<C>[]
      readonly steps: number
    }
  /** No set of versions meets all needs. `needs` are all that were looked at. */
  | { readonly verdict: 'conflict'; readonly needs: readonly Need[]; readonly steps: number }
  | { readonly verdict: 'too-large'; readonly steps: number }

/** A name for a need: all versions of one package that need another are one. */
export function nameNeed({ from, requirement: { target, name } }: Need): string {
  return `${from ?? ''}>${target ?? name}`
}

/**
 * One version for every package that is needed, so that every range is met; or that there is no such set.
 *
 * The same for the same input in whatever order it comes: packages are decided in the order in which they are first needed (roots by
 * name, then the dependencies of each by name), each as high as what was decided before allows. On a dead end the search jumps back to
 * the last decision that had a part in it (conflict-directed backjumping), so it finds a set when there is one.
 *
 * @see P. Prosser, Hybrid algorithms for the constraint satisfaction problem (1993)
 */
export function resolveSet<C extends Candidate>(roots: readonly Root[], catalogue: Catalogue<C>, options: ResolveOptions): Resolution<C> {
  const search = new Search(catalogue, options)
  return search.run(roots)
}

interface Edge {
  readonly need: Need
  /** Index of the frame that needs it; -1 for a root. */
  readonly depth: number
}

interface Frame {
  readonly id: PackageId
  /** Indexes of choices, best first. */
  readonly order: readonly number[]
  /** Place in `order` of what is tried next. */
  next: number
  /** The index that was taken. */
  taken: number
  /** Frames that had a part in what was ruled out here. */
  readonly blame: Set<number>
  /** Length of the agenda before the choice. */
  readonly agenda: number
  /** What the choice needs. */
  added: readonly Edge[]
}

class OutOfSteps extends Error {}

class Search<C extends Candidate> {
  readonly #catalogue: Catalogue<C>
  readonly #options: ResolveOptions
  readonly #choices = new Map<PackageId, Choices<C>>()
  readonly #admitted = new Map<string, ReadonlySet<number>>()
  readonly #dependencies = new Map<C, readonly Requirement[]>()
  readonly #seen = new Map<string, Need>()
  readonly #edges = new Map<PackageId, Edge[]>()
  readonly #frames: Frame[] = []
  readonly #decided = new Map<PackageId, number>()
  readonly #agenda: PackageId[] = []
  #stepsLeft: number

  constructor(catalogue: Catalogue<C>, options: ResolveOptions) {
    this.#catalogue = catalogue
    this.#options = options
    this.#stepsLeft = options.maxSteps
  }

  run(roots: readonly Root[]): Resolution<C> {
    try {
      for (const { id, range } of sortRoots(roots)) {
        this.#add({ need: { from: undefined, requirement: { name: id, range, target: id, rivals: [] } }, depth: -1 })
      }
      if (this.#solve()) return this.#answer()
      return { verdict: 'conflict', needs: [...this.#seen.values()], steps: this.#steps() }
    } catch (error) {
      if (error instanceof OutOfSteps) return { verdict: 'too-large', steps: this.#options.maxSteps }
      throw error
    }
  }

  #solve(): boolean {
    for (let id = this.#agenda[0]; id !== undefined; id = this.#agenda[this.#frames.length]) {
      let frame: Frame | undefined = this.#open(id)
      while (frame !== undefined && !this.#choose(frame)) {
        const culprit = this.#jump(frame)
        if (culprit === undefined) return false
        frame = culprit
      }
    }
    return true
  }

  #open(id: PackageId): Frame {
    const { candidates } = this.#choicesOf(id)
    const kept = candidates.findIndex((candidate) => this.#isKept(candidate))
    const all = [...candidates.keys()]
    const order = kept < 0 ? all : this.#orderAround(id, { kept, all })
    const first = this.#edges.get(id)?.[0]?.depth ?? -1
    const blame = new Set(first >= 0 ? [first] : [])
    const frame: Frame = { id, order, next: 0, taken: -1, blame, agenda: this.#agenda.length, added: [] }
    this.#frames.push(frame)
    return frame
  }

  #orderAround(id: PackageId, { kept, all }: { readonly kept: number; readonly all: readonly number[] }): readonly number[] {
    const others = all.filter((index) => index !== kept)
    if (!this.#options.released.has(id)) return [kept, ...others]
    return this.#choicesOf(id).candidates[kept]?.yanked === null ? all : [...others, kept]
  }

  /** Takes the next choice that goes with all that was decided before. */
  #choose(frame: Frame): boolean {
    const { candidates } = this.#choicesOf(frame.id)
    for (const index of frame.order.slice(frame.next)) {
      frame.next += 1
      this.#spend(1)
      const candidate = candidates[index]
      if (candidate === undefined || !this.#isMet(frame, index) || !this.#mayBeTaken(candidate)) continue
      const needs = this.#needsOf(candidate)
      if (!needs.every((requirement) => this.#goesWith(frame, { index, requirement }))) continue
      frame.taken = index
      const depth = this.#frames.length - 1
      this.#decided.set(frame.id, depth)
      frame.added = needs.map((requirement) => ({ need: { from: frame.id, requirement }, depth }))
      for (const edge of frame.added) this.#add(edge)
      return true
    }
    return false
  }

  #isMet(frame: Frame, index: number): boolean {
    for (const { need, depth } of this.#edges.get(frame.id) ?? []) {
      this.#spend(1)
      if (this.#admits(frame.id, need.requirement.range).has(index)) continue
      if (depth >= 0) frame.blame.add(depth)
      return false
    }
    return true
  }

  /** What was taken back only where it is installed, or a person named exactly it: that person is asked then. */
  #mayBeTaken(candidate: C): boolean {
    if (candidate.yanked === null || this.#isKept(candidate)) return true
    const edges = this.#edges.get(candidate.id) ?? []
    return edges.some(({ need, depth }) => depth < 0 && need.requirement.range === candidate.version)
  }

  #goesWith(frame: Frame, { index, requirement }: { readonly index: number; readonly requirement: Requirement }): boolean {
    this.#spend(1)
    this.#see({ from: frame.id, requirement })
    const { target, range } = requirement
    if (target === undefined) return false
    if (target === frame.id) return this.#admits(target, range).has(index)
    const depth = this.#decided.get(target)
    if (depth === undefined || this.#admits(target, range).has(this.#frames[depth]?.taken ?? -1)) return true
    frame.blame.add(depth)
    return false
  }

  /** Gives up a frame, and goes back to the last one that had a part in its failing; undefined when there is none. */
  #jump(failed: Frame): Frame | undefined {
    const depth = Math.max(-1, ...failed.blame)
    const culprit = this.#frames[depth]
    if (culprit === undefined) return undefined
    for (const frame of this.#frames.splice(depth + 1).toReversed()) this.#undo(frame)
    this.#undo(culprit)
    for (const other of failed.blame) if (other !== depth) culprit.blame.add(other)
    return culprit
  }

  #undo(frame: Frame): void {
    for (const { need } of frame.added) if (need.requirement.target !== undefined) this.#edges.get(need.requirement.target)?.pop()
    frame.added = []
    this.#agenda.length = frame.agenda
    this.#decided.delete(frame.id)
  }

  #add(edge: Edge): void {
    const { target } = edge.need.requirement
    if (target === undefined || this.#isLeftOut(edge.need)) return
    this.#see(edge.need)
    const edges = this.#edges.get(target) ?? []
    if (edges.length === 0) this.#agenda.push(target)
    edges.push(edge)
    this.#edges.set(target, edges)
  }

  #needsOf(candidate: C): readonly Requirement[] {
    if (this.#options.isolated.has(candidate.id)) return []
    const known = this.#dependencies.get(candidate)
    if (known !== undefined) return known
    const found = this.#catalogue
      .dependenciesOf(candidate)
      .filter((requirement) => !this.#isLeftOut({ from: candidate.id, requirement }))
      .toSorted(compareRequirements)
    this.#dependencies.set(candidate, found)
    return found
  }

  #choicesOf(id: PackageId): Choices<C> {
    const known = this.#choices.get(id)
    if (known !== undefined) return known
    const found = this.#catalogue.versionsOf(id)
    this.#spend(found.length)
    const ranked = rankVersions(found)
    this.#choices.set(id, ranked)
    return ranked
  }

  #admits(id: PackageId, range: string | undefined): ReadonlySet<number> {
    const name = `${id} ${range ?? ''}`
    const known = this.#admitted.get(name)
    if (known !== undefined) return known
    const choices = this.#choicesOf(id)
    this.#spend(choices.candidates.length)
    const found = admittedBy(choices, range)
    this.#admitted.set(name, found)
    return found
  }

  #isKept({ id, version, digest }: C): boolean {
    const kept = this.#options.kept.get(id)
    return kept?.version === version && kept.digest === digest
  }

  #isLeftOut(need: Need): boolean {
    return this.#options.without?.has(nameNeed(need)) === true
  }

  #see(need: Need): void {
    const name = `${nameNeed(need)} ${need.requirement.range ?? ''}`
    if (!this.#seen.has(name)) this.#seen.set(name, need)
  }

  #spend(steps: number): void {
    this.#stepsLeft -= steps
    if (this.#stepsLeft < 0) throw new OutOfSteps()
  }

  #steps(): number {
    return this.#options.maxSteps - this.#stepsLeft
  }

  #answer(): Resolution<C> {
    const chosen = new Map<PackageId, C>()
    const passedOver: PassedOver<C>[] = []
    for (const frame of this.#frames) {
      const { candidates } = this.#choicesOf(frame.id)
      const taken = candidates[frame.taken]
      if (taken === undefined) throw new Error(`nothing was chosen of ${frame.id}`)
      chosen.set(frame.id, taken)
      for (const index of frame.order.slice(0, frame.order.indexOf(frame.taken))) {
        const better = candidates[index]
        if (better === undefined || !this.#mayBeTaken(better) || !this.#isMet(frame, index)) continue
        const requirement = this.#needsOf(better).find(({ target }) => target === undefined)
        if (requirement !== undefined) passedOver.push({ candidate: better, requirement })
      }
    }
    return { verdict: 'resolved', chosen, passedOver, steps: this.#steps() }
  }
}

function sortRoots(roots: readonly Root[]): readonly Root[] {
  return roots.toSorted((a, b) => compareText(a.id, b.id) || compareText(a.range ?? '', b.range ?? ''))
}

function compareRequirements(a: Requirement, b: Requirement): number {
  return compareText(a.target ?? a.name, b.target ?? b.name) || compareText(a.range ?? '', b.range ?? '')
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
