import semver from 'semver'

/** What is known of a release when one is chosen. */
export interface VersionCandidate {
  /** Exact semver. */
  readonly version: string
  /** The author's wall time; only breaks ties between versions that semver holds equal. */
  readonly at: number
}

/** Reads an exact version in its one spelling (`1.2.3-rc.1+build`); undefined for anything else, and for what has more than the 256 characters of semver. */
export function parseVersion(text: string): string | undefined {
  const parsed = semver.parse(text)
  if (parsed === null) return undefined
  const spelled = parsed.build.length > 0 ? `${parsed.version}+${parsed.build.join('.')}` : parsed.version
  return spelled === text ? text : undefined
}

/** Longest range, in characters. */
const maxRangeLength = 256

/** Whether a text is a semver range, `*` and the empty one excepted. */
export function isVersionRange(text: string): boolean {
  return text.length <= maxRangeLength && text.trim() !== '' && semver.validRange(text) !== null
}

/** Below zero when `a` comes before `b`: semver's precedence, then time, then spelling. */
export function compareReleases(a: VersionCandidate, b: VersionCandidate): number {
  return semver.compare(a.version, b.version) || a.at - b.at || (a.version < b.version ? -1 : a.version > b.version ? 1 : 0)
}

/** Below zero when `b` is the newer one to show of a package: stable versions before pre-releases, then `compareReleases`. */
export function compareNewest(a: VersionCandidate, b: VersionCandidate): number {
  return Number(isStable(a)) - Number(isStable(b)) || compareReleases(a, b)
}

function isStable({ version }: VersionCandidate): boolean {
  return semver.prerelease(version) === null
}

/** Candidates of a package, best first, with their versions parsed once. */
export interface Choices<C extends VersionCandidate> {
  readonly candidates: readonly C[]
  readonly versions: readonly semver.SemVer[]
}

/** Sorts candidates, the highest first: semver's precedence, then time, then spelling. */
export function rankVersions<C extends VersionCandidate>(found: readonly C[]): Choices<C> {
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
export function admittedBy<C extends VersionCandidate>(
  { candidates, versions }: Choices<C>,
  range: string | undefined,
): ReadonlySet<number> {
  const exact = candidates.findIndex(({ version }) => version === range)
  if (exact >= 0) return new Set([exact])
  const admitted = new Set<number>()
  if (semver.validRange(range ?? '*') === null) return admitted
  const asked = new semver.Range(range ?? '*')
  for (const [index, version] of versions.entries()) if (asked.test(version)) admitted.add(index)
  return admitted.size === 0 && range === undefined ? new Set(candidates.keys()) : admitted
}

/** The release to install: the highest that a range admits. */
export function chooseRelease<C extends VersionCandidate>(candidates: readonly C[], range: string | undefined): C | undefined {
  const choices = rankVersions(candidates)
  const [highest] = admittedBy(choices, range)
  return highest === undefined ? undefined : choices.candidates[highest]
}

/** The highest of those that a range admits that nobody took back; undefined when there is none. */
export function chooseStanding<C extends VersionCandidate & { readonly yanked: string | null }>(
  candidates: readonly C[],
  range: string | undefined,
): C | undefined {
  return chooseRelease(
    candidates.filter(({ yanked }) => yanked === null),
    range,
  )
}

/** Whether a version is in a range, pre-releases counted; a version as it is written is in itself. */
export function isInRange(version: string, range: string): boolean {
  return version === range || semver.satisfies(version, range, { includePrerelease: true })
}
