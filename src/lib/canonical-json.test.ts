import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatCanonicalJson } from './canonical-json.ts'

test('keys stand in the order of their UTF-16 code units, at every depth, without a space', () => {
  const value = { '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\ud83d\ude00': 5, '\u0080': 6, '\u00f6': [{ b: null, a: true }] }
  assert.equal(
    formatCanonicalJson(value),
    '{"\\r":2,"1":4,"\u0080":6,"\u00f6":[{"a":true,"b":null}],"\u20ac":1,"\ud83d\ude00":5,"\ufb33":3}',
  )
})

test('numbers and texts are spelt as RFC 8785 spells them', () => {
  assert.equal(formatCanonicalJson([1e30, 4.5, 2e-3, -0, 1e-27]), '[1e+30,4.5,0.002,0,1e-27]')
  assert.equal(formatCanonicalJson('\u20ac$\u000f\nA\'B"\\/'), String.raw`"€$\u000f\nA'B\"\\/"`)
})

test('S30: half a surrogate pair and numbers that JSON cannot say are refused', () => {
  for (const value of ['\ud800', { '\ud800': 1 }, Number.NaN, Number.POSITIVE_INFINITY])
    assert.throws(() => formatCanonicalJson(value), TypeError)
})
