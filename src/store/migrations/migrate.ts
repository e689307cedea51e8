import { storeFaults } from '../faults.ts'
import type { SqliteConnection } from '../sqlite.ts'
import { spineSchema } from './0001-spine.ts'
import { marketplaceSchema } from './0002-marketplace.ts'
import { contextSchema } from './0003-context.ts'
import { modelsSchema } from './0004-models.ts'
import { shortBlocksSchema } from './0005-short-blocks.ts'
import { tasksSchema } from './0006-tasks.ts'
import { forgeLogSchema } from './0007-forge-log.ts'
import { holdingResultsSchema } from './0008-holding-results.ts'

/** Every schema ever released, in order; a released one is never edited. `user_version` of a file is how many of them it has had. */
const migrations: readonly string[] = [
  spineSchema,
  marketplaceSchema,
  contextSchema,
  modelsSchema,
  shortBlocksSchema,
  tasksSchema,
  forgeLogSchema,
  holdingResultsSchema,
]

/** The version that this program reads and writes. */
export const schemaVersion = migrations.length

/**
 * Brings a database forward, one transaction per step: one that fails leaves it whole at the step before.
 *
 * @throws Fault STORE_NEWER
 */
export function migrate(connection: SqliteConnection, path: string, steps: readonly string[] = migrations): void {
  const current = readVersion(connection)
  if (current > steps.length) throw newerFault(current, path)
  for (const [index, sql] of steps.entries()) {
    if (index < current) continue
    try {
      connection.exec('begin immediate')
      connection.exec(sql)
      connection.exec(`pragma user_version = ${index + 1}`)
      connection.exec('commit')
    } catch (error) {
      if (connection.isTransaction) connection.exec('rollback')
      throw error
    }
  }
}

/** Whether a database can be read as it is. @throws Fault STORE_NEWER, STORE_OLDER */
export function assertReadable(connection: SqliteConnection, path: string): void {
  const current = readVersion(connection)
  if (current === schemaVersion) return
  if (current > schemaVersion) throw newerFault(current, path)
  throw storeFaults.create('STORE_OLDER', {
    message: `${path} has schema ${current} and this program reads ${schemaVersion}; start a node with this home once, which brings it forward`,
    data: { path, found: current, known: schemaVersion },
  })
}

function newerFault(current: number, path: string): Error {
  return storeFaults.create('STORE_NEWER', {
    message: `${path} has schema ${current} and this program knows ${schemaVersion}; install a newer althing, or name another home with --home`,
    data: { path, found: current, known: schemaVersion },
  })
}

function readVersion(connection: SqliteConnection): number {
  return Number(connection.prepare('pragma user_version').get()?.['user_version'] ?? 0)
}
