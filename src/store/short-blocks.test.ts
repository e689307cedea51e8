import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { hashBytes } from '../lib/cid.ts'
import { systemClock } from '../lib/clock.ts'
import { silentLog } from '../lib/log.ts'
import { backupHome } from './backup.ts'
import { maxRowBytes } from './blobs.ts'
import { makeNoise } from './blobs.suite.ts'
import { openDatabase } from './database.ts'
import type { Database } from './database.ts'
import { openBlobStore } from './disk-blobs.ts'
import { restoreHome } from './restore.ts'
import { makeFolder } from './scratch.fixture.ts'

const note = new Uint8Array(Buffer.from('carts keep their prices'))
const digest = hashBytes(note)
const name = Buffer.from(digest).toString('hex')

/** A home, and how often it was asked to write so that it lasts. */
async function openHome(t: TestContext, home = join(makeFolder(t), 'home')) {
  mkdirSync(home, { recursive: true })
  const own = openDatabase({ path: join(home, 'althing.sqlite') })
  let fsyncs = 0
  const write: Database['write'] = (work) => {
    fsyncs += 1
    return own.write(work)
  }
  const database: Database = { ...own, write, [Symbol.asyncDispose]: () => own[Symbol.asyncDispose]() }
  const deps = { database, directory: join(home, 'blobs'), clock: systemClock, log: silentLog }
  const blobs = await openBlobStore(deps, { maxDiskBytes: 100_000, compress: true })
  const close = async (): Promise<void> => {
    await blobs[Symbol.asyncDispose]()
    await own[Symbol.asyncDispose]()
  }
  t.after(close)
  return { home, database, blobs, close, fsyncs: () => fsyncs }
}

function filesOf(home: string): readonly string[] {
  return readdirSync(join(home, 'blobs'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name)
}

test('a short block that is put soon lies in the database, and is read, listed, counted and removed as any other', async (t) => {
  const first = await openHome(t)
  await first.blobs.putSoon(digest, note)
  assert.deepEqual(filesOf(first.home), [])
  assert.equal(first.fsyncs(), 0)
  await first.close()
  const { blobs, home } = await openHome(t, first.home)
  assert.deepEqual(Buffer.from((await blobs.get(digest)) ?? []).toString(), 'carts keep their prices')
  assert.deepEqual(blobs.usage(), { blocks: 1, bytes: 23, storedBytes: 23, maxDiskBytes: 100_000 })
  assert.deepEqual(
    [...blobs.list()].map(({ encoding }) => encoding),
    ['row'],
  )
  assert.equal(await blobs.repack(digest), false)
  assert.equal(await blobs.remove(digest), true)
  assert.equal(await blobs.get(digest), undefined)
  assert.equal(blobs.usage().storedBytes, 0)
  assert.deepEqual(filesOf(home), [])
})

test('F1: a short block that was put soon, put once more, is only acknowledged when it is on disk', async (t) => {
  const { blobs, fsyncs } = await openHome(t)
  await blobs.putSoon(digest, note)
  assert.equal(fsyncs(), 0)
  await blobs.put(digest, note)
  assert.equal(fsyncs(), 1)
})

test('a longer block that is put soon has a file, and lasts at once', async (t) => {
  const { blobs, home } = await openHome(t)
  const long = makeNoise(maxRowBytes + 1, 1)
  await blobs.putSoon(hashBytes(long), long)
  assert.equal(filesOf(home).length, 1)
})

test('bytes that are not those of the name are refused, and the quota holds, for short blocks too', async (t) => {
  const { blobs } = await openHome(t)
  await assert.rejects(blobs.putSoon(hashBytes(makeNoise(9, 1)), note), { code: 'BLOCK_MISMATCH' })
  for (let seed = 0; seed < 12; seed += 1) await blobs.putSoon(hashBytes(makeNoise(8_000, seed)), makeNoise(8_000, seed))
  await assert.rejects(blobs.putSoon(hashBytes(makeNoise(8_000, 12)), makeNoise(8_000, 12)), { code: 'QUOTA_EXCEEDED' })
  assert.equal(blobs.usage().storedBytes, 96_000)
})

test('F8: a bit that flips in the database is found before the block is served, the bytes set aside, and the block can be put again', async (t) => {
  const { blobs, database, home } = await openHome(t)
  await blobs.putSoon(digest, note)
  await database.write((tx) => tx.run("update block_bytes set bytes = cast('carts keep their pricex' as blob)"))
  await assert.rejects(blobs.get(digest), { code: 'BLOCK_CORRUPT' })
  assert.equal(blobs.has(digest), false)
  assert.deepEqual(await blobs.listLost(), [name])
  assert.deepEqual(filesOf(home), [name])
  await blobs.putSoon(digest, note)
  assert.deepEqual(await blobs.get(digest), note)
})

test('F7: opening drops a row whose bytes are gone, and takes up a whole file in the place of bytes', async (t) => {
  const { blobs, database, home, close } = await openHome(t)
  const other = makeNoise(100, 2)
  await blobs.putSoon(digest, note)
  await blobs.putSoon(hashBytes(other), other)
  await database.write((tx) => tx.run('delete from block_bytes where digest = ?', hashBytes(other)))
  writeFileSync(join(home, 'blobs', name.slice(0, 2), name), note)
  await close()
  const again = await openHome(t, home)
  assert.equal(again.blobs.has(hashBytes(other)), false)
  assert.deepEqual(
    [...again.blobs.list()].map(({ encoding }) => encoding),
    ['raw'],
  )
  assert.deepEqual(await again.blobs.get(digest), note)
  assert.equal(again.database.get('select 1 from block_bytes'), undefined)
})

test('a backup carries short blocks in its database; a restore leaves out the one that was damaged', async (t) => {
  const { blobs, database, home } = await openHome(t)
  const other = makeNoise(100, 3)
  for (const bytes of [note, other]) await blobs.putSoon(hashBytes(bytes), bytes)
  await database.write((tx) => tx.run('update block_bytes set bytes = zeroblob(100) where digest = ?', hashBytes(other)))
  const never = { clock: systemClock, signal: new AbortController().signal, onProgress: () => {} }
  const [target, restored] = [`${home}-backup`, `${home}-restored`]
  const { blocks } = await backupHome({ ...never, home, target, includeKeys: false })
  assert.equal(blocks, 2)
  const report = await restoreHome({ ...never, source: target, target: restored })
  assert.deepEqual([report.blocks, report.lostBlocks], [1, 1])
  const again = await openHome(t, restored)
  assert.deepEqual(await again.blobs.get(digest), note)
})
