import type { Dependency, ForeignDependency } from '../manifest/manifest.ts'
import { manifestLimits } from '../manifest/manifest.ts'

/** What a manifest depends on, when it was asked which names the index knows. */
export interface SettledDependencies {
  readonly dependencies: readonly Dependency[]
  readonly foreign: readonly ForeignDependency[]
  /** Candidates that became foreign. */
  readonly unknown: readonly string[]
}

/**
 * Which entries are packages of ours.
 *
 * A table `dependencies` in real manifests holds crates and other things with versions as well. So a bare name in it is ours only when the
 * index knows a package of that name; a name in a list, or with its owner, always is.
 */
export function settleDependencies(
  said: {
    readonly dependencies: readonly Dependency[]
    readonly candidates: readonly Dependency[]
    readonly foreign: readonly ForeignDependency[]
  },
  isKnown: (name: string) => boolean,
): SettledDependencies {
  const { true: ours = [], false: others = [] } = Object.groupBy(said.candidates, ({ name }) => (isKnown(name) ? 'true' : 'false'))
  return {
    dependencies: sort([...said.dependencies, ...ours]),
    foreign: sort([...said.foreign, ...others.map(({ name, range }) => ({ name, value: range }))]).slice(0, manifestLimits.foreign),
    unknown: others.map(({ name }) => name),
  }
}

function sort<T extends { readonly name: string }>(rows: readonly T[]): readonly T[] {
  return rows.toSorted((a, b) => (a.name < b.name ? -1 : 1))
}
