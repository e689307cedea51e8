import assert from 'node:assert/strict'
import { test } from 'node:test'
import { anywhere, countOf, formatMatch, levelsFor, meetsFilter } from './match.ts'
import type { Choice } from './match.ts'

const none = { facets: [], barred: [] }

function choice(word: string, counts: Partial<Choice['counts']>): Choice {
  return { word, kind: 'exact', edits: 0, counts: { 5: 0, 4: 0, 3: 0, 2: 0, 1: 0, ...counts } }
}

const rust = [choice('rust', { 5: 2, 1: 3 }), choice('rusty', { 4: 1 })]
const web = [choice('web', { 3: 9 })]

test('only lists that have packages are asked for, each behind its hive', () => {
  assert.equal(
    formatMatch(7, { choices: [rust, web], level: anywhere, filter: none }),
    '("7_5rust" OR "7_1rust" OR "7_4rusty") AND "7_3web"',
  )
  assert.equal(formatMatch(7, { choices: [rust, web], level: { impacts: [5, 4], some: undefined }, filter: none }), undefined)
  assert.equal(
    formatMatch(7, { choices: [rust, web], level: { impacts: [5, 4, 3], some: [5, 4] }, filter: none }),
    '("7_5rust" OR "7_4rusty") AND "7_3web" AND ("7_5rust" OR "7_4rusty")',
  )
})

test('filters join words, and bar what they name', () => {
  const filter = { facets: [[['k_skill']], [['a_ada', 'a_l'], ['o_z6']]], barred: ['y_'] }
  assert.equal(
    formatMatch(1, { choices: [web], level: anywhere, filter }),
    '("1_3web" AND ("1_k_skill") AND (("1_a_ada" AND "1_a_l") OR ("1_o_z6"))) NOT "1_y_"',
  )
  assert.equal(formatMatch(1, { choices: [], level: anywhere, filter: { facets: [[]], barred: [] } }), undefined)
  assert.ok(meetsFilter(' 5x k_skill o_z6 ', filter))
  assert.equal(meetsFilter(' 5x k_skill o_z6 y_ ', filter), false)
  assert.equal(meetsFilter(' 5x k_skills o_z6 ', filter), false)
})

test('counts are those of all choices together', () => {
  assert.deepEqual([countOf(rust), countOf(web), countOf([])], [6, 9, 0])
})

test('levels go from names down to all there is', () => {
  assert.deepEqual(
    levelsFor(1).map((level) => level.impacts),
    [[5], [4], [3], [2], [1]],
  )
  const levels = levelsFor(2)
  assert.deepEqual(levels[0], { impacts: [5], some: undefined })
  assert.deepEqual(levels[2], { impacts: [5, 4, 3], some: [5, 4] })
  assert.deepEqual(levels.at(-1), anywhere)
})
