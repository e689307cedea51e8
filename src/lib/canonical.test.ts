import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeCanonical, encodeCanonical } from './canonical.ts'

const maxBytes = 100_000

function read(hex: string): { readonly value: unknown } | undefined {
  return decodeCanonical(new Uint8Array(Buffer.from(hex, 'hex')), { maxBytes })
}

test('what is written is read, and is the same bytes again', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 8 }), (value) => {
      const bytes = encodeCanonical(value)
      const decoded = decodeCanonical(bytes, { maxBytes: bytes.byteLength })
      assert.ok(decoded !== undefined && Buffer.compare(encodeCanonical(decoded.value), bytes) === 0)
    }),
  )
})

for (const [what, hex] of [
  ['keys in another order', 'a2616201616101'],
  ['longer keys before shorter ones', 'a262616101616201'],
  ['a key twice', 'a2616101616102'],
  ['a number in more bytes than it needs', '1801'],
  ['a length in more bytes than it needs', '780161'],
  ['a list without a length', '9f01ff'],
  ['a float of half the width', 'f93e00'],
  ['not a number', 'fb7ff8000000000000'],
  ['an undefined', 'f7'],
  ['a tag that is none of ours', 'c101'],
  ['bytes after the end', '0101'],
  ['nothing', ''],
  ['a text that is not UTF-8', '61ff'],
] as const) {
  test(`S5: ${what} is not canonical`, () => {
    assert.equal(read(hex), undefined)
  })
}

test('S30: too many bytes, or levels, are refused', () => {
  const nest = (levels: number): Uint8Array => encodeCanonical(Array.from({ length: levels }).reduce((inner) => [inner], 0))
  assert.ok(decodeCanonical(nest(5), { maxBytes, maxDepth: 5 }) !== undefined)
  assert.ok(decodeCanonical(nest(6), { maxBytes, maxDepth: 5 }) === undefined)
  assert.ok(decodeCanonical(encodeCanonical('ten bytes'), { maxBytes: 10 }) !== undefined)
  assert.ok(decodeCanonical(encodeCanonical('ten bytes'), { maxBytes: 9 }) === undefined)
})

test('S30: bombs of depth and of claimed length are refused, and Object.prototype stays as it is', () => {
  const deep = new Uint8Array(maxBytes).fill(0x81)
  const wide = Uint8Array.of(0x9b, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff)
  for (const bomb of [deep, wide]) assert.ok(decodeCanonical(bomb, { maxBytes }) === undefined)
  assert.equal(Object.keys(Object.prototype).length, 0)
})
