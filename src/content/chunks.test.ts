import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { encodeCanonical } from '../lib/canonical.ts'
import { createCid, dagCborCodec, hashBytes, linkOfCid, linkOfDigest, rawCodec } from '../lib/cid.ts'
import { chunkBytes, chunkCount, chunkLength, cutChunks, encodeChunkList, maxChunks, parseChunkList } from './chunks.ts'

interface ContentVector {
  readonly name: string
  readonly size: number
  readonly cid: string
  readonly root: string | null
}

const vectors = JSON.parse(readFileSync(new URL('../../test/vectors/content.json', import.meta.url), 'utf8')) as {
  readonly contents: readonly ContentVector[]
  readonly badLists: readonly { readonly name: string; readonly bytes: string }[]
}

/** Byte `i` is `i mod 251`, as the vectors say. */
function pattern(size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, index) => index % 251)
}

async function cut(bytes: Uint8Array, pieceBytes: number): Promise<Uint8Array[]> {
  const pieces = Array.from({ length: Math.ceil(bytes.byteLength / pieceBytes) }, (_, index) =>
    bytes.subarray(index * pieceBytes, (index + 1) * pieceBytes),
  )
  return await Array.fromAsync(cutChunks(pieces))
}

for (const { name, size, cid, root } of vectors.contents) {
  test(`the vector "${name}" has its CID`, async () => {
    const chunks = await cut(pattern(size), 70_001)
    const digests = Buffer.concat(chunks.map(hashBytes))
    const list = root === null ? undefined : encodeChunkList({ size, digests })
    assert.equal(list === undefined ? createCid(rawCodec, chunks[0] ?? new Uint8Array()) : createCid(dagCborCodec, list), cid)
    if (list === undefined) return
    assert.equal(Buffer.from(list).toString('hex'), root)
    assert.deepEqual(parseChunkList(list), { size, digests: new Uint8Array(digests) })
  })
}

for (const { name, bytes } of vectors.badLists) {
  test(`S30: a list block is refused: ${name}`, () => {
    assert.equal(parseChunkList(new Uint8Array(Buffer.from(bytes, 'hex'))), undefined)
  })
}

test('S30: a list of more chunks than allowed is refused, the longest allowed one is shorter than a chunk', () => {
  const longest = encodeChunkList({ size: maxChunks * chunkBytes, digests: new Uint8Array(maxChunks * 32) })
  assert.equal(longest.byteLength, 1_007_644)
  assert.equal(parseChunkList(longest)?.size, 25_769_803_776)
  const size = (maxChunks + 1) * chunkBytes
  assert.equal(parseChunkList(encodeChunkList({ size, digests: new Uint8Array((maxChunks + 1) * 32) })), undefined)
})

test('S30: a list that names a list is refused, so lists are neither nested nor cyclic', () => {
  const list = linkOfCid(createCid(dagCborCodec, encodeCanonical({ v: 1 })))
  const chunk = linkOfDigest(rawCodec, new Uint8Array(32))
  assert.equal(parseChunkList(encodeCanonical({ v: 1, size: chunkBytes + 1, chunks: [chunk, list] })), undefined)
})

test('S30: bytes that are no CBOR, not canonical, or of strange types are refused, and Object.prototype stays as it is', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => parseChunkList(bytes) === undefined))
  const polluted = encodeCanonical(JSON.parse('{"v":1,"size":2,"__proto__":{"size":2097152}}'))
  assert.equal(parseChunkList(polluted), undefined)
  assert.equal(parseChunkList(new Uint8Array(200_000).fill(0x81)), undefined)
  assert.equal('size' in {}, false)
})

test('chunks join to what was cut, and all but the last are full, however the stream is cut', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 3 * chunkBytes }), fc.integer({ min: 40_000, max: 2 * chunkBytes }), async (size, piece) => {
      const bytes = pattern(size)
      const chunks = await cut(bytes, piece)
      assert.ok(Buffer.concat(chunks).equals(bytes))
      const lengths = Array.from({ length: Math.max(1, chunkCount(size)) }, (_, index) => chunkLength(size, index))
      assert.deepEqual(
        chunks.map((chunk) => chunk.byteLength),
        lengths,
      )
    }),
    { numRuns: 12 },
  )
})
