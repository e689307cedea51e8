import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { packBlock, packBlockSoon, unpackBlock } from './block-encoding.ts'

const text = new Uint8Array(Buffer.alloc(1_048_576, 'with law shall the land be built '))
const noise = new Uint8Array(randomBytes(1_048_576))

for (const [name, pack] of Object.entries({ packBlock, packBlockSoon })) {
  test(`${name}: what shrinks is compressed and comes back, what does not stays as it is`, async () => {
    const packed = await pack(text)
    assert.equal(packed.encoding, 'zstd')
    assert.ok(packed.packed.byteLength < 10_000)
    assert.deepEqual(await unpackBlock('zstd', packed.packed), text)
    assert.deepEqual(await pack(noise), { encoding: 'raw', packed: noise })
    assert.equal((await pack(new Uint8Array())).encoding, 'raw')
  })
}

test('a block whose samples are noise is left for optimize, which tries all of it', async () => {
  const mixed = text.slice()
  const step = Math.floor((mixed.byteLength - 16_384) / 3)
  for (let index = 0; index < 4; index += 1) mixed.set(randomBytes(16_384), index * step)
  assert.equal((await packBlockSoon(mixed)).encoding, 'raw')
  assert.equal((await packBlock(mixed)).encoding, 'zstd')
})

test('a block of which one sample is text is tried whole', async () => {
  const mixed = noise.slice()
  mixed.set(text.subarray(0, 400_000), 200_000)
  assert.equal((await packBlockSoon(mixed)).encoding, 'zstd')
})

test('S30: a short file that unpacks to more than a block is refused', async () => {
  const { packed } = await packBlock(new Uint8Array(4 * 1_048_576 + 1))
  assert.equal(await unpackBlock('zstd', packed), undefined)
})
