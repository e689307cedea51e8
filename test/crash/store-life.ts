import { writeSync } from 'node:fs'
import { join } from 'node:path'
import { hashBytes } from '../../src/lib/cid.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { silentLog } from '../../src/lib/log.ts'
import { openDatabase } from '../../src/store/database.ts'
import { openBlobStore } from '../../src/store/disk-blobs.ts'
import { optimizeBlobs } from '../../src/store/maintenance.ts'

/** A short life of a store, told on stdout: four blocks with a record each, compression, and the removal of one. Run by store.crash.ts. */
const folder = process.argv[2] ?? ''
await using database = openDatabase({ path: join(folder, 'althing.sqlite') })
const deps = { database, directory: join(folder, 'blobs'), clock: systemClock, log: silentLog }
await using blobs = await openBlobStore(deps, { maxDiskBytes: 0, compress: false })
for (const name of ['n0', 'n1', 'n2', 'n3']) {
  const bytes = new Uint8Array(Buffer.from(name.repeat(3000)))
  await blobs.put(hashBytes(bytes), bytes)
  const digest = Buffer.from(hashBytes(bytes)).toString('hex')
  await database.write((tx) => tx.run('insert into setting (name, value) values (?, ?)', name, digest))
  writeSync(1, `${name}\n`)
}
await optimizeBlobs({ blobs, database }, { signal: new AbortController().signal })
await database.write((tx) => tx.run(`delete from setting where name = 'n0'`))
await blobs.remove(hashBytes(Buffer.from('n0'.repeat(3000))))
