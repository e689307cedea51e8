import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { allowedEdits, deletesOf, nearnessOf } from './spelling.ts'

test('short words allow fewer edits', () => {
  assert.deepEqual(['ab', 'abc', 'abcde', 'abcdef'].map(allowedEdits), [0, 1, 1, 2])
})

test('edits are letters more, less or other, and swapped neighbours', () => {
  assert.deepEqual(
    ['review', 'reviwe', 'reviw', 'reeview', 'rexiew', 'rxvxew', 'review2go'].map((word) => nearnessOf('review', word)),
    [0, 1, 1, 1, 1, 2, undefined],
  )
  assert.equal(nearnessOf('abcd', 'abxy'), undefined)
})

test('what is left of a word has it whole and without letters of its beginning', () => {
  assert.deepEqual(deletesOf('ab'), ['ab'])
  assert.deepEqual(deletesOf('abc').toSorted(), ['ab', 'abc', 'ac', 'bc'])
  assert.equal(deletesOf('abcdefghij').length, 29)
  assert.deepEqual(deletesOf('abcdefghij'), deletesOf('abcdefgxyz'))
})

test('two words within as many edits as both allow share something that is left', () => {
  const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 3, maxLength: 9 })
  fc.assert(
    fc.property(word, word, (typed, meant) => {
      const edits = nearnessOf(typed, meant)
      if (edits === undefined || edits > Math.min(allowedEdits(typed), allowedEdits(meant))) return
      const left = new Set(deletesOf(meant))
      assert.ok(deletesOf(typed).some((piece) => left.has(piece)))
    }),
    { numRuns: 2_000 },
  )
})
