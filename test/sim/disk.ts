import type { Database, SqlValue } from '../../src/store/database.ts'
import { openDatabase } from '../../src/store/database.ts'

/** Where facts stand; what views derive from them is built again by whoever opens the disk. */
const factTables = ['chain', 'entry', 'author', 'fork', 'stray', 'erasure']
/** Rows in one statement: enough that preparing and calling it does not count. */
const rowsPerInsert = 64

/** A disk with all the facts of another as it is now. */
export async function copyDisk(from: Database, options: { readonly isMarked: boolean }): Promise<Database> {
  const copy = openDatabase({ path: ':memory:' })
  await copy.write((tx) => {
    for (const table of factTables) {
      const rows = from.all(`select * from ${table}`)
      for (let at = 0; at < rows.length; at += rowsPerInsert) {
        const group = rows.slice(at, at + rowsPerInsert)
        const names = Object.keys(group[0] ?? {})
        const marks = `(${names.map(() => '?').join(', ')})`
        const values = group.flatMap((row): SqlValue[] => Object.values(row))
        tx.run(`insert into ${table} (${names.join(', ')}) values ${group.map(() => marks).join(', ')}`, ...values)
      }
    }
    // What restoring a backup leaves behind, so that the node waits for what it may have lost.
    if (options.isMarked) tx.run("insert into setting (name, value) values ('restored', '1')")
  })
  return copy
}
