import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, test } from 'node:test'
import { encodeText } from '../lib/bytes.ts'
import type { Cid } from '../lib/cid.ts'
import { createCid, hashBytes, rawCodec } from '../lib/cid.ts'
import { systemClock } from '../lib/clock.ts'
import { armFailpoint, disarmFailpoint } from '../lib/failpoint.ts'
import { Fault } from '../lib/fault.ts'
import { silentLog } from '../lib/log.ts'
import type { BlobStore } from '../store/blobs.ts'
import type { Database } from '../store/database.ts'
import { openDatabase } from '../store/database.ts'
import { openBlobStore } from '../store/disk-blobs.ts'
import { createMemoryBlobStore } from '../store/memory-blobs.ts'
import { chunkDigest } from './chunks.ts'
import type { LocalContentStore } from './content-store.ts'
import { openContentStore } from './content-store.ts'
import { readAll, refer, testBytes, testHive } from './testing/fleet.ts'

const mebibyte = 1_048_576
const context = { signal: new AbortController().signal }
const folders = await mkdtemp(join(tmpdir(), 'althing-content-'))
after(() => rm(folders, { recursive: true }))
afterEach(() => disarmFailpoint())

interface Opened extends AsyncDisposable {
  readonly database: Database
  readonly blobs: BlobStore
  readonly content: LocalContentStore
}

function openInMemory(maxDiskBytes = 0): Opened {
  const database = openDatabase({ path: ':memory:' })
  // A clock that moves on with every look at it: what was put before is older than what is put now.
  let now = 0
  const blobs = createMemoryBlobStore({ clock: { ...systemClock, now: () => (now += 1) } }, { maxDiskBytes })
  return over(database, blobs)
}

async function openIn(folder: string): Promise<Opened> {
  const database = openDatabase({ path: join(folder, 'althing.sqlite') })
  const deps = { database, directory: join(folder, 'blobs'), clock: systemClock, log: silentLog }
  return over(database, await openBlobStore(deps, { maxDiskBytes: 0, compress: false }))
}

function over(database: Database, blobs: BlobStore): Opened {
  const content = openContentStore({ blobs, database, clock: systemClock, log: silentLog }, { graceMs: 0, replicas: 3 })
  return {
    database,
    blobs,
    content,
    [Symbol.asyncDispose]: async () => {
      await blobs[Symbol.asyncDispose]()
      await database[Symbol.asyncDispose]()
    },
  }
}

function isFault(code: string): (error: unknown) => boolean {
  return (error) => error instanceof Fault && error.code === code
}

test('what was added is read, whole or from any byte to any other', async () => {
  await using ada = openInMemory()
  const bytes = testBytes(2 * mebibyte + 1_000)
  const { cid, size } = await ada.content.add([bytes.subarray(0, 77), bytes.subarray(77)], context)
  assert.equal(size, 2_098_152)
  assert.deepEqual(ada.content.stat(cid), { cid, size, isWhole: true, presentBytes: size })
  assert.deepEqual(await readAll(ada.content, cid), bytes)
  const ranges: readonly (readonly [number, number])[] = [
    [0, 1],
    [mebibyte - 1, mebibyte + 1],
    [mebibyte, 2 * mebibyte],
    [2_098_151, 9_999_999],
    [5, 5],
    [9_999_999, 10_000_000],
  ]
  for (const [start, end] of ranges) {
    const parts = await Array.fromAsync(ada.content.read(cid, { ...context, start, end }))
    assert.ok(Buffer.concat(parts).equals(bytes.subarray(start, end)))
  }
})

test('content of many chunks is known and read after the home is opened again', async () => {
  const folder = await mkdtemp(join(folders, 'again-'))
  const bytes = testBytes(2 * mebibyte + 9)
  let cid: Cid
  {
    await using ada = await openIn(folder)
    cid = (await ada.content.add([bytes], context)).cid
  }
  await using ada = await openIn(folder)
  assert.equal(ada.content.stat(cid)?.isWhole, true)
  assert.deepEqual(await readAll(ada.content, cid), bytes)
})

test('empty content is one empty block', async () => {
  await using ada = openInMemory()
  const { cid, size } = await ada.content.add([], context)
  assert.equal(size, 0)
  assert.equal(cid, createCid(rawCodec, new Uint8Array()))
  assert.deepEqual(await readAll(ada.content, cid), new Uint8Array())
  assert.equal(ada.content.stat(cid)?.isWhole, true)
})

test('content that is not here, or lacks a chunk, is missing', async () => {
  await using ada = openInMemory()
  const absent = createCid(rawCodec, encodeText('absent'))
  assert.equal(ada.content.stat(absent), undefined)
  await assert.rejects(readAll(ada.content, absent), isFault('CONTENT_MISSING'))
  const { cid, size } = await ada.content.add([testBytes(2 * mebibyte)], context)
  const list = ada.content.listOf(cid)
  assert.ok(list !== undefined)
  await ada.blobs.remove(chunkDigest(list, 1))
  assert.deepEqual(ada.content.stat(cid), { cid, size, isWhole: false, presentBytes: mebibyte })
  await assert.rejects(readAll(ada.content, cid), isFault('CONTENT_MISSING'))
})

test('a source that fails, and a signal, end an add with their reason', async () => {
  await using ada = openInMemory()
  const failing = async function* (): AsyncIterable<Uint8Array> {
    yield testBytes(2 * mebibyte)
    throw new Error('the disk was pulled')
  }
  await assert.rejects(ada.content.add(failing(), context), /the disk was pulled/)
  const stop = new AbortController()
  const stopping = async function* (): AsyncIterable<Uint8Array> {
    yield testBytes(2 * mebibyte)
    stop.abort(new Error('interrupted'))
    yield testBytes(2 * mebibyte)
  }
  await assert.rejects(ada.content.add(stopping(), { signal: stop.signal }), /interrupted/)
})

test('content is served in the hives that refer to it, and in no other', async () => {
  await using ada = openInMemory()
  const { cid } = await ada.content.add([encodeText('the law')], context)
  assert.equal(ada.content.isServed(testHive, cid), false)
  await refer(ada, cid)
  await refer(ada, cid)
  assert.equal(ada.content.isServed(testHive, cid), true)
  await ada.database.write((tx) => ada.content.dereference(tx, { hive: testHive, cid, reason: 'entry', source: 'test' }))
  assert.equal(ada.content.isServed(testHive, cid), false)
})

test('F5: a full quota is a fault, what may go is collected first, and what was there is still read', async () => {
  await using ada = openInMemory(4 * mebibyte)
  const kept = await ada.content.add([testBytes(mebibyte, 1)], context)
  await refer(ada, kept.cid)
  const loose = await ada.content.add([testBytes(3 * mebibyte - 4_096, 2)], context)
  assert.equal(ada.content.stat(loose.cid)?.isWhole, true)
  await assert.rejects(ada.content.add([testBytes(2 * mebibyte, 3)], context), isFault('QUOTA_EXCEEDED'))
  await using again = openInMemory(4 * mebibyte)
  const orphan = testBytes(3 * mebibyte, 4)
  for (let index = 0; index < 3; index += 1) {
    const chunk = orphan.subarray(index * mebibyte, (index + 1) * mebibyte)
    await again.content.putBlock(hashBytes(chunk), chunk)
  }
  const added = await again.content.add([testBytes(2 * mebibyte, 5)], context)
  assert.deepEqual(await readAll(again.content, added.cid), testBytes(2 * mebibyte, 5))
  assert.deepEqual(await readAll(ada.content, kept.cid), testBytes(mebibyte, 1))
})

test('F5: what did not fit gives its room back at once, but for what was there before', async () => {
  await using ada = openInMemory(4 * mebibyte)
  const shared = testBytes(mebibyte, 1)
  const kept = await ada.content.add([shared], context)
  const parts = [shared, ...[2, 3, 4, 5].map((seed) => testBytes(mebibyte, seed))]
  await assert.rejects(ada.content.add(parts, context), isFault('QUOTA_EXCEEDED'))
  assert.equal(ada.blobs.usage().blocks, 1)
  assert.deepEqual(await readAll(ada.content, kept.cid), shared)
})

test('S8: of content that is not what it should be, or breaks off, nothing is kept, and what was here before stays', async () => {
  await using ada = openInMemory()
  const first = testBytes(mebibyte, 1)
  const { cid } = await ada.content.add([first], context)
  const before = ada.blobs.usage()
  await assert.rejects(ada.content.add([first, testBytes(mebibyte, 2)], { ...context, expected: cid }), isFault('CONTENT_MISMATCH'))
  const broken = async function* (): AsyncGenerator<Uint8Array> {
    yield testBytes(2 * mebibyte, 3)
    throw new Error('it broke off')
  }
  await assert.rejects(ada.content.add(broken(), { ...context, expected: cid }), /it broke off/)
  assert.deepEqual(ada.blobs.usage(), before)
  assert.equal(ada.content.stat(cid)?.isWhole, true)
  assert.equal((await ada.content.add([first], { ...context, expected: cid })).cid, cid)
})

test('short content of a peer is kept together, and what is not what its name says is told and left out', async () => {
  await using ada = openInMemory()
  const [one, two, wrong] = [1, 2, 3].map((seed) => testBytes(500, seed)) as [Uint8Array, Uint8Array, Uint8Array]
  const nameOf = (bytes: Uint8Array) => createCid(rawCodec, bytes)
  assert.equal(await ada.content.putShort([one, two].map((bytes) => ({ cid: nameOf(bytes), bytes }))), true)
  assert.deepEqual(await readAll(ada.content, nameOf(two)), two)
  assert.equal(
    await ada.content.putShort([
      { cid: nameOf(wrong), bytes: one },
      { cid: nameOf(one), bytes: one },
    ]),
    false,
  )
  assert.equal(ada.content.stat(nameOf(wrong)), undefined)
})

test('F5: a full disk is a fault, nothing partial counts as content, and the next add succeeds', async () => {
  const folder = await mkdtemp(join(folders, 'full-'))
  await using ada = await openIn(folder)
  const before = await ada.content.add([testBytes(100)], context)
  armFailpoint('blob.put.written', { action: 'error', code: 'ENOSPC' }, 3)
  await assert.rejects(ada.content.add([testBytes(4 * mebibyte, 2)], context), isFault('DISK_FULL'))
  disarmFailpoint()
  assert.equal(ada.database.get('select 1 from chunk_list'), undefined)
  assert.deepEqual(await readAll(ada.content, before.cid), testBytes(100))
  const { cid } = await ada.content.add([testBytes(4 * mebibyte, 2)], context)
  assert.deepEqual(await readAll(ada.content, cid), testBytes(4 * mebibyte, 2))
})

const url = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href)

/** Adds 3 MiB and refers to it, as a publish does; the failpoint ends it as `kill -9` does. */
const script = `
  import { armFailpoint } from ${url('../lib/failpoint.ts')}
  import { systemClock } from ${url('../lib/clock.ts')}
  import { silentLog } from ${url('../lib/log.ts')}
  import { openDatabase } from ${url('../store/database.ts')}
  import { openBlobStore } from ${url('../store/disk-blobs.ts')}
  import { openContentStore } from ${url('./content-store.ts')}
  import { refer, testBytes } from ${url('./testing/fleet.ts')}
  const [folder, failpoint, pass] = process.argv.slice(1)
  const database = openDatabase({ path: folder + '/althing.sqlite' })
  const deps = { database, directory: folder + '/blobs', clock: systemClock, log: silentLog }
  const blobs = await openBlobStore(deps, { maxDiskBytes: 0, compress: false })
  const content = openContentStore({ ...deps, blobs }, { graceMs: 0, replicas: 3 })
  if (failpoint !== 'none') armFailpoint(failpoint, { action: 'exit' }, Number(pass))
  const { cid } = await content.add([testBytes(3 * 1048576)], { signal: new AbortController().signal })
  await refer({ content, database }, cid)
  process.stdout.write(cid)
`

const steps: readonly (readonly [string, number])[] = [
  ['blob.put.written', 3],
  ['blob.put.renamed', 4],
  ['blob.put.recorded', 4],
]

for (const [at, pass] of steps) {
  test(`F1: after kill -9 in an add, at ${at} for the ${pass}th time, nothing refers to bytes that are not there, and a retry succeeds`, async () => {
    const folder = await mkdtemp(join(folders, 'crash-'))
    const killed = spawnSync(process.execPath, ['--input-type=module-typescript', '-e', script, folder, at, String(pass)], {
      encoding: 'utf8',
    })
    assert.equal(killed.signal, 'SIGKILL', killed.stderr)
    {
      await using ada = await openIn(folder)
      assert.equal(ada.database.get('select 1 from reference'), undefined)
      for (const { digest } of ada.blobs.list()) assert.ok((await ada.blobs.get(digest)) !== undefined)
    }
    const retried = spawnSync(process.execPath, ['--input-type=module-typescript', '-e', script, folder, 'none', '1'], { encoding: 'utf8' })
    assert.equal(retried.status, 0, retried.stderr)
    await using ada = await openIn(folder)
    const row = ada.database.get<{ cid: string }>('select cid from reference')
    assert.equal(row?.cid, retried.stdout)
    const { cid } = await ada.content.add([testBytes(3 * mebibyte)], context)
    assert.equal(cid, retried.stdout)
    assert.deepEqual(await readAll(ada.content, cid), testBytes(3 * mebibyte))
  })
}
