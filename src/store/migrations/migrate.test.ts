import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { openDatabase } from '../database.ts'
import { makeFolder } from '../scratch.fixture.ts'
import { SqliteConnection } from '../sqlite.ts'
import { migrate, schemaVersion } from './migrate.ts'

const fixtures = new URL('../../../test/fixtures/schemas/', import.meta.url)
/** The newest schema that a release went out with: that of 0.1.0. Later ones are still being written. */
const newestReleased = 1
const fixtureNames = readdirSync(fixtures).filter((name) => name.endsWith('.sql'))

const steps = [
  'create table saga (name text) -- no semicolon, a comment',
  `alter table saga add column year integer; update saga set year = 930`,
]

const tablesOf = (connection: SqliteConnection): unknown[] =>
  connection
    .prepare(`select sql from sqlite_schema where type = 'table'`)
    .all()
    .map((row) => row['sql'])
const versionOf = (connection: SqliteConnection): unknown => connection.prepare('pragma user_version').get()?.['user_version']

test('a database goes through every step it has not had, and through none twice', () => {
  const connection = new SqliteConnection(':memory:')
  migrate(connection, ':memory:', steps.slice(0, 1))
  assert.equal(versionOf(connection), 1)
  connection.exec(`insert into saga values ('Njal')`)
  for (let times = 0; times < 2; times += 1) migrate(connection, ':memory:', steps)
  assert.equal(versionOf(connection), 2)
  assert.deepEqual({ ...connection.prepare('select name, year from saga').get() }, { name: 'Njal', year: 930 })
})

test('a step that fails half-way leaves the database whole at the step before', () => {
  const connection = new SqliteConnection(':memory:')
  migrate(connection, ':memory:', steps)
  const before = tablesOf(connection)
  assert.throws(() => migrate(connection, ':memory:', [...steps, 'create table half (a); create table saga (b)']), /already exists/)
  assert.equal(versionOf(connection), 2)
  assert.deepEqual(tablesOf(connection), before)
  assert.equal(connection.isTransaction, false)
})

test('F34: there is a database of every released schema to try', () => {
  assert.ok(schemaVersion >= newestReleased)
  const expected = Array.from({ length: newestReleased + 1 }, (_, version) => `${String(version).padStart(4, '0')}.sql`)
  for (const name of expected) assert.ok(fixtureNames.includes(name), `test/fixtures/schemas/${name} is missing`)
})

for (const name of fixtureNames) {
  test(`F34: a database of the released schema ${name} opens, keeps its rows, and has the tables of a fresh one`, async (t) => {
    const path = join(makeFolder(t), 'a.sqlite')
    const old = new SqliteConnection(path)
    old.exec(readFileSync(new URL(name, fixtures), 'utf8'))
    const rows = countSettings(old)
    old.close()
    await using migrated = openDatabase({ path })
    await using fresh = openDatabase({ path: ':memory:' })
    const schema = 'select type, name, tbl_name from sqlite_schema order by name'
    assert.deepEqual(migrated.all(schema), fresh.all(schema))
    assert.equal(migrated.get('select count(*) as count from setting')?.['count'], rows)
    assert.deepEqual(migrated.checkIntegrity(), [])
  })
}

function countSettings(connection: SqliteConnection): unknown {
  const isThere = connection.prepare(`select 1 from sqlite_schema where name = 'setting'`).get() !== undefined
  return isThere ? connection.prepare('select count(*) as count from setting').get()?.['count'] : 0
}
