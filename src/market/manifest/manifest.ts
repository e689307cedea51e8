import type { PackageName } from '../rules/names.ts'

/** What a package is for. */
export const packageKinds = ['template', 'skill', 'tool', 'role', 'bundle'] as const
export type PackageKind = (typeof packageKinds)[number]

/** What every format comes down to. Part of a release as it stands, so: plain values, null where nothing is said. */
export interface Manifest {
  readonly name: PackageName
  /** Exact semver. */
  readonly version: string
  readonly kind: PackageKind
  readonly description: string
  readonly authors: readonly string[]
  readonly licence: string | null
  /** Lower-cased. */
  readonly category: string | null
  readonly keywords: readonly string[]
  readonly homepage: string | null
  readonly repository: string | null
  readonly dependencies: readonly Dependency[]
  /** Entries under `dependencies` that are none of ours: crate versions, paths, free text. Shown, never resolved. */
  readonly foreign: readonly ForeignDependency[]
  /** Patterns of the files that belong to the package; empty means all. */
  readonly files: readonly string[]
  readonly permissions: Permissions
  /** The file to begin with, relative to the package; null when nothing is said. */
  readonly entry: string | null
}

/** A manifest as read from a folder: a `SKILL.md` need not say its version. */
export type ManifestDraft = Omit<Manifest, 'version'> & { readonly version: string | undefined }

/** `name` may be `@owner/name`. */
export interface Dependency {
  readonly name: string
  readonly range: string
}

export interface ForeignDependency {
  readonly name: string
  readonly value: string
}

/** What a package asks to use, when an agent works with it. Installing grants nothing. */
export interface Permissions {
  readonly tools: readonly string[]
  readonly commands: readonly string[]
  readonly hosts: readonly string[]
  readonly paths: readonly string[]
}

export const permissionKinds = ['tools', 'commands', 'hosts', 'paths'] as const

/** Bounds that readers of files and of releases share; together they keep a release within one entry. */
export const manifestLimits = {
  /** Characters of a name of an author, a URL, a category, a path. */
  line: 512,
  /** Characters of a description; what is longer in a file is refused. */
  description: 4_096,
  /** Characters of one keyword. */
  keyword: 64,
  authors: 32,
  keywords: 64,
  dependencies: 128,
  foreign: 64,
  /** Characters of one value of a foreign dependency; what is longer is cut. */
  foreignValue: 128,
  files: 128,
  /** Rows of each kind of permission. */
  permissions: 64,
} as const
