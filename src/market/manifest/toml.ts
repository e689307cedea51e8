import { TomlError, parse } from 'smol-toml'
import { findNearest } from '../../lib/nearest.ts'
import { detailLimits, formatTable } from './details.ts'
import type { KeptTable } from './details.ts'
import type { Refuse, Table } from './fields.ts'
import { tableOf } from './fields.ts'
import type { ManifestSource } from './source.ts'
import { findKey, refuseManifest } from './source.ts'

/** A manifest in TOML, with what a reader of it needs to complain. */
export interface TomlManifest {
  readonly root: Table
  readonly refuse: Refuse
  readonly warn: (key: string, message: string) => void
  /** All that was warned of, in the order of the file. */
  readonly warnings: () => readonly string[]
}

/** Most warnings of one manifest; a file that is something else altogether is not read out. */
const maxWarnings = 20

/** Parses a manifest; faults and warnings point behind `header`, where the table stands that says what the package is. @throws Fault MANIFEST_INVALID */
export function openToml(source: ManifestSource, header: string): TomlManifest {
  const root = parseToml(source)
  const from = Math.max(0, source.text.indexOf(header))
  const found: { readonly line: number; readonly text: string }[] = []
  return {
    root,
    refuse: (key, problem, write) => refuseManifest(source, { problem, write, at: findKey(source.text, key, from) }),
    warn: (key, message) => {
      // First: looking for the place takes as long as the text is.
      if (found.length >= maxWarnings) return
      const { line, column } = findKey(source.text, key, from)
      found.push({ line, text: `${source.file}:${line}:${column}: ${message}` })
    },
    warnings: () => found.toSorted((a, b) => a.line - b.line).map(({ text }) => text),
  }
}

function parseToml(source: ManifestSource): Table {
  try {
    return tableOf(parse(source.text))
  } catch (error) {
    if (!(error instanceof TomlError)) {
      const complaint = { problem: 'this is nested too deep to be read', write: 'a flatter manifest', at: { line: 1, column: 1 } }
      throw refuseManifest(source, complaint, error)
    }
    const problem = `this is no valid TOML (${error.message.split('\n', 1)[0] ?? ''})`
    const write = 'key = "value", strings in double quotes, lists as ["a", "b"]'
    throw refuseManifest(source, { problem, write, at: { line: error.line, column: error.column } }, error)
  }
}

/** Warns of keys that are not read: one that is nearly a known key by itself, the others together. */
export function warnOfUnknown(
  table: Table,
  known: readonly string[],
  { where, warn }: { readonly where: string; readonly warn: TomlManifest['warn'] },
): void {
  const others: string[] = []
  for (const key of table.keys()) {
    if (known.includes(key)) continue
    const near = findNearest(key, known)
    if (near === undefined) others.push(key)
    else warn(key, `${where} has no key ${JSON.stringify(clip(key))}; did you mean "${near}"?`)
  }
  const [first] = others
  if (first === undefined) return
  const shown = others.slice(0, 8).map((key) => JSON.stringify(clip(key)))
  const more = others.length > shown.length ? ` and ${others.length - shown.length} more` : ''
  warn(first, `${where} has keys that are not read: ${shown.join(', ')}${more}`)
}

function clip(key: string): string {
  return key.length > 40 ? `${key.slice(0, 37)}…` : key
}

/** Tables to keep as they are, by their names in the manifest; what is too large is left to the file, which is part of the package. */
export function keepTables(tables: readonly (readonly [name: string, value: unknown])[], warn: TomlManifest['warn']): readonly KeptTable[] {
  const kept: KeptTable[] = []
  for (const [name, value] of tables) {
    const isTable = tableOf(value).size > 0 || (Array.isArray(value) && value.length > 0)
    if (!isTable || kept.length >= detailLimits.tables) continue
    const json = formatTable(value)
    if (json === undefined) warn(name, `[${name}] is too long or nested too deep to be kept with the release; it stays in the file`)
    else kept.push({ name, json })
  }
  return kept.toSorted((a, b) => (a.name < b.name ? -1 : 1))
}
