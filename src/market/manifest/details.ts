import { isPlainText, readBoundedText, readMap, readRows } from '../shape.ts'
import type { McpServer } from './mcp.ts'
import { maxMcpServers, parseMcpRecord } from './mcp.ts'

/** What a manifest says beside the fields that every format has. Travels with the list of files, signed with it. */
export interface ManifestDetails {
  /** What it works with, in its own words: a range of a generator's versions, a skill's `compatibility`. */
  readonly compatibility: string | null
  readonly mcpServers: readonly McpServer[]
  /** Tables that nobody here reads, kept as they are. */
  readonly tables: readonly KeptTable[]
}

export interface KeptTable {
  /** As in the manifest: `templates`, `package.metadata`. */
  readonly name: string
  /** JSON with sorted keys. */
  readonly json: string
}

/** Bounds of details, in a file and from a peer. */
export const detailLimits = {
  /** Characters of `compatibility`. @see https://agentskills.io/specification */
  compatibility: 500,
  tables: 16,
  /** Characters of the JSON of one table. */
  table: 16_384,
  /** Deepest nesting of one. */
  depth: 12,
} as const

export const noDetails: ManifestDetails = { compatibility: null, mcpServers: [], tables: [] }

/** Whether there is anything to keep. */
export function hasDetails({ compatibility, mcpServers, tables }: ManifestDetails): boolean {
  return compatibility !== null || mcpServers.length > 0 || tables.length > 0
}

/** Reads details out of a list of files: exactly the shape of `ManifestDetails`. Undefined otherwise. */
export function parseDetailsRecord(value: unknown): ManifestDetails | undefined {
  const map = readMap(value, ['compatibility', 'mcpServers', 'tables'])
  if (map === undefined) return undefined
  const said = map.get('compatibility')
  const compatibility = said === null ? null : readBoundedText(said, detailLimits.compatibility, true)
  const mcpServers = readRows(map.get('mcpServers'), maxMcpServers, parseMcpRecord)
  const tables = readRows(map.get('tables'), detailLimits.tables, parseTable)
  return compatibility === undefined || mcpServers === undefined || tables === undefined ? undefined : { compatibility, mcpServers, tables }
}

function parseTable(value: unknown): KeptTable | undefined {
  const map = readMap(value, ['name', 'json'])
  const name = readBoundedText(map?.get('name'), 64)
  const json = map?.get('json')
  const isJson = typeof json === 'string' && json.length <= detailLimits.table && json.isWellFormed() && isObjectText(json)
  return name !== undefined && isJson ? { name, json } : undefined
}

function isObjectText(json: string): boolean {
  try {
    const value: unknown = JSON.parse(json)
    return typeof value === 'object' && value !== null
  } catch {
    return false
  }
}

/**
 * JSON of what a parser made of a table, its keys sorted; undefined when it is longer or nested deeper than is kept, or holds text that is none.
 *
 * Written directly, so that no key can act on an object of ours.
 */
export function formatTable(value: unknown, depth = 0): string | undefined {
  if (depth > detailLimits.depth) return undefined
  if (value === null || value === undefined) return 'null'
  if (typeof value === 'string') return isPlainText(value, true) ? JSON.stringify(value) : undefined
  if (typeof value === 'boolean') return String(value)
  if (typeof value === 'number') return Number.isFinite(value) ? JSON.stringify(value) : 'null'
  if (typeof value === 'bigint') return JSON.stringify(String(value))
  if (value instanceof Date) return JSON.stringify(Number.isNaN(value.getTime()) ? '' : value.toISOString())
  if (Array.isArray(value)) return join(value, '[]', (item) => formatTable(item, depth + 1))
  if (typeof value !== 'object') return undefined
  const entries: readonly (readonly [string, unknown])[] =
    value instanceof Map ? Array.from(value, ([key, item]): [string, unknown] => [String(key), item]) : Object.entries(value)
  const sorted = entries.toSorted(([a], [b]) => (a < b ? -1 : 1))
  return join(sorted, '{}', ([key, item]) => {
    const inner = isPlainText(key) ? formatTable(item, depth + 1) : undefined
    return inner === undefined ? undefined : `${JSON.stringify(key)}:${inner}`
  })
}

function join<T>(items: readonly T[], brackets: '[]' | '{}', format: (item: T) => string | undefined): string | undefined {
  const parts: string[] = []
  let length = 2
  for (const item of items) {
    const part = format(item)
    if (part === undefined) return undefined
    length += part.length + 1
    if (length > detailLimits.table) return undefined
    parts.push(part)
  }
  return `${brackets.charAt(0)}${parts.join(',')}${brackets.charAt(1)}`
}
