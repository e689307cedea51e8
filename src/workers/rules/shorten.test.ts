import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cutEnd, cutMiddle, cutStart } from './shorten.ts'

test('what is short enough stays as it is', () => {
  assert.equal(cutEnd('a b', 3), 'a b')
  assert.equal(cutMiddle('a b', 3), 'a b')
  assert.equal(cutStart('a b', 3), 'a b')
})

test('S28: a cut falls between words, and no half of a key is left', () => {
  assert.equal(cutStart('KEY=canary-4711 is set', 14), 'is set')
  assert.equal(cutEnd('set KEY=canary-4711', 12), 'set')
  assert.equal(cutMiddle('one canary-4711 two three canary-4712 four', 24), 'one\n(35 characters left out)\nfour')
})

test('a text of one long word is cut where it must be', () => {
  assert.equal(cutEnd('x'.repeat(1_000), 400).length, 400)
  assert.equal(cutMiddle('x'.repeat(1_000), 400), `${'x'.repeat(200)}\n(600 characters left out)\n${'x'.repeat(200)}`)
})
