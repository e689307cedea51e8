import type { OwnerId } from '../../identity/keys.ts'
import type { VersionCandidate } from './versions.ts'

declare const packageIdBrand: unique symbol

/** `<owner id>/<name>`. */
export type PackageId = string & { readonly [packageIdBrand]: true }

/** What a package is known by. */
export function packageId({ owner, name }: { readonly owner: OwnerId; readonly name: string }): PackageId {
  return `${owner}/${name}` as PackageId
}

/** One version that may be chosen. */
export interface Candidate extends VersionCandidate {
  readonly id: PackageId
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

/**
 * Which of the owners of a name a dependency means: the one it names, else the owner of who depends on it, else the only one there is.
 */
export function chooseOwner(owners: readonly OwnerId[], dependant: OwnerId): OwnerId | undefined {
  if (owners.includes(dependant)) return dependant
  return owners.length === 1 ? owners[0] : undefined
}
