import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseTextQuery } from './query.ts'

test('words become quoted beginnings', () => {
  assert.deepEqual(parseTextQuery('rust-web Rust'), { words: ['rust', 'web'], all: '"rust"* AND "web"*', any: '"rust"* OR "web"*' })
})

test('S26: nothing of the query language of FTS5 comes through', () => {
  const query = parseTextQuery('name:x" OR NOT (a NEAR b) ^c * -- ; drop table')
  assert.match(query?.all ?? '', /^(?:"[\p{L}\p{N}\p{M}]+"\*(?: AND )?)+$/u)
})

test('a query without a word is none', () => {
  assert.equal(parseTextQuery(''), undefined)
  assert.equal(parseTextQuery('"* -- ()'), undefined)
})

test('words are bounded in number and length', () => {
  const query = parseTextQuery(Array.from({ length: 100 }, (_, index) => `w${index}`).join(' '))
  assert.equal(query?.words.length, 16)
  assert.equal(parseTextQuery('x'.repeat(5_000))?.words[0]?.length, 64)
})
