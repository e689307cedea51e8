import assert from 'node:assert/strict'
import { readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { afterEach, test } from 'node:test'
import { hashBytes } from '../lib/cid.ts'
import { systemClock } from '../lib/clock.ts'
import { armFailpoint, disarmFailpoint } from '../lib/failpoint.ts'
import { silentLog } from '../lib/log.ts'
import { canRecordSyncs, recordSyncs } from '../lib/record-syncs.fixture.ts'
import { openDatabase } from './database.ts'
import type { Database } from './database.ts'
import { openBlobStore } from './disk-blobs.ts'
import { makeFolder } from './scratch.fixture.ts'

afterEach(() => disarmFailpoint())

const law = new Uint8Array(Buffer.from('with law shall the land be built '.repeat(4000)))
const name = Buffer.from(hashBytes(law)).toString('hex')

function write(database: Database, key: string): Promise<number> {
  return database.write((tx) => tx.run('insert into setting (name, value) values (?, ?)', key, ''))
}

function codeOf(outcome: PromiseSettledResult<unknown>): unknown {
  return outcome.status === 'rejected' ? (outcome.reason as { readonly code?: unknown }).code : 'done'
}

test('F1: a put is acknowledged after its bytes and then its name were synced to the disk', async (t) => {
  if (!canRecordSyncs) return t.skip('needs /proc to tell which file is synced')
  const folder = makeFolder(t)
  await using database = openDatabase({ path: join(folder, 'althing.sqlite') })
  const deps = { database, directory: folder, clock: systemClock, log: silentLog }
  await using blobs = await openBlobStore(deps, { maxDiskBytes: 0, compress: false })
  const synced = await recordSyncs(t, folder)
  await blobs.put(hashBytes(law), law)
  assert.equal(synced.length, 2)
  assert.equal(dirname(synced[0] ?? ''), 'tmp')
  assert.ok(basename(synced[0] ?? '').startsWith(name))
  assert.equal(synced[1], name.slice(0, 2))
  return undefined
})

test('F7: a file far longer than any block is not read, but set aside', async (t) => {
  const folder = makeFolder(t)
  await using database = openDatabase({ path: join(folder, 'althing.sqlite') })
  const deps = { database, directory: join(folder, 'blobs'), clock: systemClock, log: silentLog }
  await using blobs = await openBlobStore(deps, { maxDiskBytes: 0, compress: false })
  await blobs.put(hashBytes(law), law)
  // a hole: three gigabytes that take no room, and more than one read can give
  truncateSync(join(folder, 'blobs', name.slice(0, 2), name), 3 * 2 ** 30)
  await assert.rejects(blobs.get(hashBytes(law)), { code: 'BLOCK_CORRUPT' })
})

test('F6: works that wait behind a commit that failed on the disk are refused with it', async () => {
  await using database = openDatabase({ path: ':memory:' })
  armFailpoint('database.commit.begin', { action: 'error', code: 'EIO' })
  // more than one commit takes: the last waits for the next
  const works = Array.from({ length: 513 }, (_, index) => write(database, `row ${index}`))
  const [first] = works
  await first?.catch(() => disarmFailpoint())
  const codes = new Set((await Promise.allSettled(works)).map(codeOf))
  assert.deepEqual([...codes], ['STORE_FAILED'])
  assert.deepEqual(database.all('select name from setting'), [])
})

test('F6: a damaged page that a write comes upon lets nothing more be written, wherever it would go', async (t) => {
  const path = join(makeFolder(t), 'a.sqlite')
  {
    await using database = openDatabase({ path })
    for (let row = 0; row < 200; row += 1) await write(database, `row ${row} ${'x'.repeat(200)}`)
  }
  const pageOf = (database: Database): number =>
    database.get<{ readonly rootpage: number }>(`select rootpage from sqlite_schema where name = 'setting'`)?.rootpage ?? 0
  const page = await (async () => {
    await using database = openDatabase({ path })
    return pageOf(database)
  })()
  const bytes = readFileSync(path)
  writeFileSync(path, bytes.fill(0xff, (page - 1) * 4096, (page - 1) * 4096 + 64))
  await using damaged = openDatabase({ path })
  await assert.rejects(write(damaged, 'one more'), { code: 'STORE_FAILED' })
  const elsewhere = damaged.write((tx) => tx.run(`insert into author (hive, node, verdict) values ('', '', '')`))
  await assert.rejects(elsewhere, { code: 'STORE_FAILED' })
})
