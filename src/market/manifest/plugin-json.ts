import { readAuthors, readKeywords, readLine, readLongDescription, readName, readVersion } from './fields.ts'
import type { Table } from './fields.ts'
import type { ManifestFormat, ParsedManifest } from './format.ts'
import type { JsonManifest } from './json.ts'
import { openJson, readNamed } from './json.ts'
import { manifestLimits } from './manifest.ts'
import type { McpServer } from './mcp.ts'
import { readMcpServers, withServers } from './mcp.ts'
import type { ManifestSource } from './source.ts'
import { findKey } from './source.ts'
import { keepTables } from './toml.ts'

/** Where a plugin's servers stand when they do not stand in its manifest. */
const serversFile = '.mcp.json'

/** A Claude plugin. @see https://docs.claude.com/en/docs/claude-code/plugins-reference */
export const pluginJson: ManifestFormat = { file: '.claude-plugin/plugin.json', parse: parsePluginJson, companions: [serversFile] }

/** What a plugin brings, beside servers. */
const partKeys = ['commands', 'agents', 'skills', 'hooks'] as const

function parsePluginJson(source: ManifestSource): ParsedManifest {
  const { root, refuse } = openJson(source)
  const warnings: string[] = []
  const warn = (key: string, message: string): void => {
    const { line, column } = findKey(source.text, key)
    warnings.push(`${source.file}:${line}:${column}: ${message}`)
  }
  const version = readLine(root, 'version', refuse)
  if (version === undefined) throw refuse('version', 'the plugin has no version', 'version = "1.0.0"')
  const servers = readServers(source, { root, refuse })
  const hasParts = partKeys.some((key) => root.has(key) || source.paths.has(key))
  return {
    draft: {
      name: readName(readLine(root, 'name', refuse), refuse),
      version: readVersion(version, refuse),
      kind: servers.length > 0 && !hasParts ? 'tool' : 'bundle',
      description: readLongDescription(root, refuse, warn),
      authors: readAuthors([root], refuse),
      licence: readLine(root, 'license', refuse) ?? null,
      category: readLine(root, 'category', refuse)?.toLowerCase() ?? null,
      keywords: readKeywords([root], refuse),
      homepage: readLine(root, 'homepage', refuse) ?? null,
      repository: readNamed(root.get('repository'), 'url')?.slice(0, manifestLimits.line) ?? null,
      dependencies: [],
      foreign: [],
      files: [],
      permissions: withServers({ tools: [], commands: [], hosts: [], paths: [] }, servers, refuse),
      entry: null,
    },
    candidates: [],
    details: { compatibility: null, mcpServers: servers, tables: keepTables([['plugin', partsOf(root)]], warn) },
    warnings,
  }
}

/** In the manifest, in a file that it names, or in `.mcp.json`. */
function readServers(source: ManifestSource, { root, refuse }: JsonManifest): readonly McpServer[] {
  const said = root.get('mcpServers')
  const path = typeof said === 'string' ? said.replace(/^\.\//, '') : serversFile
  if (said !== undefined && typeof said !== 'string') return readMcpServers(said, refuse)
  const text = source.companions.get(path)
  if (text === undefined && said === undefined) return []
  if (text === undefined) {
    throw refuse(
      'mcpServers',
      `"mcpServers" names ${JSON.stringify(path.slice(0, 80))}, which is not read`,
      `mcpServers = "./${serversFile}", or the servers themselves`,
    )
  }
  const beside = openJson({ ...source, file: path, text })
  return readMcpServers(beside.root.get('mcpServers') ?? beside.root, beside.refuse)
}

function partsOf(root: Table): Table {
  return new Map(partKeys.filter((key) => root.has(key)).map((key) => [key, root.get(key)]))
}
