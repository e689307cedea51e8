import semver from 'semver'

/** Tags that mean something already. */
const reserved: ReadonlySet<string> = new Set(['latest'])

/** Reads a tag, a name for one version of a package: 1–32 of `[a-z0-9._-]` that begin with a letter and are no version range (`x`, `v1`). */
export function parseTag(text: string): string | undefined {
  if (!/^[a-z][a-z0-9._-]{0,31}$/.test(text) || reserved.has(text)) return undefined
  return semver.validRange(text) === null ? text : undefined
}
