import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { hashBytes } from '../lib/cid.ts'
import { systemClock } from '../lib/clock.ts'
import { silentLog } from '../lib/log.ts'
import { makeNoise } from './blobs.suite.ts'
import { openDatabase } from './database.ts'
import { openBlobStore } from './disk-blobs.ts'
import { optimizeBlobs, verifyBlobs } from './maintenance.ts'
import { makeFolder } from './scratch.fixture.ts'

const text = (n: number): Uint8Array => new Uint8Array(Buffer.from(`paragraph ${n} `.repeat(500)))
const texts = Array.from({ length: 150 }, (_, n) => text(n))
const noise = makeNoise(5000, 1)
const never = new AbortController().signal

async function openIn(folder: string, compress: boolean) {
  const database = openDatabase({ path: join(folder, 'althing.sqlite') })
  const deps = { database, directory: join(folder, 'blobs'), clock: systemClock, log: silentLog }
  const blobs = await openBlobStore(deps, { maxDiskBytes: 0, compress })
  const close = async (): Promise<void> => {
    await blobs[Symbol.asyncDispose]()
    await database[Symbol.asyncDispose]()
  }
  return { database, blobs, [Symbol.asyncDispose]: close }
}

function flip(folder: string, bytes: Uint8Array): void {
  const name = Buffer.from(hashBytes(bytes)).toString('hex')
  const path = join(folder, 'blobs', name.slice(0, 2), name)
  const file = readFileSync(path)
  file[0] = (file[0] ?? 0) ^ 0x80
  writeFileSync(path, file)
}

test('what was stored uncompressed is compressed later, and every block is what it was', async (t) => {
  const folder = makeFolder(t)
  await using opened = await openIn(folder, false)
  const { blobs } = opened
  for (const bytes of [...texts, noise]) await blobs.put(hashBytes(bytes), bytes)
  const plain = blobs.usage().bytes
  assert.equal(blobs.usage().storedBytes, plain)
  const steps: number[] = []
  const report = await optimizeBlobs(opened, { signal: never, onProgress: ({ done }) => steps.push(done) })
  assert.equal(report.examinedBlocks, 151)
  assert.equal(report.compressedBlocks, 150)
  assert.equal(report.bytesBefore, plain)
  assert.ok(report.bytesAfter < plain / 10)
  assert.equal(report.bytesAfter, blobs.usage().storedBytes)
  assert.deepEqual([steps.length, steps.at(-1)], [151, 151])
  for (const bytes of [...texts, noise]) assert.deepEqual(hashBytes((await blobs.get(hashBytes(bytes))) ?? noise), hashBytes(bytes))
  const again = await optimizeBlobs(opened, { signal: never })
  assert.deepEqual([again.examinedBlocks, again.compressedBlocks], [1, 0])
})

test('a compression that was cut off goes on where it was', async (t) => {
  const folder = makeFolder(t)
  await using opened = await openIn(folder, false)
  for (const bytes of texts) await opened.blobs.put(hashBytes(bytes), bytes)
  const controller = new AbortController()
  const onProgress = ({ done }: { readonly done: number }): void => {
    if (done === 100) controller.abort(new Error('interrupted'))
  }
  await assert.rejects(optimizeBlobs(opened, { signal: controller.signal, onProgress }), /interrupted/)
  const seen: number[] = []
  const rest = await optimizeBlobs(opened, { signal: never, onProgress: ({ done }) => seen.push(done) })
  assert.equal(rest.compressedBlocks, 50)
  assert.ok(seen.length < 150, 'blocks before the last note are not looked at again')
})

test('F8: a damaged block is not compressed into a sound one but set aside', async (t) => {
  const folder = makeFolder(t)
  await using opened = await openIn(folder, false)
  for (const bytes of texts.slice(0, 3)) await opened.blobs.put(hashBytes(bytes), bytes)
  flip(folder, text(1))
  const report = await optimizeBlobs(opened, { signal: never })
  assert.deepEqual([report.examinedBlocks, report.compressedBlocks, report.corruptBlocks], [3, 2, 1])
  assert.equal(opened.blobs.has(hashBytes(text(1))), false)
})

test('F8: a check of everything finds each damaged block and counts the sound ones', async (t) => {
  const folder = makeFolder(t)
  await using opened = await openIn(folder, false)
  for (const bytes of texts) await opened.blobs.put(hashBytes(bytes), bytes)
  for (const bytes of [text(3), text(140)]) flip(folder, bytes)
  const bad = [text(3), text(140)].map((bytes) => Buffer.from(hashBytes(bytes)).toString('hex')).toSorted()
  const report = await verifyBlobs(opened, { signal: never })
  assert.deepEqual(report.corrupt, bad)
  assert.equal(report.blocks, 148)
  assert.equal(report.bytes, opened.blobs.usage().bytes)
  assert.deepEqual((await verifyBlobs(opened, { signal: never })).corrupt, [])
})

test('a check stops when it is told to', async (t) => {
  await using opened = await openIn(makeFolder(t), true)
  await opened.blobs.put(hashBytes(noise), noise)
  await assert.rejects(verifyBlobs(opened, { signal: AbortSignal.abort(new Error('interrupted')) }), /interrupted/)
})
