import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createBitmap, hasBit, setBit } from './bitmap.ts'

test('a bitmap says what it was told, with the lowest bit of the first byte first', () => {
  const bits = createBitmap(10, (index) => index === 0 || index === 9)
  assert.deepEqual(bits, Uint8Array.of(1, 2))
  assert.deepEqual(
    [0, 1, 8, 9].map((index) => hasBit(bits, index)),
    [true, false, false, true],
  )
})

test('bits can be taken back, and past the end there are none', () => {
  const bits = createBitmap(8, () => true)
  setBit(bits, 3, false)
  assert.deepEqual(bits, Uint8Array.of(0b1111_0111))
  assert.equal(hasBit(bits, 8), false)
  assert.equal(hasBit(new Uint8Array(), 0), false)
})
