import type { Candidate, Catalogue, PackageId } from './candidates.ts'
import type { Need, ResolveOptions, Root } from './resolve.ts'
import { nameNeed, resolveSet } from './resolve.ts'
import { admittedBy, rankVersions } from './versions.ts'

/** What one package, or a person, needs of another. */
export interface ConflictNeed {
  /** Undefined for a person. */
  readonly from: PackageId | undefined
  /** The versions of `from` that come into question, highest first. */
  readonly versions: readonly string[]
  /** Undefined when nobody, or several, have a package of this name. */
  readonly target: PackageId | undefined
  readonly name: string
  /** What those versions ask for; empty for any. */
  readonly ranges: readonly string[]
  readonly rivals: readonly PackageId[]
}

/** Needs that cannot be met together, of which none can be left out. */
export interface Conflict {
  readonly needs: readonly ConflictNeed[]
  /** The package on which they meet; undefined when it is one that is not known. */
  readonly on: PackageId | undefined
  /** What there is of it, highest first. */
  readonly available: readonly { readonly version: string; readonly isYanked: boolean }[]
}

export interface ConflictRequest<C extends Candidate> {
  readonly roots: readonly Root[]
  readonly catalogue: Catalogue<C>
  readonly options: ResolveOptions
  /** What the search that failed looked at. */
  readonly needs: readonly Need[]
}

/**
 * The shortest set of needs at odds that leaving out one after the other finds, from both ends.
 *
 * No need of it can be left out: without any one of them there would be a set of versions. The work is bounded by `maxSteps`; of a
 * graph too large for that more is left in.
 */
export function findConflict<C extends Candidate>(request: ConflictRequest<C>): Conflict {
  const [forward, backward] = [reduce(request, (names) => names), reduce(request, (names) => names.toReversed())]
  const best = backward.length < forward.length ? backward : forward
  return describe(request, best)
}

function reduce<C extends Candidate>(
  { roots, catalogue, options, needs }: ConflictRequest<C>,
  order: (names: readonly string[]) => readonly string[],
): readonly Need[] {
  const kept = new Set<string>()
  const without = new Set<string>()
  let left = needs
  let stepsLeft = options.maxSteps
  for (;;) {
    const name = order(namesOf(left)).find((known) => !kept.has(known))
    if (name === undefined || stepsLeft <= 0) return left
    without.add(name)
    const tried = resolveSet(roots, catalogue, { ...options, without, maxSteps: stepsLeft })
    stepsLeft -= tried.steps
    if (tried.verdict === 'conflict') left = tried.needs
    else {
      without.delete(name)
      kept.add(name)
    }
  }
}

function namesOf(needs: readonly Need[]): readonly string[] {
  return [...new Set(needs.map(nameNeed))].toSorted()
}

function describe<C extends Candidate>({ catalogue }: ConflictRequest<C>, needs: readonly Need[]): Conflict {
  const groups = [...Map.groupBy(needs, nameNeed).values()]
  const rows = groups.flatMap(([need]) => (need === undefined ? [] : describeNeed(catalogue, groups, need))).toSorted(compareNeeds)
  const clash = rows.some(({ target }) => target === undefined) ? undefined : findMeeting(rows)
  const { candidates } = rankVersions(clash === undefined ? [] : catalogue.versionsOf(clash))
  return { needs: rows, on: clash, available: candidates.map(({ version, yanked }) => ({ version, isYanked: yanked !== null })) }
}

/** The package that most need; of several, one that needs nothing itself. */
function findMeeting(rows: readonly ConflictNeed[]): PackageId | undefined {
  const needy = new Set(rows.map(({ from }) => from))
  const counts = [...Map.groupBy(rows, ({ target }) => target)].map(([target, own]) => ({
    target,
    count: own.length,
    isNeedy: needy.has(target),
  }))
  return counts.toSorted((a, b) => b.count - a.count || Number(a.isNeedy) - Number(b.isNeedy) || compareText(a.target, b.target))[0]?.target
}

function describeNeed<C extends Candidate>(
  catalogue: Catalogue<C>,
  groups: readonly (readonly Need[])[],
  { from, requirement }: Need,
): ConflictNeed {
  const { target, name, rivals } = requirement
  if (from === undefined)
    return { from, versions: [], target, name, ranges: requirement.range === undefined ? [] : [requirement.range], rivals }
  const choices = rankVersions(catalogue.versionsOf(from))
  const asked = groups.filter(([first]) => first?.requirement.target === from)
  const isAsked = (index: number): boolean =>
    asked.every((group) => group.some((need) => admittedBy(choices, need.requirement.range).has(index)))
  const inQuestion = choices.candidates.filter((_, index) => isAsked(index))
  const versions: string[] = []
  const ranges = new Set<string>()
  for (const candidate of inQuestion) {
    const own = catalogue.dependenciesOf(candidate).filter((other) => (other.target ?? other.name) === (target ?? name))
    if (own.length > 0) versions.push(candidate.version)
    for (const { range } of own) if (range !== undefined) ranges.add(range)
  }
  return { from, versions, target, name, ranges: [...ranges], rivals }
}

function compareNeeds(a: ConflictNeed, b: ConflictNeed): number {
  return (
    Number(a.from === undefined) - Number(b.from === undefined) ||
    compareText(a.from, b.from) ||
    compareText(a.target ?? a.name, b.target ?? b.name)
  )
}

function compareText(a = '', b = ''): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** Clauses of one kind that are written out. */
const maxClauses = 6
/** Versions that are named. */
const maxVersions = 8

/** A conflict in one sentence or two: "@ada/a 1.0.0 needs @ada/c ^1, @bob/b 2.0.0 needs @ada/c ^2; you asked for @ada/a, @bob/b." */
export function formatConflict({ needs, on, available }: Conflict, spell: (id: PackageId) => string): string {
  const clashing = needs.filter((need) => need.target === on && (need.from !== undefined || need.ranges.length > 0))
  const asked = needs.filter((need) => need.from === undefined && !clashing.includes(need))
  const between = needs.filter((need) => !clashing.includes(need) && !asked.includes(need))
  const clauses = [
    listClauses(clashing.map((need) => formatNeed(need, spell))),
    listClauses(between.map((need) => formatNeed(need, spell))),
    asked.length === 0
      ? ''
      : `you asked for ${listClauses(asked.map((need) => withRange(need.target === undefined ? need.name : spell(need.target), need.ranges)))}`,
  ]
  const sentence = clauses.filter((clause) => clause !== '').join('; ')
  if (on === undefined) return `${sentence}.`
  const versions = available.slice(0, maxVersions).map(({ version, isYanked }) => (isYanked ? `${version} (yanked)` : version))
  const more = available.length > maxVersions ? ` and ${available.length - maxVersions} more` : ''
  return `${sentence}. Of ${spell(on)} there ${versions.length === 0 ? 'is nothing' : `is ${versions.join(', ')}${more}`}.`
}

function listClauses(clauses: readonly string[]): string {
  const rest = clauses.length - maxClauses
  return rest > 0 ? `${clauses.slice(0, maxClauses).join(', ')} and ${rest} more` : clauses.join(', ')
}

function formatNeed({ from, versions, target, name, ranges, rivals }: ConflictNeed, spell: (id: PackageId) => string): string {
  const what = withRange(target === undefined ? name : spell(target), ranges)
  if (from === undefined) return `you asked for ${what}`
  const [only, ...others] = versions
  const subject = only !== undefined && others.length === 0 ? `${spell(from)} ${only}` : spell(from)
  if (target !== undefined) return `${subject} needs ${what}`
  const why = rivals.length === 0 ? 'which nobody has published here' : `which several have published: ${rivals.map(spell).join(', ')}`
  return `${subject} needs ${what}, ${why}`
}

function withRange(name: string, ranges: readonly string[]): string {
  return ranges.length === 0 ? name : `${name} ${ranges.slice(0, maxClauses).join(' or ')}`
}
