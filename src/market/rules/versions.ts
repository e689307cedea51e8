import semver from 'semver'

/** What is known of a release when one is chosen. */
export interface VersionCandidate {
  readonly version: string
  /** The author's wall time; only breaks ties between versions that semver holds equal. */
  readonly at: number
}

/** Longest version; semver's own limit. */
const maxVersionLength = 256

/** Reads an exact version in its one spelling (`1.2.3-rc.1+build`); undefined for anything else. */
export function parseVersion(text: string): string | undefined {
  if (text.length > maxVersionLength) return undefined
  const parsed = semver.parse(text)
  if (parsed === null) return undefined
  const spelled = parsed.build.length > 0 ? `${parsed.version}+${parsed.build.join('.')}` : parsed.version
  return spelled === text ? text : undefined
}

/** Whether a text is a semver range, `*` and the empty one excepted. */
export function isVersionRange(text: string): boolean {
  return text.length <= maxVersionLength && text.trim() !== '' && semver.validRange(text) !== null
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

/**
 * The release to install: the highest in the range; a version given with build metadata means exactly that one.
 *
 * Pre-releases count when the range names one, or when there is nothing else and no range.
 */
export function chooseRelease<C extends VersionCandidate>(candidates: readonly C[], range: string | undefined): C | undefined {
  const exact = candidates.find((candidate) => candidate.version === range)
  if (exact !== undefined) return exact
  const inRange = candidates.filter((candidate) => semver.satisfies(candidate.version, range ?? '*'))
  const eligible = inRange.length === 0 && range === undefined ? candidates : inRange
  return eligible.toSorted(compareReleases).at(-1)
}

/** Whether a version is in a range, pre-releases counted; a version as it is written is in itself. */
export function isInRange(version: string, range: string): boolean {
  return version === range || semver.satisfies(version, range, { includePrerelease: true })
}
