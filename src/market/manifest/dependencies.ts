import { isOwnerSegment, parsePackageName } from '../rules/names.ts'
import { isVersionRange } from '../rules/versions.ts'
import { isPlainText } from '../shape.ts'
import type { Refuse } from './fields.ts'
import { tableOf } from './fields.ts'
import type { Dependency, ForeignDependency } from './manifest.ts'
import { manifestLimits } from './manifest.ts'

/** What a manifest says it depends on. */
export interface ReadDependencies {
  /** Ours for certain: named in a list, or with their owner. */
  readonly dependencies: readonly Dependency[]
  /** A bare name and a range in a table, where crates stand as well: ours when the index knows the name. */
  readonly candidates: readonly Dependency[]
  readonly foreign: readonly ForeignDependency[]
}

/**
 * `name`, `name@range`, `@owner/name@range` in a list, or a table of name to range; what fits neither is kept as foreign.
 *
 * @throws Fault MANIFEST_INVALID when there are more of ours than a release holds
 */
export function readDependencies(sources: readonly unknown[], refuse: Refuse): ReadDependencies {
  const dependencies = new Map<string, Dependency>()
  const candidates = new Map<string, Dependency>()
  const foreign = new Map<string, ForeignDependency>()
  for (const { name, value, isListed } of sources.flatMap(listDependencies)) {
    const range = typeof value === 'string' ? value : rangeOf(value)
    if (!isDependencyName(name) || range === undefined || !isVersionRange(range)) foreign.set(name, toForeign(name, value))
    else if (isListed || name.startsWith('@')) dependencies.set(name, { name, range })
    else candidates.set(name, { name, range })
  }
  for (const name of dependencies.keys()) candidates.delete(name)
  const total = dependencies.size + candidates.size
  const most = manifestLimits.dependencies
  if (total > most)
    throw refuse('dependencies', `there are ${total} dependencies, ${most} are allowed`, 'fewer, or a bundle that has some of them')
  return {
    dependencies: sortByName(dependencies),
    candidates: sortByName(candidates),
    foreign: sortByName(foreign).slice(0, manifestLimits.foreign),
  }
}

interface Listed {
  readonly name: string
  readonly value: unknown
  readonly isListed: boolean
}

function listDependencies(source: unknown): readonly Listed[] {
  if (!Array.isArray(source)) return Array.from(tableOf(source), ([name, value]) => ({ name, value, isListed: false }))
  return source.map((item: unknown) => {
    if (typeof item !== 'string') return { name: nameOf(item), value: item, isListed: true }
    const at = item.lastIndexOf('@')
    const [name, value] = at > 0 ? [item.slice(0, at), item.slice(at + 1)] : [item, '*']
    return { name: name.trim(), value: value.trim(), isListed: true }
  })
}

function nameOf(item: unknown): string {
  const name = tableOf(item).get('name')
  return typeof name === 'string' ? name : ''
}

function rangeOf(value: unknown): string | undefined {
  const table = tableOf(value)
  const range = table.get('version')
  const isOnlyVersion = [...table.keys()].every((key) => key === 'version' || key === 'name')
  return typeof range === 'string' && isOnlyVersion ? range : undefined
}

function isDependencyName(name: string): boolean {
  const slash = name.indexOf('/')
  if (name.startsWith('@') !== slash > 0) return false
  return parsePackageName(name.slice(slash + 1)) !== undefined && (slash < 0 || isOwnerSegment(name.slice(1, slash)))
}

/** Entries that are none of ours and are written as ours are, a name and a range: a package that nobody had, unless it is a crate. */
export function listUnmet(foreign: readonly ForeignDependency[]): readonly Dependency[] {
  return foreign.flatMap(({ name, value }) => (isDependencyName(name) && isVersionRange(value) ? [{ name, range: value }] : []))
}

/** An entry that is none of ours, cut to what a release holds. */
export function toForeign(name: string, value: unknown): ForeignDependency {
  return { name: clip(name), value: clip(describe(value)) }
}

function describe(value: unknown): string {
  if (typeof value === 'string') return value
  const table = tableOf(value)
  return table.size > 0 ? [...table].map(([key, entry]) => `${key} = ${typeof entry === 'string' ? entry : '…'}`).join(', ') : String(value)
}

function clip(text: string): string {
  const plain = text.toWellFormed().slice(0, manifestLimits.foreignValue).toWellFormed()
  return isPlainText(plain)
    ? plain
    : JSON.stringify(plain)
        .replaceAll(/[^\x20-\x7e]/g, '?')
        .slice(0, manifestLimits.foreignValue)
}

function sortByName<T extends { readonly name: string }>(rows: ReadonlyMap<string, T>): T[] {
  return [...rows.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1))
}
