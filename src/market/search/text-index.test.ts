import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { HiveId } from '../../journal/entry.ts'
import { testHive } from '../../journal/testing/bench-of-peers.ts'
import type { Chance } from '../../lib/chance.ts'
import { createSeededChance } from '../../lib/chance.ts'
import { createCid, dagCborCodec } from '../../lib/cid.ts'
import type { Database } from '../../store/database.ts'
import { openShelf, shelve } from '../testing/shelf.ts'
import type { Shelved } from '../testing/shelf.ts'
import { countTexts, removeText, resetText } from './text-index.ts'

const other = createCid(dagCborCodec, new Uint8Array([7])) as HiveId
const vocabulary = 'rust web agent code review data graph cli python sparql template reviewer webs gent'.split(' ')

function draw(chance: Chance): Shelved {
  const word = (): string => vocabulary[Math.floor(chance.fraction() * vocabulary.length)] ?? ''
  const words = (most: number): readonly string[] => Array.from({ length: Math.floor(chance.fraction() * (most + 1)) }, word)
  const name = `${word()}-${word()}`
  return {
    name,
    hive: chance.fraction() < 0.3 ? other : testHive,
    description: `x ${words(30).join(' ')}`,
    keywords: words(3),
    at: Math.floor(chance.fraction() * 1e8),
    isYanked: chance.fraction() < 0.1,
  }
}

/** What the tables of words say, without the numbers of rows. */
function describe(database: Database): unknown {
  const counted = database.all(
    `select h.hive, w.word, impact5, impact4, impact3, impact2, impact1, spelling is null as plain, s.word as spelled
     from search_word w join search_hive h on h.number = w.hive left join search_spelling s on s.id = w.spelling order by h.hive, w.word`,
  )
  const spellings = database.get('select count(*) as n from search_spelling')
  return JSON.stringify([counted, spellings, database.all('select hive, packages from search_hive where packages > 0 order by hive')])
}

test('an index that packages came into, changed in and left answers as one that is built from what is left', async () => {
  for (const seed of [1, 2, 3]) {
    const chance = createSeededChance(seed)
    await using grown = openShelf()
    const shelved = new Map<string, Shelved>()
    for (let step = 0; step < 150; step += 1) {
      const drawn = draw(chance)
      const key = `${drawn.hive}/${drawn.name}`
      const isRemoved = chance.fraction() < 0.25
      await grown.database.write((tx) => {
        const id = shelve(tx, drawn)
        if (!isRemoved) return
        removeText(tx, id)
        tx.run('delete from package where id = ?', id)
      })
      if (isRemoved) shelved.delete(key)
      else shelved.set(key, drawn)
    }
    await using built = openShelf()
    for (const each of shelved.values()) await built.database.write((tx) => shelve(tx, each))
    assert.equal(describe(grown.database), describe(built.database), `seed ${seed}`)
    for (const hive of [testHive, other])
      for (const text of ['', ...vocabulary, 'rust web', 'reviw', 'agnet code', 'we'])
        for (const asked of [{}, { isFuzzy: true }, { yanked: true, limit: 50 }])
          assert.deepEqual(grown.find(text, { hive, ...asked }), built.find(text, { hive, ...asked }), `"${text}", seed ${seed}`)
  }
})

test('a hive that is emptied leaves nothing, and nothing of another goes', async () => {
  await using shelf = openShelf()
  await shelf.put({ name: 'rust-web', hive: other }, { name: 'rust-cli' })
  await shelf.database.write((tx) => resetText(tx, testHive))
  assert.deepEqual([countTexts(shelf.database, testHive), countTexts(shelf.database, other)], [0, 1])
  assert.deepEqual(shelf.find('rust', { hive: other }), ['rust-web'])
  assert.deepEqual(shelf.find('rsut', { hive: other }), ['rust-web'])
  await shelf.database.write((tx) => resetText(tx, other))
  for (const table of ['search_document', 'search_word', 'search_spelling', 'search_term_idx', 'search_piece_idx'])
    assert.equal(shelf.database.get<{ n: number }>(`select count(*) as n from ${table}`)?.n, 0, table)
})

test('what is no part of the index can be taken out, and the same put again, without a trace', async () => {
  await using shelf = openShelf()
  await shelf.put({ name: 'rust-web' })
  const before = describe(shelf.database)
  await shelf.database.write((tx) => {
    removeText(tx, 99)
    resetText(tx, other)
  })
  await shelf.put({ name: 'rust-web' })
  assert.equal(describe(shelf.database), before)
})
