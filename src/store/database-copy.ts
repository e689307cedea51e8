import { SqliteConnection, copySqlite } from './sqlite.ts'
import { toStoreFault } from './sqlite-errors.ts'

export interface CopyCall {
  readonly signal: AbortSignal
  /** In pages. */
  readonly onProgress: (progress: { readonly done: number; readonly total: number }) => void
}

/** Pages copied between two looks at the signal: 4 MiB. */
const pagesPerStep = 1024

/**
 * Writes a copy of a database as it is at this moment into a file that does not exist yet. Whoever has it open goes on writing meanwhile.
 *
 * The copy is made from a snapshot held by a connection of its own: on the writer's own connection it would take in a
 * transaction that is later rolled back, and without a snapshot every write would start it over.
 *
 * @throws Fault DISK_FULL, DISK_ERROR, STORE_CORRUPT
 */
export async function copyDatabase(source: string, target: string, call: CopyCall): Promise<void> {
  const connection = new SqliteConnection(source, { readOnly: true })
  try {
    connection.exec('begin')
    connection.prepare('select count(*) from sqlite_schema').get()
    const total = await copySqlite(connection, target, {
      rate: pagesPerStep,
      progress: ({ totalPages, remainingPages }) => {
        call.signal.throwIfAborted()
        call.onProgress({ done: totalPages - remainingPages, total: totalPages })
      },
    })
    call.signal.throwIfAborted()
    call.onProgress({ done: total, total })
  } catch (error) {
    throw toStoreFault(error, target)
  } finally {
    connection.close()
  }
}
