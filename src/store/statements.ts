import type { SqliteConnection, SqliteRow, SqliteStatement, SqliteValue } from './sqlite.ts'

/** Prepared statements kept; the one unused for longest goes first. Our own code has a few hundred. */
const maxStatements = 512

/** Prepared statements by their text, and the check of what is bound to them. */
export class Statements {
  readonly #connection: SqliteConnection
  readonly #prepared = new Map<string, SqliteStatement>()

  constructor(connection: SqliteConnection) {
    this.#connection = connection
  }

  get(sql: string, parameters: readonly SqliteValue[]): SqliteRow | undefined {
    return this.#prepare(sql, parameters).get(...parameters)
  }

  all(sql: string, parameters: readonly SqliteValue[]): readonly SqliteRow[] {
    return this.#prepare(sql, parameters).all(...parameters)
  }

  /** A statement of its own, so that two walks of one text do not disturb each other. */
  iterate(sql: string, parameters: readonly SqliteValue[]): Iterable<SqliteRow> {
    for (const [index, value] of parameters.entries()) assertBindable(value, index, sql)
    return this.#connection.prepare(sql).iterate(...parameters)
  }

  run(sql: string, parameters: readonly SqliteValue[]): number {
    return Number(this.#prepare(sql, parameters).run(...parameters).changes)
  }

  #prepare(sql: string, parameters: readonly SqliteValue[]): SqliteStatement {
    for (const [index, value] of parameters.entries()) assertBindable(value, index, sql)
    const statement = this.#prepared.get(sql) ?? this.#connection.prepare(sql)
    this.#prepared.delete(sql)
    this.#prepared.set(sql, statement)
    const oldest = this.#prepared.size > maxStatements ? this.#prepared.keys().next().value : undefined
    if (oldest !== undefined) this.#prepared.delete(oldest)
    return statement
  }
}

/** Refuses what SQLite would store as something else: `undefined` and dates become NULL, NaN too; integers past 2^53 cannot be read back. */
function assertBindable(value: unknown, index: number, sql: string): void {
  if (value === null || typeof value === 'string' || value instanceof Uint8Array) return
  if (typeof value === 'number' && Number.isFinite(value) && (Number.isSafeInteger(value) || !Number.isInteger(value))) return
  const what = typeof value === 'number' ? String(value) : value instanceof Date ? 'a Date' : typeof value
  throw new TypeError(`parameter ${index + 1} of "${sql.slice(0, 80)}" is ${what}, which SQLite cannot store as it is`)
}
