import { parse } from 'smol-toml'
import { tableOf } from '../manifest/fields.ts'
import { isPlainText } from '../shape.ts'
import type { ForeignPackage } from './foreign.ts'

/** How indexes of other marketplaces were made over time. */
export const foreignShapes = ['lock', 'toml', 'packs', 'packages', 'list'] as const
export type ForeignShape = (typeof foreignShapes)[number]

/** What an index says: packages by version, and how many rows say nothing that can be kept. */
export interface ForeignIndex {
  readonly shape: ForeignShape
  readonly packages: readonly ForeignPackage[]
  readonly refused: number
}

type Table = ReadonlyMap<string, unknown>

/** Rows of one index at most. */
const maxRows = 100_000

/** Reads an index in any of the shapes; undefined for what has none of them. */
export function parseForeignIndex(text: string): ForeignIndex | undefined {
  const value = parseEither(text)
  if (Array.isArray(value)) return toIndex('list', value.map(tableOf).map(toRow))
  const root = tableOf(value)
  const { packs, packages, package: rows } = { packs: root.get('packs'), packages: root.get('packages'), package: root.get('package') }
  if (isTable(packs))
    return toIndex(
      'packs',
      [...tableOf(packs)].flatMap(([id, pack]) => toVersions(id, tableOf(pack))),
    )
  if (Array.isArray(packages)) return toIndex('packages', packages.map(tableOf).map(toRow))
  if (Array.isArray(rows)) return toIndex('toml', rows.map(tableOf).map(toRow))
  if (isTable(packages))
    return toIndex(
      'lock',
      [...tableOf(packages)].map(([id, row]) => toRow(new Map([...tableOf(row), ['id', id]]))),
    )
  return undefined
}

function parseEither(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    try {
      return parse(text)
    } catch {
      return undefined
    }
  }
}

function isTable(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function toIndex(shape: ForeignShape, rows: readonly (ForeignPackage | undefined)[]): ForeignIndex {
  const packages = rows.slice(0, maxRows).filter((row) => row !== undefined)
  return { shape, packages, refused: rows.length - packages.length }
}

/** A pack with its versions; one that lists none says its newest. */
function toVersions(id: string, pack: Table): readonly (ForeignPackage | undefined)[] {
  const versions = [...tableOf(pack.get('versions'))]
  const listed = versions.length > 0 ? versions : [[pack.get('latest_version'), {}] as const]
  return listed.map(([version, row]) => toRow(new Map([...pack, ...tableOf(row), ['id', id], ['version', version]])))
}

function toRow(row: Table): ForeignPackage | undefined {
  const name = textOf(row, 'id', limits.name) ?? textOf(row, 'name', limits.name)
  const version = textOf(row, 'version', limits.version)
  if (name === undefined || version === undefined) return undefined
  const checksum = textOf(row, 'checksum', limits.name) ?? textOf(row, 'sha256', limits.name)
  const keywords = ['tags', 'keywords'].flatMap((key) => listOf(row.get(key)))
  return {
    name,
    version,
    description: textOf(row, 'description', limits.description) ?? '',
    checksum: checksum ?? null,
    category: textOf(row, 'category', limits.name) ?? null,
    author: textOf(row, 'author', limits.name) ?? null,
    licence: textOf(row, 'license', limits.name) ?? null,
    keywords: [...new Set(keywords)].slice(0, limits.keywords),
  }
}

const limits = { name: 128, version: 64, description: 4_096, keywords: 64, keyword: 64 } as const

function textOf(row: Table, key: string, max: number): string | undefined {
  const value = row.get(key)
  const text = typeof value === 'string' ? value.replaceAll(/\s+/g, ' ').trim() : ''
  return text !== '' && text.length <= max && isPlainText(text) ? text : undefined
}

function listOf(value: unknown): readonly string[] {
  const rows: readonly unknown[] = Array.isArray(value) ? value : []
  return rows.flatMap((each) =>
    typeof each === 'string' && each.length <= limits.keyword && isPlainText(each) ? [each.toLowerCase()] : [],
  )
}
