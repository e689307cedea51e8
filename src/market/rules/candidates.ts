import semver from 'semver'
import type { OwnerId } from '../../identity/keys.ts'

declare const packageIdBrand: unique symbol

/** `<owner id>/<name>`. */
export type PackageId = string & { readonly [packageIdBrand]: true }

/** What a package is known by. */
export function packageId({ owner, name }: { readonly owner: OwnerId; readonly name: string }): PackageId {
  return `${owner}/${name}` as PackageId
}

/** One version that may be chosen. */
export interface Candidate {
  readonly id: PackageId
  /** Exact semver. */
  readonly version: string
  /** The author's wall time; only breaks ties between versions that semver holds equal. */
  readonly at: number
  /** `sha256:…` of its archive. */
  readonly digest: string
  /** The reason its owner gave for taking it back, '' for none given; null for a version that stands. */
  readonly yanked: string | null
  /** Who says so: `hive:<id>` or `registry:<url>`. */
  readonly source: string
}

/** Something that must be there in a range. */
export interface Requirement {
  /** As written: `name` or `@owner/name`. */
  readonly name: string
  /** A semver range or an exact version; undefined for the newest. */
  readonly range: string | undefined
  /** What the name means; undefined when nobody, or several, have a package of this name. */
  readonly target: PackageId | undefined
  /** Those several. */
  readonly rivals: readonly PackageId[]
}

/** What can be chosen from. Answers must not change while a set is resolved; their order does not matter. */
export interface Catalogue<C extends Candidate = Candidate> {
  readonly versionsOf: (id: PackageId) => readonly C[]
  readonly dependenciesOf: (candidate: C) => readonly Requirement[]
}

/** Candidates of a package, best first, with their versions parsed once. */
export interface Choices<C extends Candidate> {
  readonly candidates: readonly C[]
  readonly versions: readonly semver.SemVer[]
}

/** Sorts candidates, the highest first: semver's precedence, then time, then spelling. */
export function rankCandidates<C extends Candidate>(found: readonly C[]): Choices<C> {
  const rows = found.map((candidate) => ({ candidate, version: new semver.SemVer(candidate.version) }))
  rows.sort(
    (a, b) => b.version.compare(a.version) || b.candidate.at - a.candidate.at || (a.candidate.version < b.candidate.version ? 1 : -1),
  )
  return { candidates: rows.map(({ candidate }) => candidate), versions: rows.map(({ version }) => version) }
}

/**
 * The indexes of the choices that a range admits, ascending.
 *
 * A version as it is written means exactly that one, build metadata included. Pre-releases count when the range names one, or when
 * nothing is said and there is nothing else. What is no range (a tag that is not set) admits nothing.
 */
export function admittedBy<C extends Candidate>({ candidates, versions }: Choices<C>, range: string | undefined): ReadonlySet<number> {
  const exact = candidates.findIndex(({ version }) => version === range)
  if (exact >= 0) return new Set([exact])
  const admitted = new Set<number>()
  if (semver.validRange(range ?? '*') === null) return admitted
  const asked = new semver.Range(range ?? '*')
  for (const [index, version] of versions.entries()) if (asked.test(version)) admitted.add(index)
  return admitted.size === 0 && range === undefined ? new Set(candidates.keys()) : admitted
}

/**
 * Which of the owners of a name a dependency means: the one it names, else the owner of who depends on it, else the only one there is.
 */
export function chooseOwner(owners: readonly OwnerId[], dependant: OwnerId): OwnerId | undefined {
  if (owners.includes(dependant)) return dependant
  return owners.length === 1 ? owners[0] : undefined
}
