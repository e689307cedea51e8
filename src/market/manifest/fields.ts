import type { Fault } from '../../lib/fault.ts'
import { suggestPackageName, parsePackageName } from '../rules/names.ts'
import type { PackageName } from '../rules/names.ts'
import type { Dependency, ForeignDependency, PackageKind, Permissions } from './manifest.ts'
import { manifestLimits, packageKinds, permissionKinds } from './manifest.ts'
import { isVersionRange, parseVersion } from '../rules/versions.ts'
import { judgePath } from '../rules/paths.ts'
import { isPlainText } from '../shape.ts'

/** A table of a manifest: own keys only, whatever the parser made of it. */
export type Table = ReadonlyMap<string, unknown>

/** Makes the fault for one key: what is wrong with it and what to write. */
export type Refuse = (key: string, problem: string, write: string) => Fault

/** A table of anything; empty for what is none. A key `__proto__` is a key like any other. */
export function tableOf(value: unknown): Table {
  if (value instanceof Map) return new Map(Array.from(value.entries(), ([key, entry]): [string, unknown] => [String(key), entry]))
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Date) return new Map()
  return new Map(Object.entries(value))
}

/** A text of bounded length, trimmed; undefined when there is none or it is empty. */
export function readLine(table: Table, key: string, refuse: Refuse, max: number = manifestLimits.line): string | undefined {
  const value = table.get(key)
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'string') throw refuse(key, `"${key}" is no text`, `${key} = "…"`)
  const text = value.replaceAll('\r\n', '\n').trim()
  if (text.length > max) throw refuse(key, `"${key}" has ${text.length} characters, ${max} are allowed`, `a shorter ${key}`)
  if (!isPlainText(text, key === 'description')) throw refuse(key, `"${key}" holds characters that are no text`, `${key} in plain Unicode`)
  return text === '' ? undefined : text
}

/** Texts: a list, one text, or (as found in the wild) a table with a list of the same name inside. */
export function readLines(table: Table, key: string, refuse: Refuse, limits: { readonly rows: number; readonly length: number }): string[] {
  const value = table.get(key)
  if (value === undefined || value === null) return []
  const inner = tableOf(value)
  if (inner.size > 0) return readLines(inner, key, refuse, limits)
  const items: readonly unknown[] = Array.isArray(value) ? value : [value]
  if (items.length > limits.rows) throw refuse(key, `"${key}" has ${items.length} rows, ${limits.rows} are allowed`, `fewer ${key}`)
  const texts = items.map((item) => {
    if (typeof item !== 'string' || item.length > limits.length || !isPlainText(item.trim())) {
      throw refuse(key, `"${key}" holds something that is no text of up to ${limits.length} characters`, `${key} = ["…", "…"]`)
    }
    return item.trim()
  })
  return [...new Set(texts.filter((text) => text !== ''))]
}

export function readName(text: string | undefined, refuse: Refuse): PackageName {
  if (text === undefined) throw refuse('name', 'the package has no name', 'name = "my-package"')
  const name = parsePackageName(text)
  if (name !== undefined) return name
  const nearest = suggestPackageName(text) ?? 'my-package'
  const clipped = text.length > 80 ? `${text.slice(0, 77)}…` : text
  throw refuse(
    'name',
    `${JSON.stringify(clipped)} is no package name (1 to 64 of a-z, 0-9, ".", "_", "-", a letter or digit first)`,
    `name = "${nearest}"`,
  )
}

export function readVersion(text: string, refuse: Refuse): string {
  const version = parseVersion(text)
  if (version !== undefined) return version
  throw refuse('version', `${JSON.stringify(text.slice(0, 40))} is no semantic version`, 'version = "1.0.0" (three numbers)')
}

export function readDescription(table: Table, refuse: Refuse, max: number = manifestLimits.description): string {
  const text = readLine(table, 'description', refuse, max)
  if (text === undefined) throw refuse('description', 'the package has no description', 'description = "What it is for, in one sentence"')
  return text
}

export function readKind(text: string | undefined, fallback: PackageKind, refuse: Refuse): PackageKind {
  if (text === undefined) return fallback
  const kind = packageKinds.find((known) => known === text.toLowerCase())
  if (kind !== undefined) return kind
  throw refuse('kind', `${JSON.stringify(text.slice(0, 40))} is no kind of package`, `kind = one of ${packageKinds.join(', ')}`)
}

export function readPermissions(table: Table, refuse: Refuse): Permissions {
  const limits = { rows: manifestLimits.permissions, length: manifestLimits.line }
  const [tools = [], commands = [], hosts = [], paths = []] = permissionKinds.map((kind) => readLines(table, kind, refuse, limits))
  return { tools, commands, hosts, paths }
}

export function readEntry(table: Table, refuse: Refuse): string | null {
  const entry = readLine(table, 'entry', refuse)
  if (entry === undefined) return null
  const reason = judgePath(entry)
  if (reason !== undefined) throw refuse('entry', `"entry" is no path inside the package: ${reason}`, 'entry = "README.md"')
  return entry
}

/** `name`, `name@range`, `@owner/name@range`, or a table of name to range; what fits neither is kept as foreign. */
export function readDependencies(sources: readonly unknown[]): {
  readonly dependencies: Dependency[]
  readonly foreign: ForeignDependency[]
} {
  const dependencies = new Map<string, Dependency>()
  const foreign = new Map<string, ForeignDependency>()
  for (const [name, value] of sources.flatMap(listDependencies)) {
    const range = typeof value === 'string' ? value : rangeOf(value)
    const isOurs = isDependencyName(name) && range !== undefined && isVersionRange(range)
    if (isOurs && dependencies.size < manifestLimits.dependencies) dependencies.set(name, { name, range })
    else if (!isOurs && foreign.size < manifestLimits.foreign) foreign.set(name, { name: clip(name), value: clip(describe(value)) })
  }
  return { dependencies: [...dependencies.values()].toSorted(byName), foreign: [...foreign.values()].toSorted(byName) }
}

function listDependencies(source: unknown): readonly (readonly [string, unknown])[] {
  if (!Array.isArray(source)) return [...tableOf(source)]
  return source.map((item: unknown) => {
    if (typeof item !== 'string') return [nameOf(item), item] as const
    const at = item.lastIndexOf('@')
    return at > 0 ? ([item.slice(0, at), item.slice(at + 1)] as const) : ([item, '*'] as const)
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
  const [owner, rest] = name.startsWith('@') ? name.slice(1).split('/', 2) : [undefined, name]
  return (
    rest !== undefined && parsePackageName(rest) !== undefined && (owner === undefined || /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(owner))
  )
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

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : 1
}
