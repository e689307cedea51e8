import type { Page } from './context.ts'
import { contextFaults } from './faults.ts'
import { parseResource } from './resource.ts'

/** A page of a list from which one more than the limit was read. */
export function toPage<Row, Item>(
  rows: readonly Row[],
  { limit, cursorOf }: { readonly limit: number; readonly cursorOf: (row: Row) => string },
  toItem: (row: Row) => Item,
): Page<Item> {
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  return { items: shown.map((row) => toItem(row)), cursor: rows.length > limit && last !== undefined ? cursorOf(last) : undefined }
}

/** Reads where a list goes on: behind a name, or below a number. @throws Fault CURSOR_INVALID */
export function parseCursor(cursor: string, kind: 'version'): number
export function parseCursor(cursor: string, kind: 'resource'): string
export function parseCursor(cursor: string, kind: 'version' | 'resource'): number | string {
  if (kind === 'version' && /^[1-9][0-9]{0,14}$/.test(cursor)) return Number(cursor)
  if (kind === 'resource' && parseResource(cursor) !== undefined) return cursor
  const shown = cursor.slice(0, 80)
  throw contextFaults.create('CURSOR_INVALID', {
    message: `${JSON.stringify(shown)} is no cursor of this list; give the one of the page before, or none to begin`,
    data: { cursor: shown },
  })
}
