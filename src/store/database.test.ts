import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, test } from 'node:test'
import { armFailpoint, disarmFailpoint } from '../lib/failpoint.ts'
import { openDatabase } from './database.ts'
import type { Database, SqlValue, Transaction } from './database.ts'
import { makeFolder, runProgram } from './scratch.fixture.ts'
import { SqliteConnection } from './sqlite.ts'

afterEach(() => disarmFailpoint())

const insert = 'insert into setting (name, value) values (?, ?)'
const put = (tx: Transaction, name: string, value = ''): number => tx.run(insert, name, value)
const names = (database: Pick<Database, 'all'>): readonly string[] =>
  database.all<{ readonly name: string }>('select name from setting order by name').map((row) => row.name)

test('works handed in together share a commit and run in their order', async () => {
  await using database = openDatabase({ path: ':memory:' })
  let commits = 0
  armFailpoint('database.commit.done', { action: 'delay', ms: 0 })
  const order: number[] = []
  const works = Array.from({ length: 100 }, (_, index) =>
    database.write((tx) => {
      put(tx, `row ${index}`)
      if (index === 0) tx.afterCommit(() => (commits += 1))
      order.push(index)
      return order.length
    }),
  )
  assert.equal(order.length, 0)
  await works[0]
  assert.equal(order.length, 100, 'all hundred were performed before the first was acknowledged')
  assert.equal(commits, 1)
  assert.deepEqual(
    await Promise.all(works),
    Array.from({ length: 100 }, (_, index) => index + 1),
  )
})

test('a work that throws is undone alone; the others of its group are kept', async () => {
  await using database = openDatabase({ path: ':memory:' })
  let isCalled = false
  const works = await Promise.allSettled([
    database.write((tx) => put(tx, 'ada')),
    database.write((tx) => {
      put(tx, 'eve')
      tx.afterCommit(() => (isCalled = true))
      throw new RangeError('no')
    }),
    database.write((tx) => put(tx, 'bob')),
  ])
  assert.deepEqual(
    works.map((work) => work.status),
    ['fulfilled', 'rejected', 'fulfilled'],
  )
  assert.deepEqual(names(database), ['ada', 'bob'])
  assert.equal(isCalled, false)
})

test('a work reads what it wrote, and an error it caught does not undo the rest of it', async () => {
  await using database = openDatabase({ path: ':memory:' })
  const seen = await database.write((tx) => {
    put(tx, 'ada')
    assert.throws(() => put(tx, 'ada'), /UNIQUE/)
    put(tx, 'bob')
    return [...tx.iterate<{ readonly name: string }>('select name from setting')].map((row) => row.name)
  })
  assert.deepEqual(seen, ['ada', 'bob'])
  assert.deepEqual(names(database), ['ada', 'bob'])
})

test('what was handed to afterCommit is called before the write resolves', async () => {
  await using database = openDatabase({ path: ':memory:' })
  const calls: string[] = []
  const write = database.write((tx) => {
    put(tx, 'ada')
    tx.afterCommit(() => calls.push(...names(database)))
  })
  await write.then(() => calls.push('resolved'))
  assert.deepEqual(calls, ['ada', 'resolved'])
})

test('a listener that throws after the commit is heard of, and keeps neither the others nor the write from being told', () => {
  const program = `
    import { openDatabase } from ${JSON.stringify(new URL('database.ts', import.meta.url).href)}
    process.on('uncaughtException', (error) => console.log(error.message))
    const database = openDatabase({ path: ':memory:' })
    await database.write((tx) => {
      tx.afterCommit(() => { throw new Error('a bug') })
      tx.afterCommit(() => console.log('second'))
    })
    console.log('resolved')
  `
  const { stdout } = runProgram(program)
  assert.deepEqual(stdout.trim().split('\n').toSorted(), ['a bug', 'resolved', 'second'])
})

test('values that SQLite would silently store as something else are refused, and the work undone', async () => {
  await using database = openDatabase({ path: ':memory:' })
  const bad: readonly unknown[] = [undefined, new Date(0), Number.NaN, Infinity, 2 ** 53, true, {}, 1n, Symbol('s')]
  for (const value of bad) {
    const write = database.write((tx) => {
      put(tx, 'ada')
      tx.run(insert, 'bob', value as SqlValue)
    })
    await assert.rejects(write, TypeError)
    assert.throws(() => database.get('select ?', value as SqlValue), TypeError)
  }
  assert.deepEqual(names(database), [])
})

test('a work that is asynchronous is refused, and nothing of it is kept', async () => {
  await using database = openDatabase({ path: ':memory:' })
  await assert.rejects(
    database.write(async (tx) => put(tx, 'ada')),
    /synchronous/,
  )
  assert.deepEqual(names(database), [])
})

test('a transaction cannot be used after its work returned', async () => {
  await using database = openDatabase({ path: ':memory:' })
  const kept = await database.write((tx) => tx)
  assert.throws(() => put(kept, 'ada'), /valid only until/)
  assert.throws(() => kept.get('select 1'), /valid only until/)
  assert.throws(() => kept.afterCommit(() => {}), /valid only until/)
})

test('a write soon shares commits with others, survives its process, and is fsynced with the next write', async (t) => {
  const path = join(makeFolder(t), 'a.sqlite')
  const program = `
    import { openDatabase } from ${JSON.stringify(new URL('database.ts', import.meta.url).href)}
    const database = openDatabase({ path: process.argv[1] })
    const put = (tx, name) => tx.run('insert into setting values (?, ?)', name, '')
    const mode = () => database.get('pragma synchronous').synchronous
    const modes = [mode()]
    await database.writeSoon((tx) => put(tx, 'ada'))
    modes.push(mode())
    await Promise.all([database.writeSoon((tx) => put(tx, 'bob')), database.write((tx) => put(tx, 'cy'))])
    modes.push(mode())
    await database.writeSoon((tx) => put(tx, 'dan'))
    process.getBuiltinModule('node:fs').writeSync(1, modes.join())
    process.kill(process.pid, 'SIGKILL')
  `
  assert.equal(runProgram(program, path).stdout, '2,1,2', '2 is full, 1 is normal')
  await using database = openDatabase({ path })
  assert.deepEqual(names(database), ['ada', 'bob', 'cy', 'dan'])
})

test('disposal commits what was handed in before, refuses what comes later, and may be repeated', async (t) => {
  const path = join(makeFolder(t), 'a.sqlite')
  const database = openDatabase({ path })
  const write = database.write((tx) => put(tx, 'ada'))
  await database[Symbol.asyncDispose]()
  await write
  await assert.rejects(
    database.write((tx) => put(tx, 'bob')),
    /closed/,
  )
  await database[Symbol.asyncDispose]()
  await using again = openDatabase({ path })
  assert.deepEqual(names(again), ['ada'])
})

test('more statements than are kept prepared all work', async () => {
  await using database = openDatabase({ path: ':memory:' })
  for (let n = 0; n < 600; n += 1) assert.equal(database.get<{ readonly n: number }>(`select ${n} as n`)?.n, n)
  assert.equal(database.get<{ readonly n: number }>('select 0 as n')?.n, 0)
})

test('the database is readable by its owner only', async (t) => {
  const path = join(makeFolder(t), 'a.sqlite')
  await using database = openDatabase({ path })
  await database.write((tx) => put(tx, 'ada'))
  for (const suffix of ['', '-wal', '-shm']) assert.equal(statSync(path + suffix).mode & 0o077, 0, suffix)
})

test('erased bytes are gone from the file once the log is folded in', async (t) => {
  const path = join(makeFolder(t), 'a.sqlite')
  const database = openDatabase({ path })
  await database.write((tx) => put(tx, 'secret', 'correct-horse-battery'.repeat(500)))
  await database.write((tx) => tx.run(`delete from setting where name = 'secret'`))
  await database[Symbol.asyncDispose]()
  const { stdout } = spawnSync('grep', ['-c', 'correct-horse', path], { encoding: 'utf8' })
  assert.equal(stdout.trim(), '0')
})

test('a home that runs can be read by others, who see what is committed and cannot write', async (t) => {
  const path = join(makeFolder(t), 'a.sqlite')
  await using database = openDatabase({ path })
  await database.write((tx) => put(tx, 'ada'))
  await using reader = openDatabase({ path, readOnly: true })
  assert.deepEqual(names(reader), ['ada'])
  await database.write((tx) => put(tx, 'bob'))
  assert.deepEqual(names(reader), ['ada', 'bob'])
  await assert.rejects(
    reader.write((tx) => put(tx, 'eve')),
    /readonly/,
  )
})

test('a second opening by one process leaves the locks of the first, which POSIX drops when any handle of the file is closed', async (t) => {
  if (!existsSync('/proc/locks')) return t.skip('needs /proc/locks')
  const path = join(makeFolder(t), 'a.sqlite')
  await using database = openDatabase({ path })
  await database.write((tx) => put(tx, 'ada'))
  const isLocked = (): boolean => readFileSync('/proc/locks', 'utf8').includes(`:${statSync(path).ino} `)
  assert.equal(isLocked(), true)
  await openDatabase({ path })[Symbol.asyncDispose]()
  assert.equal(isLocked(), true)
  return undefined
})

test('a place where no database can be is named', (t) => {
  assert.throws(() => openDatabase({ path: join(makeFolder(t), 'absent', 'a.sqlite') }), { code: 'DISK_ERROR', message: /absent/ })
})

test('a home that does not run can be read', async (t) => {
  const path = join(makeFolder(t), 'a.sqlite')
  const database = openDatabase({ path })
  await database.write((tx) => put(tx, 'ada'))
  await database[Symbol.asyncDispose]()
  await using reader = openDatabase({ path, readOnly: true })
  assert.deepEqual(names(reader), ['ada'])
})

test('reading only needs a database that is there and of this schema', (t) => {
  const path = join(makeFolder(t), 'a.sqlite')
  assert.throws(() => openDatabase({ path, readOnly: true }), { code: 'STORE_MISSING' })
  const old = new SqliteConnection(path)
  old.exec('create table t (a)')
  old.close()
  assert.throws(() => openDatabase({ path, readOnly: true }), { code: 'STORE_OLDER' })
})
