import type { HiveId } from '../journal/entry.ts'
import type { Host } from '../network/host.ts'
import { hiveFaults } from './faults.ts'
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

/** The hive a name or id means, or the current one without. @throws Fault HIVE_UNKNOWN, HIVE_AMBIGUOUS */
export function findHive(hives: Pick<HiveTable, 'list'>, wanted: string | undefined): HiveRow {
  const rows = hives.list()
  const found = rows.filter(({ known, isCurrent }) =>
    wanted === undefined ? isCurrent : known.id === wanted || known.genesis.name === wanted,
  )
  const [row] = found
  if (row !== undefined && found.length === 1) return row
  const names = rows.map(({ known }) => known.genesis.name)
  if (found.length > 1) {
    const ids = found.map(({ known }) => known.id)
    const message = `this node is in ${found.length} hives named "${wanted}"; name one by its id: ${ids.join(', ')}`
    throw hiveFaults.create('HIVE_AMBIGUOUS', { message, data: { name: wanted ?? '', ids } })
  }
  const known = names.length === 0 ? 'it is in none; make one with `althing hive create NAME`' : `it is in: ${names.join(', ')}`
  const message = wanted === undefined ? `no hive is the current one; ${known}` : `this node is in no hive "${wanted}"; ${known}`
  throw hiveFaults.create('HIVE_UNKNOWN', { message, data: { name: wanted ?? null, hives: names } })
}
