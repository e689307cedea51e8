import type { HiveId } from '../journal/entry.ts'
import type { Nameable, Naming } from '../lib/abbreviation.ts'
import { abbreviate, findNamed } from '../lib/abbreviation.ts'
import type { Host } from '../network/host.ts'
import { hiveFaults } from './faults.ts'
import { commons } from './genesis.ts'
import type { HiveRow, HiveTable } from './hive-table.ts'
import type { HiveService } from './hive-service.ts'

/** Opening and closing what runs for a hive: host, journal, content. The composition root implements it. */
export interface HiveRegistry {
  /** Opens all that runs for a hive, or gives what runs already. */
  readonly open: (row: HiveRow) => Promise<HiveService>
  /** Ends all that runs for a hive. Nothing when nothing does. */
  readonly close: (id: HiveId) => Promise<void>
  readonly running: () => readonly HiveService[]
  /** A host that speaks a hive's join protocol with a key of its own, before there is anything to run. */
  readonly openGuest: (hive: HiveId) => Promise<Host>
}

/** The hive a name or the beginning of an id means, or the current one without. @throws Fault HIVE_UNKNOWN, HIVE_AMBIGUOUS */
export function findHive(hives: Pick<HiveTable, 'list'>, wanted: string | undefined): HiveRow {
  const rows = hives.list()
  const naming = wanted === undefined ? findCurrent(rows) : findNamed(wanted, rows.map(toNameable))
  if (naming.match === 'one') return naming.item
  const names = rows.map(({ known }) => known.genesis.name)
  if (naming.match === 'several') {
    const ids = naming.found.map(({ id }) => id)
    const choices = naming.found.map(({ item }) => `${abbreviate(item.known.id)} (${describeRow(item)})`)
    const message = `this node is in ${ids.length} hives that "${wanted}" may mean; name one by its id: ${choices.join(', ')}`
    throw hiveFaults.create('HIVE_AMBIGUOUS', { message, data: { name: wanted ?? '', ids } })
  }
  const known = names.length === 0 ? 'it is in none; make one with `althing hive create NAME`' : `it is in: ${names.join(', ')}`
  const remedy = wanted === commons.genesis.name ? '; join it with `althing hive join commons`' : ''
  const message = wanted === undefined ? `no hive is the current one; ${known}` : `this node is in no hive "${wanted}"; ${known}${remedy}`
  throw hiveFaults.create('HIVE_UNKNOWN', { message, data: { name: wanted ?? null, hives: names } })
}

function findCurrent(rows: readonly HiveRow[]): Naming<HiveRow> {
  const row = rows.find(({ isCurrent }) => isCurrent)
  return row === undefined ? { match: 'none' } : { match: 'one', item: row }
}

function toNameable(row: HiveRow): Nameable<HiveRow> {
  return { item: row, id: row.known.id, names: [row.known.genesis.name] }
}

function describeRow({ known, isCurrent, joinedAt }: HiveRow): string {
  const day = new Date(joinedAt).toISOString().slice(0, 10)
  return `${known.genesis.policy}, joined ${day}${isCurrent ? ', the current one' : ''}`
}
