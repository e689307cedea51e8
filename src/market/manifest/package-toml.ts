import { findNearest } from '../../lib/nearest.ts'
import { parsePackageName } from '../rules/names.ts'
import { readDependencies } from './dependencies.ts'
import type { ManifestDetails } from './details.ts'
import type { Table } from './fields.ts'
import {
  readAuthors,
  readDescription,
  readEntry,
  readKeywords,
  readKind,
  readLine,
  readLines,
  readName,
  readPermissions,
  readVersion,
  tableOf,
} from './fields.ts'
import type { ManifestFormat, ParsedManifest } from './format.ts'
import type { ManifestDraft, Permissions } from './manifest.ts'
import { manifestLimits, permissionKinds } from './manifest.ts'
import type { McpServer } from './mcp.ts'
import { readMcpServer, withServers } from './mcp.ts'
import type { ManifestSource } from './source.ts'
import type { TomlManifest } from './toml.ts'
import { keepTables, openToml, warnOfUnknown } from './toml.ts'

/** `package.toml`, a superset of ggen's. */
export const packageToml: ManifestFormat = { file: 'package.toml', parse: parsePackageToml }

/** Keys of `[package]` that are read, and those of manifests in the wild that say nothing to us. */
const knownKeys = [
  ...[
    'name',
    'id',
    'version',
    'kind',
    'description',
    'author',
    'authors',
    'license',
    'licence',
    'category',
    'categories',
    'keywords',
    'tags',
  ],
  ...['homepage', 'repository', 'dependencies', 'files', 'entry', 'permissions', 'metadata'],
  ...['full_name', 'path', 'features', 'capabilities', 'readme', 'documentation', 'edition'],
]
const knownTables = ['package', 'permissions', 'dependencies', 'metadata', 'templates', 'features', 'tool']

function parsePackageToml(source: ManifestSource): ParsedManifest {
  const toml = openToml(source, '[package]')
  const { root, refuse, warn } = toml
  const table = tableOf(root.get('package'))
  if (table.size === 0) throw refuse('package', 'there is no [package] table', '[package] with name, version and description under it')
  warnOfUnknown(table, knownKeys, { where: '[package]', warn })
  warnOfTypos(toml)
  const version = readLine(table, 'version', refuse)
  if (version === undefined) throw refuse('version', 'the package has no version', 'version = "1.0.0"')
  const servers = readServers(source, toml)
  const { candidates, ...depends } = readDependencies([table.get('dependencies'), root.get('dependencies')], refuse)
  const draft: ManifestDraft = {
    name: readName(nameIn(table, source, toml), refuse),
    version: readVersion(version, refuse),
    kind: readKind(readLine(table, 'kind', refuse), guessKind(source, root, servers), refuse),
    description: readDescription(table, refuse),
    ...readDescriptive(table, tableOf(root.get('metadata')), toml),
    ...depends,
    files: readLines(table, 'files', refuse, { rows: manifestLimits.files, length: manifestLimits.line }),
    permissions: readAsked(tableOf(root.get('permissions') ?? table.get('permissions')), servers, toml),
    entry: readEntry(table, refuse),
  }
  return { draft, candidates, details: readDetails(table, toml, servers), warnings: toml.warnings() }
}

/** A table whose name is nearly one that is read is a slip of the pen; others are somebody else's. */
function warnOfTypos({ root, warn }: TomlManifest): void {
  for (const name of root.keys()) {
    const near = knownTables.includes(name) ? undefined : findNearest(name, knownTables)
    const isMeant = near !== undefined && Math.abs(near.length - name.length) <= 2
    if (isMeant) warn(name, `[${name}] is not read; did you mean [${near}]?`)
  }
}

type Descriptive = Pick<ManifestDraft, 'authors' | 'licence' | 'category' | 'keywords' | 'homepage' | 'repository'>

/** In the wild some of these stand in `[metadata]`. */
function readDescriptive(table: Table, metadata: Table, { refuse }: TomlManifest): Descriptive {
  const either = (key: string): string | undefined => readLine(table, key, refuse) ?? readLine(metadata, key, refuse)
  const limits = { rows: manifestLimits.keywords, length: manifestLimits.line }
  const [category] = [table, metadata].flatMap((from) => readLines(from, 'categories', refuse, limits))
  return {
    authors: readAuthors([table], refuse),
    licence: readLine(table, 'license', refuse) ?? readLine(table, 'licence', refuse) ?? null,
    category: (either('category') ?? category)?.toLowerCase() ?? null,
    keywords: readKeywords([table, metadata], refuse),
    homepage: either('homepage') ?? null,
    repository: either('repository') ?? null,
  }
}

/** In the wild a manifest may have an `id` and a name for people, with spaces: then the id, else the folder's name, is the name. */
function nameIn(table: Table, source: ManifestSource, { refuse }: TomlManifest): string | undefined {
  const name = readLine(table, 'name', refuse)
  if (name !== undefined && parsePackageName(name) !== undefined) return name
  const id = readLine(table, 'id', refuse)
  if (id !== undefined) return id
  return name !== undefined && /\s/.test(name) && parsePackageName(source.folder) !== undefined ? source.folder : name
}

function guessKind({ paths }: ManifestSource, root: Table, servers: readonly McpServer[]): ManifestDraft['kind'] {
  if (paths.has('SKILL.md')) return 'skill'
  if (servers.length > 0) return 'tool'
  return root.has('templates') ? 'template' : 'bundle'
}

/** `[tool.mcp]`: one server, named as the package. */
function readServers(source: ManifestSource, toml: TomlManifest): readonly McpServer[] {
  const tool = tableOf(toml.root.get('tool'))
  if (!tool.has('mcp')) return []
  const name = readName(nameIn(tableOf(toml.root.get('package')), source, toml), toml.refuse)
  return [readMcpServer(name, tool.get('mcp'), toml.refuse)]
}

function readAsked(table: Table, servers: readonly McpServer[], { refuse, warn }: TomlManifest): Permissions {
  warnOfUnknown(table, permissionKinds, { where: '[permissions]', warn })
  return withServers(readPermissions(table, refuse), servers, refuse)
}

function readDetails(table: Table, { root, warn }: TomlManifest, mcpServers: readonly McpServer[]): ManifestDetails {
  const tables = keepTables(
    [
      ...['templates', 'features', 'metadata'].map((name) => [name, root.get(name)] as const),
      ...['metadata', 'features'].map((name) => [`package.${name}`, table.get(name)] as const),
    ],
    warn,
  )
  return { compatibility: null, mcpServers, tables }
}
