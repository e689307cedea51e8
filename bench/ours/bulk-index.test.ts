import assert from 'node:assert/strict'
import { test } from 'node:test'
import { putText } from '../../src/market/search/text-index.ts'
import type { Database } from '../../src/store/database.ts'
import { openDatabase } from '../../src/store/database.ts'
import { createCorpus } from '../harness/corpus.ts'
import { fillIndex } from './bulk-index.ts'
import { toPackage } from './search-index.ts'

/** What of the index does not depend on the order in which words came. */
function tablesOf(database: Database): unknown {
  return [
    'select * from search_hive',
    'select * from search_document order by id',
    'select hive, word, impact5, impact4, impact3, impact2, impact1, spelling is null as is_spelt from search_word order by word',
    'select hive, word from search_spelling order by word',
    `select rowid from search_term where search_term match '1_5agent' order by rowid`,
    `select word from search_piece join search_spelling on id = search_piece.rowid where search_piece match '1_agen' order by word`,
  ].map((sql) => database.all(sql))
}

test('an index that was filled in bulk is the one that packages make one by one', async () => {
  await using one = openDatabase({ path: ':memory:' })
  await using bulk = openDatabase({ path: ':memory:' })
  const packages = [...createCorpus(400, 3)].map(toPackage)
  await one.write((tx) => packages.forEach(({ id, ...searched }) => putText(tx, id, searched)))
  await fillIndex(bulk, packages, () => {})
  assert.deepEqual(tablesOf(bulk), tablesOf(one))
})
