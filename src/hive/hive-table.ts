import type { HiveId } from '../journal/entry.ts'
import type { Database } from '../store/database.ts'
import type { KnownGenesis } from './genesis.ts'
import { parseGenesis } from './genesis.ts'

/** A hive this node is in. */
export interface HiveRow {
  readonly known: KnownGenesis
  /** Whether commands that name no hive mean this one. */
  readonly isCurrent: boolean
  /** Multiaddrs of members, from the invite. */
  readonly bootstrap: readonly string[]
  /** Wall time. */
  readonly joinedAt: number
}

/** The hives this node is in, on disk. */
export interface HiveTable {
  readonly list: () => readonly HiveRow[]
  readonly get: (id: HiveId) => HiveRow | undefined
  readonly current: () => HiveRow | undefined
  /** Adds a hive and makes it the current one; again, it replaces the addresses. */
  readonly add: (known: KnownGenesis, options: { readonly bootstrap: readonly string[]; readonly joinedAt: number }) => Promise<void>
  readonly setCurrent: (id: HiveId) => Promise<void>
  /** Forgets a hive; the first of those left becomes the current one if it was. Its records stay in the database. */
  readonly remove: (id: HiveId) => Promise<void>
}

interface Stored {
  readonly id: HiveId
  readonly is_current: number
  readonly bootstrap: string
  readonly joined_at: number
}

/** The table `hive` of a database. */
export function createHiveTable(database: Database): HiveTable {
  // a genesis never changes under its id, and every request asks which hive is meant
  const parsed = new Map<HiveId, KnownGenesis>()
  const genesisOf = (id: HiveId): KnownGenesis | undefined => {
    const known = parsed.get(id) ?? readGenesis(database, id)
    if (known !== undefined) parsed.set(id, known)
    return known
  }
  const list = (): readonly HiveRow[] =>
    database
      .all<Stored>('select id, is_current, bootstrap, joined_at from hive order by joined_at, id')
      .flatMap((row) => readRow(row, genesisOf(row.id)) ?? [])
  return {
    list,
    get: (id) => list().find(({ known }) => known.id === id),
    current: () => list().find(({ isCurrent }) => isCurrent),
    add: (known, { bootstrap, joinedAt }) =>
      database.write((tx) => {
        tx.run('update hive set is_current = 0')
        const sql = `insert into hive (id, genesis, is_current, bootstrap, joined_at) values (?, ?, 1, ?, ?)
          on conflict do update set is_current = 1, bootstrap = excluded.bootstrap`
        tx.run(sql, known.id, known.bytes, JSON.stringify(bootstrap), joinedAt)
      }),
    setCurrent: (id) => database.write((tx) => void tx.run('update hive set is_current = (id = ?)', id)),
    remove: (id) =>
      database.write((tx) => {
        tx.run('delete from hive where id = ?', id)
        if (tx.get('select id from hive where is_current = 1') !== undefined) return
        tx.run('update hive set is_current = 1 where id = (select id from hive order by joined_at, id limit 1)')
      }),
  }
}

function readGenesis(database: Database, id: HiveId): KnownGenesis | undefined {
  const row = database.get<{ readonly genesis: Uint8Array }>('select genesis from hive where id = ?', id)
  return row === undefined ? undefined : parseGenesis(row.genesis)
}

function readRow(row: Stored, known: KnownGenesis | undefined): HiveRow | undefined {
  const bootstrap: unknown = JSON.parse(row.bootstrap)
  if (known === undefined || !Array.isArray(bootstrap)) return undefined
  const addresses = bootstrap.filter((address) => typeof address === 'string')
  return { known, isCurrent: row.is_current === 1, bootstrap: addresses, joinedAt: row.joined_at }
}
