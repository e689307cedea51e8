import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { nodeOf } from '../../journal/testing/bench-of-peers.ts'
import { editDistance } from '../../lib/nearest.ts'
import { ownerOf } from '../testing/stand.ts'
import { chooseDeprecation } from './deprecations.ts'
import { piecesNear, piecesOf } from './name-pieces.ts'
import { parseTag } from './tags.ts'
import type { SaidWord } from './words.ts'

test('a tag is a short name that begins with a letter and means nothing else', () => {
  for (const tag of ['next', 'beta', 'lts-2', 'a.b_c', 'r', 'a'.repeat(32)]) assert.equal(parseTag(tag), tag)
  for (const text of ['latest', 'x', 'v1', 'x.x', '', '1', 'Next', '-a', 'a b', 'a'.repeat(33), 'ä', '^1', '__proto__'])
    assert.equal(parseTag(text), undefined, text)
})

test('of several deprecations whose ranges have a version the latest revision is shown, then the lower range', () => {
  const word = (value: string | null, revision: number): SaidWord => ({
    ...{ node: nodeOf('ada'), author: ownerOf('ada'), incarnation: 1, seq: 1, at: 0 },
    revision,
    value,
  })
  assert.equal(
    chooseDeprecation('1.2.0', [
      ['*', word('all', 1)],
      ['^1', word('ones', 2)],
    ]),
    'ones',
  )
  assert.equal(
    chooseDeprecation('1.2.0', [
      ['^1', word('ones', 1)],
      ['*', word('all', 1)],
    ]),
    'all',
  )
  assert.equal(chooseDeprecation('2.0.0', [['^1', word('ones', 2)]]), undefined)
  assert.equal(chooseDeprecation('1.0.0', [['*', word(null, 2)]]), undefined)
  assert.equal(chooseDeprecation('2.0.0-rc.1', [['*', word('all', 1)]]), 'all')
})

test('S8: names within two edits of each other always share a piece', () => {
  const letter = fc.constantFrom('a', 'b', 'c', '-')
  const name = fc.string({ unit: letter, minLength: 1, maxLength: 12 })
  fc.assert(
    fc.property(name, fc.array(fc.tuple(fc.nat(12), letter, fc.nat(3)), { maxLength: 2 }), (text, edits) => {
      const other = edits.reduce((current, [at, by, how]) => edit(current, { at: at % (current.length + 1), by, how }), text)
      if (other === '' || editDistance(text, other) > 2) return
      const near = piecesNear(text)
      assert.ok(
        piecesOf(other).some((piece) => near.has(piece)),
        `${text} ${other}`,
      )
    }),
    { numRuns: 2_000 },
  )
})

function edit(text: string, { at, by, how }: { readonly at: number; readonly by: string; readonly how: number }): string {
  if (how === 0) return text.slice(0, at) + by + text.slice(at)
  if (how === 1) return text.slice(0, at) + text.slice(at + 1)
  if (how === 2) return text.slice(0, at) + by + text.slice(at + 1)
  return text.slice(0, at) + text.slice(at + 1, at + 2) + text.slice(at, at + 1) + text.slice(at + 2)
}
