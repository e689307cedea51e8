import assert from 'node:assert/strict'
import { test } from 'node:test'
import { splitName, splitWords, weighWords } from './words.ts'

test('words are letters and digits, without case and accents', () => {
  assert.deepEqual(splitWords('Überprüfung (re-View) ﬁle №5 日本語 x\u0301'), ['uberprufung', 're', 'view', 'file', 'no5', '日本語', 'x'])
  assert.deepEqual(splitWords('Straße ŁÓDŹ'), ['straße', 'łodz'])
  assert.deepEqual(splitWords(' -- \0 😀 '), [])
})

test('a word that is too long keeps its beginning, cut between characters', () => {
  assert.equal(splitWords('x'.repeat(100))[0]?.length, 64)
  const [word] = splitWords(`x${'𠀀'.repeat(60)}`)
  assert.ok(word?.isWellFormed())
  assert.equal(word?.length, 63)
})

test('names part at their signs, and where letters meet digits', () => {
  assert.deepEqual(splitName('rust-web_api.v2'), ['rust', 'web', 'api', 'v2', 'v', '2'])
  assert.deepEqual(splitName('word2vec'), ['word2vec', 'word', '2', 'vec'])
  assert.deepEqual(splitName('sector-8020'), ['sector', '8020'])
})

test('a word weighs what its best place weighs', () => {
  const text = {
    name: 'code-review',
    kind: 'skill',
    category: 'Dev Tools',
    keywords: ['review', 'git'],
    description: `reads git changes ${'and '.repeat(22)}late`,
  }
  const words = weighWords(text)
  assert.deepEqual(
    ['code', 'review', 'reads', 'git', 'dev', 'tools', 'skill', 'late'].map((word) => words.get(word)),
    [5, 5, 3, 3, 2, 2, 2, 1],
  )
  assert.equal(weighWords({ ...text, name: 'a-code-review' }).get('code'), 4)
})

test('words of a package are bounded, names first', () => {
  const description = Array.from({ length: 2_000 }, (_, index) => `w${index}`).join(' ')
  const words = weighWords({ name: 'x', kind: 'tool', category: null, keywords: [], description })
  assert.equal(words.size, 512)
  assert.equal(words.get('x'), 5)
})
