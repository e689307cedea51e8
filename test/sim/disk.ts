import type { Database, SqlValue } from '../../src/store/database.ts'
import { openDatabase } from '../../src/store/database.ts'

/** Where facts stand; what views derive from them is built again by whoever opens the disk. */
const factTables = ['chain', 'entry', 'author', 'fork', 'stray', 'erasure']
/** Rows in one statement: enough that preparing and calling it does not count. */
const rowsPerInsert = 64

/** All the facts of a disk at one moment, ready to be written to any number of others. */
export type DiskImage = readonly { readonly sql: string; readonly values: readonly SqlValue[] }[]

/** Reads the facts of a disk as they are now, or other tables of it. */
export function readDisk(from: Database, tables: readonly string[] = factTables): DiskImage {
  return tables.flatMap((table) => {
    const rows = from.all(`select * from ${table}`)
    const names = Object.keys(rows[0] ?? {})
    const marks = `(${names.map(() => '?').join(', ')})`
    return Array.from({ length: Math.ceil(rows.length / rowsPerInsert) }, (_, index) => {
      const group = rows.slice(index * rowsPerInsert, (index + 1) * rowsPerInsert)
      return {
        sql: `insert into ${table} (${names.join(', ')}) values ${group.map(() => marks).join(', ')}`,
        values: group.flatMap((row): SqlValue[] => Object.values(row)),
      }
    })
  })
}

/** A new disk with all the facts of an image. */
export async function openDisk(image: DiskImage, options: { readonly isMarked: boolean }): Promise<Database> {
  const disk = openDatabase({ path: ':memory:' })
  await disk.write((tx) => {
    for (const { sql, values } of image) tx.run(sql, ...values)
    // What restoring a backup leaves behind, so that the node waits for what it may have lost.
    if (options.isMarked) tx.run("insert into setting (name, value) values ('restored', '1')")
  })
  return disk
}
