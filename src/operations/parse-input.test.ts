import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Fault } from '../lib/fault.ts'
import { defineOperation } from './define-operation.ts'
import { parseInput } from './parse-input.ts'

const search = defineOperation({
  name: 'shelf.search',
  summary: 'Search a shelf',
  input: {
    query: { type: 'texts', help: 'words', position: 'rest', max: 3 },
    limit: { type: 'integer', help: 'hits', default: 10, min: 1, max: 100 },
    kind: { type: 'text', help: 'kind', choices: ['skill', 'tool'], optional: true },
    ratio: { type: 'number', help: 'ratio', optional: true },
    deep: { type: 'flag', help: 'ask peers' },
    note: { type: 'text', help: 'note', optional: true, max: 5 },
    out: { type: 'text', help: 'a file', optional: true, isPath: true },
  },
  output: (z) => z.object({}),
  faults: [],
  isReadOnly: true,
  needsPeers: false,
  examples: [],
})

const refused: readonly (readonly [string, unknown, RegExp])[] = [
  ['a list instead of an object', [], /takes an object of inputs, not a list/],
  ['nothing', null, /takes an object of inputs, not null/],
  ['a missing input', {}, /needs "query": words/],
  ['an empty list', { query: [] }, /needs at least one "query"/],
  ['too many texts', { query: ['a', 'b', 'c', 'd'] }, /takes at most 3 of "query", not 4/],
  ['an unknown input', { query: ['a'], limt: 3 }, /knows no input "limt"\. Did you mean "limit"\?/],
  ['an unknown input like none of ours', { query: ['a'], zzzzzz: 3 }, /It takes query, limit/],
  ['a number as text', { query: ['a'], limit: '3' }, /takes a whole number as "limit", not "3"/],
  ['a fraction', { query: ['a'], limit: 1.5 }, /takes a whole number below 2\^53/],
  ['a huge number', { query: ['a'], limit: 1e300 }, /takes a whole number below 2\^53/],
  ['a number out of range', { query: ['a'], limit: 0 }, /takes 1 to 100 as "limit", not 0/],
  ['infinity', { query: ['a'], ratio: Number.POSITIVE_INFINITY }, /takes a number as "ratio"/],
  ['text as a flag', { query: ['a'], deep: 'yes' }, /takes true or false as "deep", not "yes"/],
  ['another choice', { query: ['a'], kind: 'skil' }, /takes skill, tool as "kind", not "skil"\. Did you mean skill\?/],
  ['text that is too long', { query: ['a'], note: 'abcdef' }, /takes at most 5 characters as "note", not 6/],
  ['S30: a lone surrogate', { query: ['\uD800'] }, /takes plain Unicode text/],
  ['S30: a NUL', { query: ['a\0b'] }, /without NUL/],
  ['an object in a list', { query: [{}] }, /takes text as "query", not an object/],
  ['a relative path', { query: ['a'], out: 'x.txt' }, /takes an absolute path as "out", not "x\.txt"/],
]

for (const [what, input, expected] of refused) {
  test(`${what} is refused with what is allowed`, () => {
    assert.throws(
      () => parseInput(search, input),
      (error) => {
        assert.ok(error instanceof Fault)
        assert.equal(error.code, 'INPUT_INVALID')
        assert.match(error.message, expected)
        return true
      },
    )
  })
}

test('defaults are filled in, flags are false, lists keep their order, and what is absent stays absent', () => {
  assert.deepEqual(parseInput(search, { query: ['rust', 'web'] }), { query: ['rust', 'web'], limit: 10, deep: false })
})

test('null is taken as not given', () => {
  assert.deepEqual(parseInput(search, { query: ['a'], limit: null, kind: null }), { query: ['a'], limit: 10, deep: false })
})

test('S30: __proto__, constructor and toString are unknown inputs, and Object.prototype stays as it was', () => {
  const bomb: unknown = JSON.parse('{"query": ["a"], "__proto__": {"isAdmin": true}}')
  assert.throws(() => parseInput(search, bomb), /knows no input "__proto__"/)
  assert.throws(() => parseInput(search, { query: ['a'], constructor: 1 }), /knows no input "constructor"/)
  assert.equal(Object.hasOwn(Object.prototype, 'isAdmin'), false)
})

test('S28: what came is said back only in part, so that a misplaced secret does not fill a log', () => {
  const secret = 'k'.repeat(4000)
  assert.throws(
    () => parseInput(search, { query: ['a'], kind: secret }),
    (error) => error instanceof Error && error.message.length < 200,
  )
})

test('S30: whatever JSON comes, the answer is a parsed input or a typed fault', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      try {
        const parsed = parseInput(search, value)
        assert.ok(Array.isArray(parsed['query']))
      } catch (error) {
        assert.ok(error instanceof Fault && error.code === 'INPUT_INVALID')
      }
    }),
  )
})
