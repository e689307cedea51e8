import { readDependencies, toForeign } from './dependencies.ts'
import { noDetails } from './details.ts'
import type { Refuse, Table } from './fields.ts'
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
import { openJson, readNamed } from './json.ts'
import type { ManifestDraft } from './manifest.ts'
import { manifestLimits } from './manifest.ts'
import { readMcpServers, withServers } from './mcp.ts'
import type { ManifestSource } from './source.ts'

/** With this among its `keywords`, an npm package says that it is one of ours, too. */
export const npmKeyword = 'althing-package'

/** npm's manifest; what npm has no field for stands in its object `althing`. */
export const packageJson: ManifestFormat = { file: 'package.json', parse: parsePackageJson, isMeant: hasKeyword }

function parsePackageJson(source: ManifestSource): ParsedManifest {
  const { root, refuse } = openJson(source)
  const own = tableOf(root.get('althing'))
  const version = readLine(root, 'version', refuse)
  if (version === undefined) throw refuse('version', 'the package has no version', 'version = "1.0.0"')
  // This table is ours alone, so that a bare name in it is one of ours.
  const { dependencies, candidates, foreign } = readDependencies([own.get('dependencies')], refuse)
  const servers = readMcpServers(own.get('mcpServers'), refuse)
  const draft: ManifestDraft = {
    // Scopes are npm's; here the owner is who signs.
    name: readName(readLine(root, 'name', refuse)?.replace(/^@[^/]*\//, ''), refuse),
    version: readVersion(version, refuse),
    kind: readKind(readLine(own, 'kind', refuse), source.paths.has('SKILL.md') ? 'skill' : servers.length > 0 ? 'tool' : 'bundle', refuse),
    description: readDescription(root, refuse),
    authors: readAuthors([root], refuse),
    licence: readNamed(root.get('license'), 'type')?.slice(0, manifestLimits.line) ?? null,
    category: readLine(own, 'category', refuse)?.toLowerCase() ?? null,
    keywords: readKeywords([root], refuse).filter((word) => word !== npmKeyword),
    homepage: readLine(root, 'homepage', refuse) ?? null,
    repository: readNamed(root.get('repository'), 'url')?.slice(0, manifestLimits.line) ?? null,
    dependencies: [...dependencies, ...candidates].toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    foreign: [...foreign, ...listNpm(root)].slice(0, manifestLimits.foreign),
    files: readLines(root, 'files', refuse, { rows: manifestLimits.files, length: manifestLimits.line }),
    permissions: withServers(readPermissions(tableOf(own.get('permissions')), refuse), servers, refuse),
    entry: readMain(root, own, refuse),
  }
  return { draft, candidates: [], details: { ...noDetails, mcpServers: servers }, warnings: [] }
}

/** npm's dependencies are npm's, whatever their names: taking one for ours would be a confusion of registries. */
function listNpm(root: Table): ManifestDraft['foreign'] {
  return Array.from(tableOf(root.get('dependencies')), ([name, range]) => toForeign(name, range)).toSorted((a, b) =>
    a.name < b.name ? -1 : 1,
  )
}

function readMain(root: Table, own: Table, refuse: Refuse): string | null {
  return readEntry(own, refuse) ?? readEntry(new Map([['entry', root.get('main')]]), refuse)
}

/** A file that is no JSON is not ours to complain about. */
function hasKeyword(text: string): boolean {
  if (!text.includes(npmKeyword)) return false
  try {
    const keywords = tableOf(JSON.parse(text)).get('keywords')
    return Array.isArray(keywords) && keywords.includes(npmKeyword)
  } catch {
    return true
  }
}
