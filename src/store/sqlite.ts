/** The one file that imports `node:sqlite`, whose class is being renamed. */
export { DatabaseSync as SqliteConnection } from 'node:sqlite'
export type { StatementSync as SqliteStatement } from 'node:sqlite'
