import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { zstdCompressSync } from 'node:zlib'
import { looksRandom } from './entropy.ts'

const length = 16_384

/** Bytes without a pattern that are the same in every run. */
function noise(byteLength: number): Uint8Array<ArrayBuffer> {
  const parts = Array.from({ length: byteLength / 32 }, (_, n) => createHash('sha256').update(`noise ${n}`).digest())
  return new Uint8Array(Buffer.concat(parts))
}

test('noise looks random, and zstd saves nothing of it', () => {
  assert.equal(looksRandom(noise(length)), true)
  assert.ok(zstdCompressSync(noise(length)).byteLength >= length)
})

test('what is compressed already looks random', () => {
  const packed = zstdCompressSync(Buffer.from(noise(length * 3)).toString('base64'))
  assert.equal(looksRandom(packed.subarray(1_024, 1_024 + length)), true)
})

test('text, zeros and noise in base64 do not look random', () => {
  assert.equal(looksRandom(Buffer.from('the law is remembered by one of them; '.repeat(500))), false)
  assert.equal(looksRandom(new Uint8Array(length)), false)
  assert.equal(looksRandom(Buffer.from(noise(length)).subarray(0, 12_288)), true)
  assert.equal(looksRandom(Buffer.from(Buffer.from(noise(12_288)).toString('base64'))), false)
})

test('noise that comes twice does not look random, though each value is as frequent', () => {
  const twice = new Uint8Array(length)
  twice.set(noise(length / 2))
  twice.set(noise(length / 2), length / 2)
  assert.equal(looksRandom(twice), false)
})

test('a tenth of zeros among noise does not look random', () => {
  const bytes = noise(length)
  bytes.fill(0, 4_096, 4_096 + 1_638)
  assert.equal(looksRandom(bytes), false)
})

test('nothing, and a few bytes, do not look random', () => {
  assert.equal(looksRandom(new Uint8Array(0)), false)
  assert.equal(looksRandom(noise(64)), false)
})
