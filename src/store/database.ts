import { migrate } from './migrations/migrate.ts'
import type { SqliteStatement } from './sqlite.ts'
import { SqliteConnection } from './sqlite.ts'

/** What SQLite stores. Integers past 2^53, dates and `undefined` never get here. */
export type SqlValue = null | number | string | Uint8Array

/** One row, by column name. */
export type Row = Readonly<Record<string, SqlValue>>

/** Reads of the database as it is after the last commit (or, inside `write`, as the transaction sees it). */
export interface Reader {
  readonly get: <R = Row>(sql: string, ...parameters: readonly SqlValue[]) => R | undefined
  readonly all: <R = Row>(sql: string, ...parameters: readonly SqlValue[]) => readonly R[]
  readonly iterate: <R = Row>(sql: string, ...parameters: readonly SqlValue[]) => Iterable<R>
}

/** What one `write` may do. Valid only until its function returns. */
export interface Transaction extends Reader {
  /** Returns the number of rows changed. */
  readonly run: (sql: string, ...parameters: readonly SqlValue[]) => number
  /** Calls `then` after the commit is on disk, before `write` resolves. Not called when the transaction fails. */
  readonly afterCommit: (then: () => void) => void
}

/** The one SQLite file of a home, or one in memory. */
export interface Database extends Reader, AsyncDisposable {
  /**
   * Runs `work` in a transaction and resolves with what it returned after the commit has been fsynced.
   *
   * Works handed in while a commit is under way share the next one (group commit), each in a savepoint of its own: one
   * that throws is rolled back alone and rejects alone. `work` is synchronous; works run in the order they were handed in.
   */
  readonly write: <T>(work: (tx: Transaction) => T) => Promise<T>
}

export interface DatabaseOptions {
  /** A file, or `:memory:`. */
  readonly path: string
  /** Opens for reading only; the file must exist and be of this version. */
  readonly readOnly?: boolean
}

/** Works that share one commit at most; bounds the time a reader of the same process waits. */
const maxWorksPerCommit = 512

/** Opens the database, brings its schema up to date, and takes writes. */
export function openDatabase(options: DatabaseOptions): Database {
  const connection = new SqliteConnection(options.path, { readOnly: options.readOnly ?? false })
  if (options.readOnly !== true) {
    connection.exec('pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on; pragma busy_timeout = 5000')
    migrate(connection)
  }
  const statements = new Map<string, SqliteStatement>()
  const prepare = (sql: string): SqliteStatement => {
    const known = statements.get(sql)
    if (known !== undefined) return known
    const statement = connection.prepare(sql)
    statements.set(sql, statement)
    return statement
  }
  const reader: Reader = {
    get: <R>(sql: string, ...parameters: readonly SqlValue[]) => prepare(sql).get(...parameters) as R | undefined,
    all: <R>(sql: string, ...parameters: readonly SqlValue[]) => prepare(sql).all(...parameters) as R[],
    iterate: <R>(sql: string, ...parameters: readonly SqlValue[]) => connection.prepare(sql).iterate(...parameters) as Iterable<R>,
  }

  interface Pending {
    readonly run: () => void
    readonly settle: () => void
    readonly fail: (error: unknown) => void
  }
  let queue: Pending[] = []
  let isScheduled = false
  let isClosed = false

  const commit = (): void => {
    isScheduled = false
    const batch = queue.slice(0, maxWorksPerCommit)
    queue = queue.slice(maxWorksPerCommit)
    try {
      connection.exec('begin immediate')
      for (const pending of batch) pending.run()
      connection.exec('commit')
    } catch (error) {
      if (connection.isTransaction) connection.exec('rollback')
      for (const pending of batch) pending.fail(error)
      return
    } finally {
      if (queue.length > 0) schedule()
    }
    for (const pending of batch) pending.settle()
  }
  const schedule = (): void => {
    if (isScheduled) return
    isScheduled = true
    setImmediate(commit)
  }

  return {
    ...reader,
    write: <T>(work: (tx: Transaction) => T) => {
      if (isClosed) return Promise.reject(new Error('the database is closed'))
      const { promise, resolve, reject } = Promise.withResolvers<T>()
      let outcome: { readonly value: T } | { readonly error: unknown } | undefined
      const after: (() => void)[] = []
      const tx: Transaction = {
        ...reader,
        run: (sql, ...parameters) => Number(prepare(sql).run(...parameters).changes),
        afterCommit: (then) => after.push(then),
      }
      queue.push({
        run: () => {
          connection.exec('savepoint work')
          try {
            outcome = { value: work(tx) }
          } catch (error) {
            outcome = { error }
            connection.exec('rollback to work')
          }
          connection.exec('release work')
        },
        settle: () => {
          if (outcome === undefined) return
          if ('error' in outcome) return reject(outcome.error)
          for (const then of after) then()
          resolve(outcome.value)
        },
        fail: reject,
      })
      schedule()
      return promise
    },
    [Symbol.asyncDispose]: async () => {
      if (isClosed) return
      isClosed = true
      while (queue.length > 0) commit()
      connection.close()
    },
  }
}
