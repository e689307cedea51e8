import { existsSync } from 'node:fs'
import { failpoint } from '../lib/failpoint.ts'
import { describeError, Fault } from '../lib/fault.ts'
import { storeFaults } from './faults.ts'
import { assertReadable, migrate } from './migrations/migrate.ts'
import { createPrivateFile } from './private-file.ts'
import { isFatal, toStoreFault } from './sqlite-errors.ts'
import { SqliteConnection } from './sqlite.ts'
import { Statements } from './statements.ts'
import { Work } from './work.ts'
import type { Synchronous } from './work.ts'

/** What SQLite stores. Integers past 2^53, dates and `undefined` never get here. */
export type SqlValue = null | number | string | Uint8Array

/** One row, by column name. */
export type Row = Readonly<Record<string, SqlValue>>

/** Reads of the database as it is after the last commit (or, inside `write`, as the transaction sees it). */
export interface Reader {
  readonly get: <R = Row>(sql: string, ...parameters: readonly SqlValue[]) => R | undefined
  readonly all: <R = Row>(sql: string, ...parameters: readonly SqlValue[]) => readonly R[]
  /** To be walked to its end, or left, without an `await` in between. */
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
   *
   * @throws Fault DISK_FULL: nothing of the group was written, later writes may succeed. STORE_FAILED: the disk failed;
   * reads go on, every later write is refused until the database is opened again. STORE_BUSY
   */
  readonly write: <T>(work: (tx: Transaction) => T) => Promise<T>
  /**
   * Like `write`, but resolves before the fsync: the death of the process loses nothing, a loss of power may lose what no
   * later `write` followed. Only for what the next opening finds out anyhow; half as many fsyncs for each block stored.
   */
  readonly writeSoon: <T>(work: (tx: Transaction) => T) => Promise<T>
  /** Says what is wrong with the file, line by line; nothing when it is sound. Reads all of it, and blocks meanwhile. */
  readonly checkIntegrity: () => readonly string[]
}

export interface DatabaseOptions {
  /** A file, or `:memory:`. */
  readonly path: string
  /** Opens for reading only; the file must exist and be of this version. */
  readonly readOnly?: boolean
}

/** Works that share one commit at most; bounds the time a reader of the same process waits. */
const maxWorksPerCommit = 512
/** Time SQLite waits, blocking, for another program that holds the file, in milliseconds. */
const busyTimeoutMs = 1000
/** The write-ahead log is cut back to this after a checkpoint, in bytes. */
const maxIdleLogBytes = 64 * 1024 * 1024

/**
 * `full`: a commit is fsynced before it is acknowledged. `secure_delete`: what was erased is overwritten with zeros.
 * `cell_size_check`: a damaged page is found when it is read.
 */
const pragmas = `
pragma journal_mode = wal;
pragma synchronous = full;
pragma foreign_keys = on;
pragma secure_delete = on;
pragma cell_size_check = on;
pragma journal_size_limit = ${maxIdleLogBytes};
`

/**
 * Opens the database, brings its schema up to date, and takes writes.
 *
 * @throws Fault STORE_NEWER, STORE_OLDER (reading only), STORE_MISSING (reading only), STORE_CORRUPT, DISK_FULL
 */
export function openDatabase(options: DatabaseOptions): Database {
  return new SqliteDatabase(connect(options), options.path)
}

function connect({ path, readOnly = false }: DatabaseOptions): SqliteConnection {
  if (readOnly && !existsSync(path)) {
    const message = `there is no database at ${path}; start a node with this home first, or name another with --home`
    throw storeFaults.create('STORE_MISSING', { message, data: { path } })
  }
  const connection = openConnection(path, readOnly)
  try {
    if (readOnly) assertReadable(connection, path)
    else {
      connection.exec(pragmas)
      migrate(connection, path)
    }
    return connection
  } catch (error) {
    connection.close()
    throw toStoreFault(error, path)
  }
}

function openConnection(path: string, readOnly: boolean): SqliteConnection {
  try {
    if (!readOnly && path !== ':memory:') createPrivateFile(path)
    return new SqliteConnection(path, { readOnly, timeout: busyTimeoutMs, enableForeignKeyConstraints: true })
  } catch (error) {
    const message = `${path} cannot be opened (${describeError(error)}); check that its folder exists and may be written, or name another --home`
    throw storeFaults.create('DISK_ERROR', { message, data: { path }, cause: error })
  }
}

/** One connection; works queue up while the event loop is busy and are committed together in its next turn. */
class SqliteDatabase implements Database {
  readonly #connection: SqliteConnection
  readonly #path: string
  readonly #statements: Statements
  readonly #queue: Work[] = []
  #synchronous: Synchronous = 'full'
  #isScheduled = false
  #isClosed = false
  /** Why nothing more is written, once the disk has failed. */
  #failure: { readonly cause: unknown } | undefined
  /** What made SQLite undo the transaction under way, if anything did. */
  #lost: { readonly cause: unknown } | undefined

  constructor(connection: SqliteConnection, path: string) {
    this.#connection = connection
    this.#path = path
    this.#statements = new Statements(connection)
  }

  readonly get = <R>(sql: string, ...parameters: readonly SqlValue[]): R | undefined =>
    this.#guard(() => this.#statements.get(sql, parameters)) as R | undefined

  readonly all = <R>(sql: string, ...parameters: readonly SqlValue[]): readonly R[] =>
    this.#guard(() => this.#statements.all(sql, parameters)) as readonly R[]

  readonly iterate = <R>(sql: string, ...parameters: readonly SqlValue[]): Iterable<R> =>
    this.#guardRows(this.#guard(() => this.#statements.iterate(sql, parameters))) as Iterable<R>

  readonly write = <T>(work: (tx: Transaction) => T): Promise<T> => this.#enqueue(work, 'full')

  readonly writeSoon = <T>(work: (tx: Transaction) => T): Promise<T> => this.#enqueue(work, 'normal')

  #enqueue<T>(work: (tx: Transaction) => T, synchronous: Synchronous): Promise<T> {
    if (this.#isClosed) return Promise.reject(new Error('the database is closed'))
    if (this.#failure !== undefined) return Promise.reject(this.#failed(this.#failure.cause))
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    const pending: Work = new Work(this.#connection, {
      perform: () => work(this.#transaction(pending)),
      resolve: (value) => resolve(value as T),
      reject,
      synchronous,
    })
    this.#queue.push(pending)
    this.#schedule()
    return promise
  }

  #transaction(work: Work): Transaction {
    return {
      get: (sql, ...parameters) => (work.assertOpen(), this.get(sql, ...parameters)),
      all: (sql, ...parameters) => (work.assertOpen(), this.all(sql, ...parameters)),
      iterate: (sql, ...parameters) => (work.assertOpen(), this.iterate(sql, ...parameters)),
      run: (sql, ...parameters) => (work.assertOpen(), this.#guard(() => this.#statements.run(sql, parameters))),
      afterCommit: (then) => (work.assertOpen(), work.after(then)),
    }
  }

  readonly checkIntegrity = (): readonly string[] => {
    try {
      const lines = this.all<{ readonly integrity_check: string }>('pragma integrity_check(20)').map((row) => row.integrity_check)
      const orphans = this.all<{ readonly table: string }>('pragma foreign_key_check').map(
        (row) => `row of ${row.table} without its parent`,
      )
      return [...lines.filter((line) => line !== 'ok'), ...orphans]
    } catch (error) {
      // damage so deep that the check itself gives up
      if (error instanceof Fault && error.code === 'STORE_CORRUPT') return [describeError(error.cause)]
      throw error
    }
  }

  #guard<T>(call: () => T): T {
    try {
      return call()
    } catch (error) {
      throw this.#note(error)
    }
  }

  *#guardRows<T>(rows: Iterable<T>): Iterable<T> {
    try {
      yield* rows
    } catch (error) {
      throw this.#note(error)
    }
  }

  /** The fault for an error. One that made SQLite undo the transaction is kept, for a work may catch it and go on as if nothing were. */
  #note(error: unknown): unknown {
    const fault = toStoreFault(error, this.#path)
    if (!this.#connection.isTransaction) this.#lost ??= { cause: fault }
    return fault
  }

  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(this.#commitNext)
  }

  readonly #commitNext = (): void => {
    this.#isScheduled = false
    const batch = this.#queue.splice(0, maxWorksPerCommit)
    // a disposal that came first has done all there was
    if (batch.length === 0) return
    if (this.#queue.length > 0) this.#schedule()
    const failure = this.#failure ?? this.#commit(batch)
    for (const work of batch) {
      if (failure === undefined) work.settle()
      else work.fail(this.#failure === undefined ? toStoreFault(failure.cause, this.#path) : this.#failed(failure.cause))
    }
  }

  /** Commits works together: all of it is on disk, or nothing is and the cause is returned. */
  #commit(batch: readonly Work[]): { readonly cause: unknown } | undefined {
    this.#lost = undefined
    try {
      this.#synchronize(batch.some((work) => work.synchronous === 'full') ? 'full' : 'normal')
      this.#connection.exec('begin immediate')
      for (const work of batch) work.perform()
      failpoint('database.commit.begin')
      this.#connection.exec('commit')
      failpoint('database.commit.done')
      return undefined
    } catch (error) {
      const failure = this.#lost ?? { cause: error }
      // after a failed fsync the kernel may have dropped the pages: only opening anew shows what is really there
      if (isFatal(failure.cause)) this.#failure = failure
      if (this.#connection.isTransaction) this.#rollback(failure)
      return failure
    }
  }

  /** Commits are fsynced with `full`, which takes earlier ones along: they lie before it in the one log. */
  #synchronize(synchronous: Synchronous): void {
    if (this.#synchronous === synchronous) return
    this.#connection.exec(`pragma synchronous = ${synchronous}`)
    this.#synchronous = synchronous
  }

  #rollback(failure: { readonly cause: unknown }): void {
    try {
      this.#connection.exec('rollback')
    } catch {
      // the first failure says what happened; a transaction that cannot be undone lets nothing more be written
      this.#failure = failure
    }
  }

  #failed(cause: unknown): Error {
    return storeFaults.create('STORE_FAILED', {
      message: `writing ${this.#path} failed (${describeError(cause)}); nothing more is written to it: check the disk, then start again`,
      data: { path: this.#path },
      cause,
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    while (this.#queue.length > 0) this.#commitNext()
    this.#connection.close()
  }
}
