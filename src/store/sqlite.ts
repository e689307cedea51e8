import type { SQLInputValue, SQLOutputValue } from 'node:sqlite'

/** The one file that imports `node:sqlite`, whose class is being renamed. */
export { DatabaseSync as SqliteConnection } from 'node:sqlite'
export type { StatementSync as SqliteStatement } from 'node:sqlite'

/** What can be bound. */
export type SqliteValue = SQLInputValue

/** What comes back, by column name. */
export type SqliteRow = Record<string, SQLOutputValue>

/** Copies a database page by page, off the main thread. */
export { backup as copySqlite } from 'node:sqlite'
