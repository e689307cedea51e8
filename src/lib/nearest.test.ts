import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findNearest } from './nearest.ts'

const verbs = ['start', 'status', 'stop', 'search', 'publish']

test('a swap, a missing, an extra and a wrong letter are all one edit', () => {
  assert.equal(findNearest('sarch', verbs), 'search')
  assert.equal(findNearest('saerch', verbs), 'search')
  assert.equal(findNearest('searchh', verbs), 'search')
  assert.equal(findNearest('stap', verbs), 'stop')
})

test('a word that nobody can have meant has no nearest', () => {
  assert.equal(findNearest('wibble', verbs), undefined)
  assert.equal(findNearest('', verbs), undefined)
  assert.equal(findNearest('s'.repeat(10_000), verbs), undefined)
})
