import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hashBytes } from '../lib/cid.ts'
import { createVirtualClock } from '../lib/virtual-clock.ts'
import type { VirtualClock } from '../lib/virtual-clock.ts'
import { maxBlockBytes } from './block-encoding.ts'
import type { BlobStore } from './blobs.ts'

export type OpenBlobs = (deps: { readonly clock: VirtualClock }, options: { readonly maxDiskBytes: number }) => Promise<BlobStore>

/** Some bytes that do not compress, the same for the same seed. */
export function makeNoise(length: number, seed: number): Uint8Array {
  const parts: Uint8Array[] = []
  for (let n = 0; n * 32 < length; n += 1) parts.push(hashBytes(Buffer.from(`noise ${seed} ${n}`)))
  return new Uint8Array(Buffer.concat(parts)).subarray(0, length)
}

const ada = makeNoise(70_000, 1)
const bob = new Uint8Array(Buffer.from('the law of the land '.repeat(5000)))
const empty = new Uint8Array(0)

/** What every blob store promises. `name` is that of the implementation. */
export function testBlobStore(name: string, open: OpenBlobs): void {
  testKeeping(name, open)
  testLettingGo(name, open)
}

async function openWith(open: OpenBlobs, maxDiskBytes = 0): Promise<{ readonly blobs: BlobStore; readonly clock: VirtualClock }> {
  const clock = createVirtualClock({ startsAt: 1000 })
  return { blobs: await open({ clock }, { maxDiskBytes }), clock }
}

function testKeeping(name: string, open: OpenBlobs): void {
  test(`${name}: a block comes back as it was put, whether it compresses or is empty`, async () => {
    await using blobs = (await openWith(open)).blobs
    for (const bytes of [ada, bob, empty]) {
      const digest = hashBytes(bytes)
      assert.equal(blobs.has(digest), false)
      assert.equal(await blobs.get(digest), undefined)
      await blobs.put(digest, bytes)
      assert.equal(blobs.has(digest), true)
      assert.equal(blobs.sizeOf(digest), bytes.byteLength)
      assert.deepEqual(Buffer.from((await blobs.get(digest)) ?? 'absent'), Buffer.from(bytes))
    }
  })

  test(`${name}: the bytes given out are the caller's own`, async () => {
    await using blobs = (await openWith(open)).blobs
    await blobs.put(hashBytes(bob), bob)
    const first = await blobs.get(hashBytes(bob))
    first?.fill(0)
    assert.deepEqual(Buffer.from((await blobs.get(hashBytes(bob))) ?? 'absent'), Buffer.from(bob))
  })

  test(`${name}: bytes under a name that is not their hash are refused, and so are too many`, async () => {
    await using blobs = (await openWith(open)).blobs
    await assert.rejects(blobs.put(hashBytes(ada), bob), { code: 'BLOCK_MISMATCH' })
    await assert.rejects(blobs.put(hashBytes(ada).subarray(1), ada), { code: 'BLOCK_MISMATCH' })
    const long = new Uint8Array(maxBlockBytes + 1)
    await assert.rejects(blobs.put(hashBytes(long), long), { code: 'BLOCK_MISMATCH' })
    assert.equal(blobs.usage().blocks, 0)
  })

  test(`${name}: many puts of one block at once, with reads and removals between, leave it there or not, and whole`, async () => {
    await using blobs = (await openWith(open)).blobs
    const digest = hashBytes(ada)
    await Promise.all(Array.from({ length: 8 }, () => blobs.put(digest, ada)))
    assert.equal(blobs.usage().blocks, 1)
    const reads = [blobs.get(digest), blobs.remove(digest), blobs.get(digest), blobs.put(digest, ada), blobs.get(digest)] as const
    for (const bytes of await Promise.all(reads)) if (bytes instanceof Uint8Array) assert.deepEqual(hashBytes(bytes), digest)
    assert.equal(blobs.usage().blocks, 1)
    assert.deepEqual(hashBytes((await blobs.get(digest)) ?? empty), digest)
  })
}

function testLettingGo(name: string, open: OpenBlobs): void {
  test(`${name}: a removed block is absent, and its removal is said once`, async () => {
    await using blobs = (await openWith(open)).blobs
    await blobs.put(hashBytes(bob), bob)
    assert.equal(await blobs.remove(hashBytes(bob)), true)
    assert.equal(await blobs.remove(hashBytes(bob)), false)
    assert.equal(blobs.has(hashBytes(bob)), false)
    assert.equal(await blobs.get(hashBytes(bob)), undefined)
    assert.deepEqual({ ...blobs.usage() }, { blocks: 0, bytes: 0, storedBytes: 0, maxDiskBytes: 0 })
  })

  test(`${name}: a block put again is young again, so that a collection which chose it before leaves it`, async () => {
    const { blobs, clock } = await openWith(open)
    await using _ = blobs
    const digest = hashBytes(bob)
    await blobs.put(digest, bob)
    await clock.advance(500)
    await blobs.put(digest, bob)
    assert.deepEqual(
      [...blobs.list()].map((block) => block.addedAt),
      [1500],
    )
    assert.equal(await blobs.remove(digest, { addedBefore: 1500 }), false)
    assert.equal(await blobs.remove(digest, { addedBefore: 1501 }), true)
  })

  test(`${name}: the list is by digest, and can be begun behind one of them`, async () => {
    await using blobs = (await openWith(open)).blobs
    const blocks = Array.from({ length: 20 }, (_, n) => makeNoise(100, n))
    for (const bytes of blocks) await blobs.put(hashBytes(bytes), bytes)
    const expected = blocks.map((bytes) => Buffer.from(hashBytes(bytes)).toString('hex')).toSorted()
    const listed = [...blobs.list()].map((block) => Buffer.from(block.digest).toString('hex'))
    assert.deepEqual(listed, expected)
    const behind = [...blobs.list(Buffer.from(expected[4] ?? '', 'hex'))].map((block) => Buffer.from(block.digest).toString('hex'))
    assert.deepEqual(behind, expected.slice(5))
  })

  test(`${name}: the quota holds for puts under way together, and what was removed makes room`, async () => {
    await using blobs = (await openWith(open, 100_000)).blobs
    const blocks = Array.from({ length: 4 }, (_, n) => makeNoise(40_000, n))
    const puts = await Promise.allSettled(blocks.map((bytes) => blobs.put(hashBytes(bytes), bytes)))
    assert.equal(puts.filter((put) => put.status === 'fulfilled').length, 2)
    for (const put of puts) if (put.status === 'rejected') assert.equal((put.reason as { readonly code?: string }).code, 'QUOTA_EXCEEDED')
    assert.equal(blobs.usage().storedBytes, 80_000)
    for (const block of blobs.list()) await blobs.remove(block.digest)
    for (const bytes of blocks.slice(0, 2)) await blobs.put(hashBytes(bytes), bytes)
    assert.equal(blobs.usage().storedBytes, 80_000)
  })
}
