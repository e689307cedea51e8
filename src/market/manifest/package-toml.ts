import { TomlError, parse } from 'smol-toml'
import type { ManifestDraft } from './manifest.ts'
import { manifestLimits } from './manifest.ts'
import type { Refuse, Table } from './fields.ts'
import {
  readDependencies,
  readDescription,
  readEntry,
  readKind,
  readLine,
  readLines,
  readName,
  readPermissions,
  readVersion,
  tableOf,
} from './fields.ts'
import { parsePackageName } from '../rules/names.ts'
import type { ManifestSource } from './source.ts'
import { findKey, refuseManifest } from './source.ts'

/** Reads `package.toml`, a superset of ggen's. @throws Fault MANIFEST_INVALID with line and column */
export function parsePackageToml(source: ManifestSource): ManifestDraft {
  const root = parseToml(source)
  const header = Math.max(0, source.text.indexOf('[package]'))
  const refuse: Refuse = (key, problem, write) => refuseManifest(source, { problem, write, at: findKey(source.text, key, header) })
  const table = tableOf(root.get('package'))
  if (table.size === 0) throw refuse('package', 'there is no [package] table', '[package] with name, version and description under it')
  const metadata = tableOf(root.get('metadata'))
  const either = (key: string): string | undefined => readLine(table, key, refuse) ?? readLine(metadata, key, refuse)
  const version = readLine(table, 'version', refuse)
  if (version === undefined) throw refuse('version', 'the package has no version', 'version = "1.0.0"')
  const words = { rows: manifestLimits.keywords, length: manifestLimits.keyword }
  return {
    name: readName(nameIn(table, source, refuse), refuse),
    version: readVersion(version, refuse),
    kind: readKind(
      readLine(table, 'kind', refuse),
      source.hasFile('SKILL.md') ? 'skill' : root.has('templates') ? 'template' : 'bundle',
      refuse,
    ),
    description: readDescription(table, refuse),
    authors: readAuthors(table, refuse),
    licence: readLine(table, 'license', refuse) ?? readLine(table, 'licence', refuse) ?? null,
    category: (either('category') ?? readLines(metadata, 'categories', refuse, words)[0])?.toLowerCase() ?? null,
    keywords: [
      ...new Set([table, metadata].flatMap((from) => ['keywords', 'tags'].flatMap((key) => readLines(from, key, refuse, words)))),
    ].slice(0, manifestLimits.keywords),
    homepage: either('homepage') ?? null,
    repository: either('repository') ?? null,
    ...readDependencies([table.get('dependencies'), root.get('dependencies')]),
    files: readLines(table, 'files', refuse, { rows: manifestLimits.files, length: manifestLimits.line }),
    permissions: readPermissions(tableOf(root.get('permissions') ?? table.get('permissions')), refuse),
    entry: readEntry(table, refuse),
  }
}

function parseToml(source: ManifestSource): Table {
  try {
    return tableOf(parse(source.text))
  } catch (error) {
    if (!(error instanceof TomlError)) {
      throw refuseManifest(
        source,
        { problem: 'this is nested too deep to be read', write: 'a flatter manifest', at: { line: 1, column: 1 } },
        error,
      )
    }
    const problem = `this is no valid TOML (${firstLine(error.message)})`
    const write = 'key = "value", strings in double quotes, lists as ["a", "b"]'
    throw refuseManifest(source, { problem, write, at: { line: error.line, column: error.column } }, error)
  }
}

/** In the wild a manifest may have an `id` and a name for people, with spaces: then the id, else the folder's name, is the name. */
function nameIn(table: Table, source: ManifestSource, refuse: Refuse): string | undefined {
  const name = readLine(table, 'name', refuse)
  if (name !== undefined && parsePackageName(name) !== undefined) return name
  const id = readLine(table, 'id', refuse)
  if (id !== undefined) return id
  return name !== undefined && /\s/.test(name) && parsePackageName(source.folder) !== undefined ? source.folder : name
}

function readAuthors(table: Table, refuse: Refuse): string[] {
  const limits = { rows: manifestLimits.authors, length: manifestLimits.line }
  return [...new Set(['authors', 'author'].flatMap((key) => readLines(table, key, refuse, limits)))].slice(0, manifestLimits.authors)
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? text
}
