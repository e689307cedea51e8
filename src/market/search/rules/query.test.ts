import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseTextQuery } from './query.ts'

test('words are different ones, and names the ways in which they could be joined', () => {
  assert.deepEqual(parseTextQuery(' Rust-web rust'), {
    words: ['rust', 'web'],
    names: ['rust-web rust', 'rust-web-rust', 'rustwebrust', 'rust_web_rust', 'rust.web.rust'],
  })
})

test('S26: nothing but letters and digits is left of a query', () => {
  const query = parseTextQuery('name:x" OR NOT (a NEAR b) ^c * -- ; drop table \0 \ud800')
  for (const word of query?.words ?? []) assert.match(word, /^[\p{L}\p{N}]+$/u)
  assert.deepEqual(query?.words, ['name', 'x', 'or', 'not', 'a', 'near', 'b', 'c', 'drop', 'table'])
})

test('a query without a word is none', () => {
  assert.equal(parseTextQuery(''), undefined)
  assert.equal(parseTextQuery('"* -- ()'), undefined)
})

test('words are bounded in number and length, and so are names', () => {
  const query = parseTextQuery(Array.from({ length: 100 }, (_, index) => `w${index}`).join(' '))
  assert.equal(query?.words.length, 16)
  assert.deepEqual(query.names, [])
  assert.equal(parseTextQuery('x'.repeat(5_000))?.words[0]?.length, 64)
  assert.deepEqual(parseTextQuery(`${'x '.repeat(512)}late`)?.words, ['x'])
})
