import type { Database } from '../store/database.ts'
import type { HiveId } from './entry.ts'

/** Name of the setting that the restoring of a backup leaves behind. */
const homeRestored = 'restored'

/**
 * Whether this hive's journals come out of a backup and have not gone on since.
 *
 * The mark a restore leaves is one for the whole home; the first hive opened turns it into one for each hive. F35.
 */
export async function takeRestoredMark(database: Database, hive: HiveId): Promise<boolean> {
  if (database.get('select value from setting where name = ?', homeRestored) !== undefined) {
    await database.write((tx) => {
      tx.run(
        `insert into setting (name, value) select distinct ? || hive, '1' from chain where true on conflict do nothing`,
        `${homeRestored}.`,
      )
      tx.run('delete from setting where name = ?', homeRestored)
    })
  }
  return database.get('select value from setting where name = ?', markOf(hive)) !== undefined
}

/** Forgets the mark: the hive's journals go on. */
export async function dropRestoredMark(database: Database, hive: HiveId): Promise<void> {
  await database.write((tx) => tx.run('delete from setting where name = ?', markOf(hive)))
}

function markOf(hive: HiveId): string {
  return `${homeRestored}.${hive}`
}
