import type { Database } from '../../store/database.ts'

/** One request to a forge, as it is kept. */
export interface ForgeAccess {
  /** Wall time in milliseconds. */
  readonly at: number
  /** Host, and port where it is not the scheme's own. */
  readonly forge: string
  readonly method: string
  /** Without its query. */
  readonly path: string
  /** 0 when no answer came. */
  readonly status: number
  readonly ms: number
}

/** Every request that was sent to a forge, on disk: what a token was used for. */
export interface AccessLog {
  readonly note: (access: ForgeAccess) => void
  /** The newest first. */
  readonly list: (limit: number) => readonly ForgeAccess[]
}

/** Requests that are kept; the oldest go. */
const maxAccesses = 10_000
const maxPathLength = 500

/** Kept in the home's database. */
export function createAccessLog(database: Database): AccessLog {
  return {
    note: ({ at, forge, method, path, status, ms }) => {
      database
        .writeSoon((tx) => {
          const values = [at, forge, method, path.slice(0, maxPathLength), status, ms] as const
          tx.run('insert into forge_access (at, forge, method, path, status, ms) values (?, ?, ?, ?, ?, ?)', ...values)
          tx.run('delete from forge_access where number <= (select max(number) from forge_access) - ?', maxAccesses)
        })
        // a request that ends while the database closes is the last one
        .catch(() => {})
    },
    list: (limit) =>
      database
        .all<ForgeAccess & { readonly number: number }>(
          'select at, forge, method, path, status, ms from forge_access order by number desc limit ?',
          limit,
        )
        .map((row) => ({ ...row })),
  }
}
