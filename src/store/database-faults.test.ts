import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, test } from 'node:test'
import { armFailpoint, disarmFailpoint } from '../lib/failpoint.ts'
import { openDatabase } from './database.ts'
import type { Database, Transaction } from './database.ts'
import { fillDisk, makeFolder, mountSmallDisk } from './scratch.fixture.ts'
import { SqliteConnection } from './sqlite.ts'

afterEach(() => disarmFailpoint())

const insert = 'insert into setting (name, value) values (?, ?)'
const put = (tx: Transaction, name: string, value = ''): number => tx.run(insert, name, value)
const names = (database: Pick<Database, 'all'>): readonly string[] =>
  database.all<{ readonly name: string }>('select name from setting order by name').map((row) => row.name)

test('F34: data of a newer version is refused and left as it is', (t) => {
  const path = join(makeFolder(t), 'a.sqlite')
  const newer = new SqliteConnection(path)
  newer.exec('create table future (a); pragma user_version = 9999')
  newer.close()
  const refusal = { code: 'STORE_NEWER', data: { path, found: 9999, known: 8 }, message: /install a newer althing/ }
  assert.throws(() => openDatabase({ path }), refusal)
  assert.throws(() => openDatabase({ path, readOnly: true }), refusal)
})

test('F8: a file that is no database, or a damaged one, is named as such', async (t) => {
  const folder = makeFolder(t)
  const noise = join(folder, 'noise.sqlite')
  writeFileSync(noise, Buffer.alloc(8192, 7))
  assert.throws(() => openDatabase({ path: noise }), { code: 'STORE_CORRUPT' })
  const path = join(folder, 'a.sqlite')
  const database = openDatabase({ path })
  for (let n = 0; n < 200; n += 1) await database.write((tx) => put(tx, `name ${n}`, 'v'.repeat(200)))
  assert.deepEqual(database.checkIntegrity(), [])
  const root = database.get<{ readonly rootpage: number }>(`select rootpage from sqlite_schema where name = 'setting'`)?.rootpage ?? 0
  await database[Symbol.asyncDispose]()
  const bytes = readFileSync(path)
  bytes.fill(0xff, (root - 1) * 4096, (root - 1) * 4096 + 64)
  writeFileSync(path, bytes)
  await using damaged = openDatabase({ path })
  assert.throws(() => damaged.all('select * from setting'), { code: 'STORE_CORRUPT' })
  assert.notDeepEqual(damaged.checkIntegrity(), [])
})

test('F6: an I/O error on commit rejects the whole group and every later write; reads go on; opening anew shows what is really there', async (t) => {
  const path = join(makeFolder(t), 'a.sqlite')
  const database = openDatabase({ path })
  await database.write((tx) => put(tx, 'ada'))
  armFailpoint('database.commit.begin', { action: 'error', code: 'EIO' })
  const group = await Promise.allSettled([database.write((tx) => put(tx, 'bob')), database.write((tx) => put(tx, 'cy'))])
  disarmFailpoint()
  for (const work of group) assert.equal(work.status === 'rejected' && (work.reason as { readonly code?: string }).code, 'STORE_FAILED')
  await assert.rejects(
    database.write((tx) => put(tx, 'eve')),
    { code: 'STORE_FAILED', kind: 'unavailable' },
  )
  assert.deepEqual(names(database), ['ada'])
  await database[Symbol.asyncDispose]()
  await using again = openDatabase({ path })
  assert.deepEqual(names(again), ['ada'])
  await again.write((tx) => put(tx, 'eve'))
})

test('F6: an error of write(2) itself, under SQLite, is fatal for the file even when the work caught it, and nothing unacknowledged appears', (t) => {
  const folder = makeFolder(t)
  const program = `
    import { openDatabase } from ${JSON.stringify(new URL('database.ts', import.meta.url).href)}
    process.on('SIGXFSZ', () => {})
    const database = openDatabase({ path: process.argv[1] })
    const put = (name, value) => database.write((tx) => tx.run('insert into setting values (?, ?)', name, value))
    await put('ada', '')
    const codes = []
    const careless = database.write((tx) => {
      try { tx.run('insert into setting values (?, ?)', 'large', 'x'.repeat(30_000_000)) } catch {}
    })
    await careless.catch((error) => codes.push(error.code))
    await put('bob', '').catch((error) => codes.push(error.code))
    console.log(JSON.stringify({ codes, rows: database.all('select name from setting').map((row) => row.name) }))
    process.exit(0)
  `
  const path = join(folder, 'a.sqlite')
  // blocks of 512 bytes (dash) or 1 KiB (bash): enough for the schema, too few for the large row
  const command = 'ulimit -f 1200; exec "$0" --input-type=module-typescript -e "$1" "$2"'
  const { stdout, stderr } = spawnSync('sh', ['-c', command, process.execPath, program, path], { encoding: 'utf8' })
  assert.equal(stdout, `${JSON.stringify({ codes: ['STORE_FAILED', 'STORE_FAILED'], rows: ['ada'] })}\n`, stderr)
})

test('F29: a database that another program holds for writing is waited for, not for ever, and taken up again when it is free', async (t) => {
  const path = join(makeFolder(t), 'a.sqlite')
  await using database = openDatabase({ path })
  const other = new SqliteConnection(path)
  other.exec('begin immediate')
  await assert.rejects(
    database.write((tx) => put(tx, 'ada')),
    { code: 'STORE_BUSY', kind: 'timeout' },
  )
  other.exec('rollback')
  other.close()
  await database.write((tx) => put(tx, 'bob'))
  assert.deepEqual(names(database), ['bob'])
})

test('F5: no space at commit undoes the whole group; reads go on and later writes succeed', async () => {
  await using database = openDatabase({ path: ':memory:' })
  await database.write((tx) => put(tx, 'ada'))
  armFailpoint('database.commit.begin', { action: 'error', code: 'ENOSPC' })
  const group = await Promise.allSettled([database.write((tx) => put(tx, 'bob')), database.write((tx) => put(tx, 'cy'))])
  for (const work of group) assert.equal(work.status === 'rejected' && (work.reason as { readonly code?: string }).code, 'DISK_FULL')
  disarmFailpoint()
  assert.deepEqual(names(database), ['ada'])
  await database.write((tx) => put(tx, 'bob'))
  assert.deepEqual(names(database), ['ada', 'bob'])
})

test('F5: on a disk that is really full the transaction is undone, even under a work that caught the error, and goes on when there is room', async (t) => {
  const folder = mountSmallDisk(t)
  if (folder === undefined) return t.skip('needs root and mount(8) for a tmpfs of a fixed size')
  await using database = openDatabase({ path: join(folder, 'a.sqlite') })
  await database.write((tx) => put(tx, 'ada'))
  const ballast = join(folder, 'ballast')
  fillDisk(ballast)
  const large = database.write((tx) => {
    put(tx, 'bob')
    try {
      for (let n = 0; n < 100; n += 1) put(tx, `large ${n}`, 'x'.repeat(400_000))
    } catch {
      // a careless work
    }
    put(tx, 'cy')
  })
  const neighbour = database.write((tx) => put(tx, 'dan'))
  await assert.rejects(large, { code: 'DISK_FULL' })
  await assert.rejects(neighbour, { code: 'DISK_FULL' })
  assert.deepEqual(names(database), ['ada'])
  rmSync(ballast)
  await database.write((tx) => put(tx, 'eve'))
  assert.deepEqual(names(database), ['ada', 'eve'])
  return undefined
})
