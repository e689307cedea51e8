import { clip, printable } from '../screen.ts'
import type { Style } from '../screen.ts'

/** Any answer, for a person: records as aligned lines, lists of records as tables. What a handler of ours answers is plain JSON. */
export function renderGeneric(output: unknown, style: Style): string {
  return renderValue(output, style).join('\n')
}

function renderValue(value: unknown, style: Style): readonly string[] {
  if (Array.isArray(value)) return renderList(value, style)
  if (isRecord(value)) return renderRecord(value, style)
  return [renderScalar(value)]
}

function renderRecord(record: Readonly<Record<string, unknown>>, style: Style): readonly string[] {
  const entries = Object.entries(record).filter(([, value]) => value !== undefined && value !== null && !isEmptyList(value))
  const scalars = entries.filter(([, value]) => isScalar(value) || isScalarList(value))
  const width = Math.max(0, ...scalars.map(([name]) => wordsOf(name).length))
  const lines = scalars.flatMap(([name, value]) => {
    const text = Array.isArray(value) ? value.map(renderScalar).join('\n') : renderScalar(value)
    const [first = '', ...more] = text.split('\n')
    return [`${style.faint(wordsOf(name).padEnd(width))}  ${first}`, ...more.map((line) => `${' '.repeat(width)}  ${line}`)]
  })
  const nested = entries
    .filter(([, value]) => !isScalar(value) && !isScalarList(value))
    .flatMap(([name, value]) => [style.strong(wordsOf(name)), ...renderValue(value, style).map((line) => `  ${line}`)])
  return [...lines, ...nested]
}

function renderList(list: readonly unknown[], style: Style): readonly string[] {
  if (list.length === 0) return [style.faint('none')]
  const records = list.filter(isRecord)
  return records.length === list.length ? renderTable(records, style) : list.map(renderScalar)
}

/** Rows under the names of their columns; a column no row fills is left out. */
export function renderTable(records: readonly Readonly<Record<string, unknown>>[], style: Style): readonly string[] {
  const names = [...new Set(records.flatMap((record) => Object.keys(record)))]
  const columns = names.filter((name) => records.some((record) => cellOf(record, name) !== ''))
  const widths = columns.map((name) => Math.max(wordsOf(name).length, ...records.map((record) => cellOf(record, name).length)))
  const row = (cells: readonly string[]): string =>
    cells
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join('  ')
      .trimEnd()
  return [style.faint(row(columns.map(wordsOf))), ...records.map((record) => row(columns.map((name) => cellOf(record, name))))]
}

const maxCellLength = 100

function cellOf(record: Readonly<Record<string, unknown>>, name: string): string {
  return clip(renderScalar(Object.hasOwn(record, name) ? record[name] : undefined).replaceAll(/\s+/g, ' '), maxCellLength)
}

function renderScalar(value: unknown): string {
  if (value === null || value === undefined) return ''
  if (typeof value === 'string') return printable(value)
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (typeof value === 'number') return String(value)
  if (isScalarList(value)) return value.map(renderScalar).join(', ')
  return printable(JSON.stringify(value))
}

/** `maxBytes` reads `max bytes`. */
function wordsOf(name: string): string {
  return name.replace(/([a-z])([A-Z])/g, (_, before: string, after: string) => `${before} ${after.toLowerCase()}`)
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isScalar(value: unknown): boolean {
  return typeof value !== 'object' || value === null
}

function isScalarList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value) && value.every(isScalar)
}

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0
}
