import type { Fault } from '../../lib/fault.ts'
import { suggestPackageName, parsePackageName } from '../rules/names.ts'
import type { PackageName } from '../rules/names.ts'
import type { PackageKind, Permissions } from './manifest.ts'
import { manifestLimits, packageKinds, permissionKinds } from './manifest.ts'
import { parseVersion } from '../rules/versions.ts'
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
  const said = table.get(key)
  const value = tableOf(said).size > 0 ? tableOf(said).get(key) : said
  if (value === undefined || value === null) return []
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

/** The file to begin with, in one spelling: `./src/main.ts` is `src/main.ts`. */
export function readEntry(table: Table, refuse: Refuse): string | null {
  const said = readLine(table, 'entry', refuse)
  if (said === undefined) return null
  const entry = said.replace(/^(?:\.\/)+/, '')
  const reason = judgePath(entry)
  if (reason !== undefined) throw refuse('entry', `"entry" is no path inside the package: ${reason}`, 'entry = "README.md"')
  return entry
}

/** The keywords of some tables: their lists `keywords` and `tags`, or one text of words between commas. */
export function readKeywords(tables: readonly Table[], refuse: Refuse): string[] {
  const limits = { rows: manifestLimits.keywords, length: manifestLimits.line }
  const texts = tables.flatMap((table) => ['keywords', 'tags'].flatMap((key) => readLines(table, key, refuse, limits)))
  const words = texts.flatMap((text) => text.split(',')).map((word) => word.trim())
  const long = words.find((word) => word.length > manifestLimits.keyword)
  if (long !== undefined) {
    throw refuse(
      'keywords',
      `${JSON.stringify(long.slice(0, 80))} is longer than ${manifestLimits.keyword} characters`,
      'keywords = ["short", "words"]',
    )
  }
  return [...new Set(words.filter((word) => word !== ''))].slice(0, manifestLimits.keywords)
}

/** Everybody in `authors` and `author`: texts, or tables with a name. */
export function readAuthors(tables: readonly Table[], refuse: Refuse): string[] {
  const limits = { rows: manifestLimits.authors, length: manifestLimits.line }
  const texts = tables.flatMap((table) =>
    ['authors', 'author', 'contributors'].flatMap((key) => {
      const value = table.get(key)
      const people: readonly unknown[] = Array.isArray(value) ? value : value === undefined || value === null ? [] : [value]
      return readLines(new Map([[key, people.map(nameOfPerson)]]), key, refuse, limits)
    }),
  )
  return [...new Set(texts)].slice(0, manifestLimits.authors)
}

function nameOfPerson(person: unknown): unknown {
  const table = tableOf(person)
  return table.size > 0 ? (table.get('name') ?? '') : person
}

/** A description that generators allow to be of any length: what is longer than a release holds is cut, and that is said. */
export function readLongDescription(table: Table, refuse: Refuse, warn: (key: string, message: string) => void): string {
  const text = readDescription(table, refuse, Number.POSITIVE_INFINITY)
  if (text.length <= manifestLimits.description) return text
  warn('description', `"description" has ${text.length} characters; the index shows the first ${manifestLimits.description}`)
  return text.slice(0, manifestLimits.description).toWellFormed().trimEnd()
}
