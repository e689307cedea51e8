import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openDatabase } from '../../store/database.ts'
import { createAccessLog } from './access-log.ts'

test('requests to forges are kept, the newest ten thousand of them', async () => {
  await using database = openDatabase({ path: ':memory:' })
  const log = createAccessLog(database)
  const access = { at: 1, forge: 'git.example.org', method: 'GET', path: `/${'a'.repeat(600)}`, status: 200, ms: 3 }
  for (let count = 1; count <= 10_002; count++) log.note({ ...access, at: count })
  await database.write(() => {})
  assert.deepEqual(log.list(1), [{ ...access, at: 10_002, path: `/${'a'.repeat(499)}` }])
  assert.equal(log.list(20_000).length, 10_000)
})
