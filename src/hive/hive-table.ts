import type { HiveId } from '../journal/entry.ts'
import type { Database, Transaction } from '../store/database.ts'
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
  readonly genesis: Uint8Array
  readonly is_current: number
  readonly bootstrap: string
  readonly joined_at: number
}

/** The table `hive` of a database. */
export function createHiveTable(database: Database): HiveTable {
  // this process alone writes the home
  let rows: readonly HiveRow[] | undefined
  const list = (): readonly HiveRow[] =>
    (rows ??= database
      .all<Stored>('select genesis, is_current, bootstrap, joined_at from hive order by joined_at, id')
      .flatMap((row) => readRow(row) ?? []))
  const write = async (work: (tx: Transaction) => void): Promise<void> => {
    try {
      await database.write(work)
    } finally {
      rows = undefined
    }
  }
  return {
    list,
    get: (id) => list().find(({ known }) => known.id === id),
    current: () => list().find(({ isCurrent }) => isCurrent),
    add: (known, { bootstrap, joinedAt }) =>
      write((tx) => {
        tx.run('update hive set is_current = 0')
        const sql = `insert into hive (id, genesis, is_current, bootstrap, joined_at) values (?, ?, 1, ?, ?)
          on conflict do update set is_current = 1, bootstrap = excluded.bootstrap`
        tx.run(sql, known.id, known.bytes, JSON.stringify(bootstrap), joinedAt)
      }),
    setCurrent: (id) => write((tx) => void tx.run('update hive set is_current = (id = ?)', id)),
    remove: (id) =>
      write((tx) => {
        tx.run('delete from hive where id = ?', id)
        if (tx.get('select id from hive where is_current = 1') !== undefined) return
        tx.run('update hive set is_current = 1 where id = (select id from hive order by joined_at, id limit 1)')
      }),
  }
}

function readRow(row: Stored): HiveRow | undefined {
  const known = parseGenesis(row.genesis)
  const bootstrap: unknown = JSON.parse(row.bootstrap)
  if (known === undefined || !Array.isArray(bootstrap)) return undefined
  const addresses = bootstrap.filter((address) => typeof address === 'string')
  return { known, isCurrent: row.is_current === 1, bootstrap: addresses, joinedAt: row.joined_at }
}
