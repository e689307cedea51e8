import { parsePackageName } from '../rules/names.ts'
import { judgePath } from '../rules/paths.ts'
import { isVersionRange, parseVersion } from '../rules/versions.ts'
import { isPlainText, readBoundedText, readMap, readRows } from '../shape.ts'
import type { Manifest, Permissions } from './manifest.ts'
import { manifestLimits, packageKinds, permissionKinds } from './manifest.ts'

const manifestKeys = [
  'name',
  'version',
  'kind',
  'description',
  'authors',
  'licence',
  'category',
  'keywords',
  'homepage',
  'repository',
  'dependencies',
  'foreign',
  'files',
  'permissions',
  'entry',
] as const

const limits = manifestLimits

/** Reads a manifest out of a release: the shape `Manifest` says and nothing else. Undefined otherwise. */
export function parseManifestRecord(value: unknown): Manifest | undefined {
  const map = readMap(value, manifestKeys)
  if (map === undefined) return undefined
  const name = parsePackageName(readBoundedText(map.get('name'), 64) ?? '')
  const version = parseVersion(readBoundedText(map.get('version'), 256) ?? '')
  const kind = packageKinds.find((known) => known === map.get('kind'))
  const description = readBoundedText(map.get('description'), limits.description, true)
  const permissions = parsePermissions(map.get('permissions'))
  if (name === undefined || version === undefined || kind === undefined || description === undefined || permissions === undefined)
    return undefined
  const entry = readLineOrNull(map.get('entry'))
  if (typeof entry === 'string' && judgePath(entry) !== undefined) return undefined
  const rest = {
    authors: readTexts(map.get('authors'), limits.authors, limits.line),
    licence: readLineOrNull(map.get('licence')),
    category: readLineOrNull(map.get('category')),
    keywords: readTexts(map.get('keywords'), limits.keywords, limits.keyword),
    homepage: readLineOrNull(map.get('homepage')),
    repository: readLineOrNull(map.get('repository')),
    dependencies: readRows(map.get('dependencies'), limits.dependencies, parseDependency),
    foreign: readRows(map.get('foreign'), limits.foreign, parseForeign),
    files: readTexts(map.get('files'), limits.files, limits.line),
    entry,
  }
  return isComplete(rest) ? { name, version, kind, description, permissions, ...rest } : undefined
}

function isComplete<T extends Readonly<Record<string, unknown>>>(fields: T): fields is { [K in keyof T]: Exclude<T[K], undefined> } & T {
  return Object.values(fields).every((value) => value !== undefined)
}

function parsePermissions(value: unknown): Permissions | undefined {
  const map = readMap(value, permissionKinds)
  if (map === undefined) return undefined
  const [tools, commands, hosts, paths] = permissionKinds.map((kind) => readTexts(map.get(kind), limits.permissions, limits.line))
  return tools && commands && hosts && paths ? { tools, commands, hosts, paths } : undefined
}

function parseDependency(value: unknown): { readonly name: string; readonly range: string } | undefined {
  const map = readMap(value, ['name', 'range'])
  const name = readBoundedText(map?.get('name'), limits.line)
  const range = readBoundedText(map?.get('range'), 256)
  return name !== undefined && range !== undefined && isVersionRange(range) ? { name, range } : undefined
}

function parseForeign(value: unknown): { readonly name: string; readonly value: string } | undefined {
  const map = readMap(value, ['name', 'value'])
  const name = map?.get('name')
  const text = map?.get('value')
  return isForeignText(name) && isForeignText(text) ? { name, value: text } : undefined
}

/** May be empty: these are other people's words. */
function isForeignText(part: unknown): part is string {
  return typeof part === 'string' && part.length <= limits.foreignValue && isPlainText(part)
}

function readTexts(value: unknown, rows: number, length: number): readonly string[] | undefined {
  return readRows(value, rows, (item) => readBoundedText(item, length))
}

/** Null stays null; undefined says that it is neither null nor a line. */
function readLineOrNull(value: unknown): string | null | undefined {
  return value === null ? null : readBoundedText(value, limits.line)
}
