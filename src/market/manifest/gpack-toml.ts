import { isVersionRange } from '../rules/versions.ts'
import type { Table } from './fields.ts'
import { readLine, readName, tableOf } from './fields.ts'
import type { ManifestFormat, ParsedManifest } from './format.ts'
import { readPackFields } from './pack-fields.ts'
import type { ManifestSource } from './source.ts'
import type { TomlManifest } from './toml.ts'
import { keepTables, openToml, warnOfUnknown } from './toml.ts'

/** `gpack.toml`: a pack of ggen's. */
export const gpackToml: ManifestFormat = { file: 'gpack.toml', parse: parseGpackToml }

/** Where a pack's files lie when its lists of patterns are empty. @see ggen, crates/ggen-core/src/gpack.rs, PackConventions */
export const gpackConventions = {
  templates: ['templates/**/*.tmpl', 'templates/**/*.tera'],
  macros: ['templates/macros/**/*.tera'],
  rdf: ['templates/**/graphs/*.ttl', 'templates/**/graphs/*.rdf', 'templates/**/graphs/*.jsonld'],
  queries: ['templates/**/queries/*.rq', 'templates/**/queries/*.sparql'],
  shapes: ['templates/**/graphs/shapes/*.shacl.ttl', 'templates/**/shapes/*.ttl'],
} as const

const headerKeys = [
  'id',
  'name',
  'version',
  'description',
  'license',
  'ggen_compat',
  'author',
  'authors',
  'category',
  'tags',
  'keywords',
  'homepage',
  'repository',
]

function parseGpackToml(source: ManifestSource): ParsedManifest {
  const toml = openToml(source, '[gpack]')
  const { root, refuse, warn } = toml
  // Older packs say these at the top level.
  const table = root.has('gpack') ? tableOf(root.get('gpack')) : root
  if (root.has('gpack')) warnOfUnknown(table, headerKeys, { where: '[gpack]', warn })
  const { fields, candidates } = readPackFields(table, toml, [root.get('dependencies')])
  // Packs name each other by their ids; `name` is for people.
  const name = readName(readLine(table, 'id', refuse) ?? readLine(table, 'name', refuse), refuse)
  return {
    draft: { name, ...fields },
    candidates,
    details: { compatibility: readCompatibility(table, toml), mcpServers: [], tables: keepPatterns(toml) },
    warnings: toml.warnings(),
  }
}

function readCompatibility(table: Table, { refuse }: TomlManifest): string | null {
  const range = readLine(table, 'ggen_compat', refuse)
  if (range === undefined) return null
  if (!isVersionRange(range)) {
    throw refuse('ggen_compat', `${JSON.stringify(range.slice(0, 40))} is no range of versions`, 'ggen_compat = ">=3.0.0"')
  }
  return `ggen ${range}`
}

/** The tables of patterns; an empty list says what it means. */
function keepPatterns({ root, warn }: TomlManifest): ParsedManifest['details']['tables'] {
  const tables = Object.entries(gpackConventions).map(([name, patterns]): [string, Table] => {
    const table = tableOf(root.get(name))
    const said = table.get('patterns')
    const isEmpty = said === undefined || (Array.isArray(said) && said.length === 0)
    return [name, new Map<string, unknown>([...table, ...(isEmpty ? [['patterns', [...patterns]] as const] : [])])]
  })
  return keepTables([...tables, ['preset', root.get('preset')]], warn)
}
