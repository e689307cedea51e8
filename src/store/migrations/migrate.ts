import type { SqliteConnection } from '../sqlite.ts'
import { spineSchema } from './0001-spine.ts'

/** Every schema ever released, in order; a released one is never edited. `user_version` of a file is how many of them it has had. */
const migrations: readonly string[] = [spineSchema]

/** Brings a database forward, one transaction per step. */
export function migrate(connection: SqliteConnection): void {
  const row = connection.prepare('pragma user_version').get()
  const current = Number(row?.['user_version'] ?? 0)
  for (const [index, sql] of migrations.entries()) {
    if (index < current) continue
    connection.exec(`begin immediate; ${sql}; pragma user_version = ${index + 1}; commit`)
  }
}
