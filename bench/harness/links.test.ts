import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLinks } from './links.ts'

test('links are the same every time, each pair once, and as many as asked for', () => {
  const links = createLinks(30, 10)
  assert.deepEqual(createLinks(30, 10), links)
  assert.equal(links.length, 150)
  assert.equal(new Set(links.map(([from, to]) => [from, to].toSorted((a, b) => a - b).join(' '))).size, 150)
})

test('a few nodes are all linked to each other when the degree asks for more', () => {
  assert.equal(createLinks(4, 10).length, 6)
})
