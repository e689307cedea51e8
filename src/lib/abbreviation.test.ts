import assert from 'node:assert/strict'
import { test } from 'node:test'
import { abbreviate, findNamed, formatChoices } from './abbreviation.ts'

const things = [
  { item: 1, id: '12D3KooWAda1', names: ['desk'] },
  { item: 2, id: '12D3KooWAda2', names: ['laptop'] },
  { item: 3, id: '12D3KooWBob', names: ['laptop', 'desktop'] },
  { item: 4, id: '12D3', names: [] },
]

test('a thing is named by its id, by the beginning of it that no other shares, and by a name', () => {
  assert.deepEqual(findNamed('12D3KooWAda2', things), { match: 'one', item: 2 })
  assert.deepEqual(findNamed('12D3KooWB', things), { match: 'one', item: 3 })
  assert.deepEqual(findNamed('desk', things), { match: 'one', item: 1 })
})

test('a whole id is meant even where others begin with it', () => {
  assert.deepEqual(findNamed('12D3', things), { match: 'one', item: 4 })
})

test('a beginning or a name that several share is not guessed', () => {
  for (const [text, items] of [
    ['12D3KooWA', [1, 2]],
    ['laptop', [2, 3]],
  ] as const) {
    const naming = findNamed(text, things)
    assert.deepEqual(naming.match === 'several' && naming.found.map(({ item }) => item), items)
  }
})

test('a thing that is listed twice is one', () => {
  assert.deepEqual(findNamed('desk', [...things, ...things]), { match: 'one', item: 1 })
})

test('the beginning of a name, three characters of an id, and nothing name nothing', () => {
  for (const text of ['des', '12D', '']) assert.deepEqual(findNamed(text, things), { match: 'none' })
})

test('those to choose from are shown by name and id, a few of many', () => {
  assert.equal(formatChoices(things.slice(0, 2)), 'desk 12D3KooWAda1, laptop 12D3KooWAda2')
  const many = Array.from({ length: 10 }, (_, index) => ({ item: index, id: `id${index}`, names: [] }))
  assert.match(formatChoices(many), /id7, 2 more$/)
})

test('a short id of a peer keeps six characters of its own', () => {
  assert.equal(abbreviate('12D3KooWRkZhiRhsqmrQ28rt73K7V3aCBpqKrLGSXmZ99PTcTZby'), '12D3KooWRkZhiR')
})
