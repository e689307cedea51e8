import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, test } from 'node:test'
import type { TestContext } from 'node:test'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { hashBytes } from '../lib/cid.ts'
import { systemClock } from '../lib/clock.ts'
import type { Clock } from '../lib/clock.ts'
import { armFailpoint, disarmFailpoint } from '../lib/failpoint.ts'
import { silentLog } from '../lib/log.ts'
import { makeNoise, testBlobStore } from './blobs.suite.ts'
import { openDatabase } from './database.ts'
import type { Database } from './database.ts'
import { openBlobStore } from './disk-blobs.ts'
import { fillDisk, makeFolder, mountSmallDisk } from './scratch.fixture.ts'

const folders = mkdtempSync(join(tmpdir(), 'althing-blobs-'))
after(() => rmSync(folders, { recursive: true, force: true }))
afterEach(() => disarmFailpoint())

const law = new Uint8Array(Buffer.from('with law shall the land be built '.repeat(4000)))
const noise = makeNoise(200_000, 1)

const hex = (digest: Uint8Array): string => Buffer.from(digest).toString('hex')

async function openIn(
  folder: string,
  options: { readonly maxDiskBytes?: number; readonly compress?: boolean; readonly clock?: Clock } = {},
) {
  const database = openDatabase({ path: join(folder, 'althing.sqlite') })
  const directory = join(folder, 'blobs')
  const { maxDiskBytes = 0, compress = true, clock = systemClock } = options
  const blobs = await openBlobStore({ database, directory, clock, log: silentLog }, { maxDiskBytes, compress })
  const close = async (): Promise<void> => {
    await blobs[Symbol.asyncDispose]()
    await database[Symbol.asyncDispose]()
  }
  return { database, directory, blobs, close, [Symbol.asyncDispose]: close }
}

function filesOf(folder: string): readonly string[] {
  return readdirSync(join(folder, 'blobs'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name)
    .toSorted()
}

function rowsOf(database: Database): number {
  return database.get<{ readonly count: number }>('select count(*) as count from block')?.count ?? -1
}

function pathOf(folder: string, bytes: Uint8Array, suffix = ''): string {
  const name = hex(hashBytes(bytes))
  return join(folder, 'blobs', name.slice(0, 2), name + suffix)
}

testBlobStore('blobs on disk', async ({ clock }, { maxDiskBytes }) => {
  const opened = await openIn(mkdtempSync(join(folders, 'suite-')), { clock, maxDiskBytes })
  return { ...opened.blobs, [Symbol.asyncDispose]: opened.close }
})

test('what compresses lies compressed, what does not lies as it is, under names that anyone can check', async (t) => {
  const folder = makeFolder(t)
  await using opened = await openIn(folder)
  await opened.blobs.put(hashBytes(law), law)
  await opened.blobs.put(hashBytes(noise), noise)
  assert.ok(statSync(pathOf(folder, law, '.zst')).size < law.byteLength / 10)
  assert.deepEqual(new Uint8Array(readFileSync(pathOf(folder, noise))), noise)
  assert.equal(statSync(pathOf(folder, noise)).mode & 0o077, 0)
  assert.deepEqual(readdirSync(join(folder, 'blobs', 'tmp')), [])
  const { bytes, storedBytes } = opened.blobs.usage()
  assert.equal(bytes, law.byteLength + noise.byteLength)
  assert.equal(storedBytes, statSync(pathOf(folder, law, '.zst')).size + noise.byteLength)
})

test('a block that saves less than 5 % is kept as it is', async (t) => {
  const folder = makeFolder(t)
  await using opened = await openIn(folder)
  const nearly = new Uint8Array(Buffer.concat([noise, Buffer.alloc(9_000)]))
  const enough = new Uint8Array(Buffer.concat([noise, Buffer.alloc(12_000)]))
  for (const bytes of [nearly, enough]) await opened.blobs.put(hashBytes(bytes), bytes)
  assert.equal(existsSync(pathOf(folder, nearly)), true)
  assert.equal(existsSync(pathOf(folder, enough, '.zst')), true)
})

test('blocks are there after closing and opening, and a gzip file from elsewhere is taken up', async (t) => {
  const folder = makeFolder(t)
  const first = await openIn(folder)
  await first.blobs.put(hashBytes(law), law)
  await first.close()
  writeFileSync(pathOf(folder, noise, '.gz'), gzipSync(noise))
  await using second = await openIn(folder)
  for (const bytes of [law, noise]) assert.deepEqual(hashBytes((await second.blobs.get(hashBytes(bytes))) ?? law), hashBytes(bytes))
})

test('F7: half-written files are found when the store is opened: temporary ones removed, cut ones set aside, files without a row judged', async (t) => {
  const folder = makeFolder(t)
  const first = await openIn(folder)
  await first.blobs.put(hashBytes(noise), noise)
  await first.close()
  truncateSync(pathOf(folder, noise), 100_000)
  writeFileSync(join(folder, 'blobs', 'tmp', `${hex(hashBytes(law))}-0`), law.subarray(0, 50))
  writeFileSync(pathOf(folder, law), law.subarray(0, 5000))
  const whole = makeNoise(3000, 9)
  writeFileSync(pathOf(folder, whole), whole)
  await using second = await openIn(folder)
  assert.equal(second.blobs.has(hashBytes(noise)), false)
  assert.equal(second.blobs.has(hashBytes(law)), false)
  assert.deepEqual(await second.blobs.get(hashBytes(whole)), whole)
  assert.equal(await second.blobs.countQuarantined(), 2)
  assert.deepEqual(readdirSync(join(folder, 'blobs', 'tmp')), [])
  await second.blobs.put(hashBytes(noise), noise)
  assert.deepEqual(hashBytes((await second.blobs.get(hashBytes(noise))) ?? law), hashBytes(noise))
})

test('F7: a row whose file is gone is dropped when the store is opened', async (t) => {
  const folder = makeFolder(t)
  const first = await openIn(folder)
  await first.blobs.put(hashBytes(noise), noise)
  await first.close()
  rmSync(pathOf(folder, noise))
  await using second = await openIn(folder)
  assert.equal(rowsOf(second.database), 0)
  assert.equal(second.blobs.usage().storedBytes, 0)
})

test('F8: a flipped bit is found before the block is served, the file set aside, and the block can be put again', async (t) => {
  const folder = makeFolder(t)
  await using opened = await openIn(folder)
  for (const [bytes, suffix] of [
    [noise, ''],
    [law, '.zst'],
  ] as const) {
    await opened.blobs.put(hashBytes(bytes), bytes)
    const path = pathOf(folder, bytes, suffix)
    const file = readFileSync(path)
    const at = file.byteLength >> 1
    file[at] = (file[at] ?? 0) ^ 1
    writeFileSync(path, file)
    await assert.rejects(opened.blobs.get(hashBytes(bytes)), { code: 'BLOCK_CORRUPT', data: { digest: hex(hashBytes(bytes)) } })
    assert.equal(opened.blobs.has(hashBytes(bytes)), false)
    assert.equal(await opened.blobs.get(hashBytes(bytes)), undefined)
    await opened.blobs.put(hashBytes(bytes), bytes)
    assert.deepEqual(hashBytes((await opened.blobs.get(hashBytes(bytes))) ?? noise), hashBytes(bytes))
  }
  assert.equal(await opened.blobs.countQuarantined(), 2)
  assert.equal(opened.blobs.usage().blocks, 2)
})

for (const damage of [
  'update block set stored = stored + 65536',
  'update block set size = size + 1',
  "update block set encoding = 'rax'",
  'update block set added_at = added_at + 1099511627776',
  "update block set digest = unhex('00' || substr(hex(digest), 3))",
]) {
  test(`F8: a bit flipped in a row of the database loses no block that is whole on disk (${damage})`, async (t) => {
    const folder = makeFolder(t)
    const first = await openIn(folder)
    for (const bytes of [noise, law]) await first.blobs.put(hashBytes(bytes), bytes)
    const before = first.blobs.usage()
    await first.database.write((tx) => tx.run(`${damage} where encoding = 'raw'`))
    await first.close()
    await using second = await openIn(folder)
    assert.deepEqual(await second.blobs.get(hashBytes(noise)), noise)
    assert.deepEqual(await second.blobs.get(hashBytes(law)), law)
    assert.deepEqual([second.blobs.sizeOf(hashBytes(noise)), rowsOf(second.database)], [noise.byteLength, 2])
    assert.equal(await second.blobs.countQuarantined(), 0)
    await second.close()
    await using third = await openIn(folder)
    assert.deepEqual(third.blobs.usage(), before)
  })
}

test('F8: a disk that goes bad does not fill up with what went bad', async (t) => {
  await using opened = await openIn(makeFolder(t))
  for (let seed = 1; seed <= 34; seed += 1) {
    const bytes = makeNoise(100, seed)
    await opened.blobs.put(hashBytes(bytes), bytes)
    writeFileSync(join(opened.directory, hex(hashBytes(bytes)).slice(0, 2), hex(hashBytes(bytes))), 'bad')
    await assert.rejects(opened.blobs.get(hashBytes(bytes)), { code: 'BLOCK_CORRUPT' })
  }
  assert.equal(await opened.blobs.countQuarantined(), 32)
  assert.ok(existsSync(join(opened.directory, 'quarantine', hex(hashBytes(makeNoise(100, 34))))))
})

test('the figures are counted as blocks come and go, not read from the table each time', async (t) => {
  await using opened = await openIn(makeFolder(t), { compress: false })
  for (const bytes of [noise, law]) await opened.blobs.put(hashBytes(bytes), bytes)
  await opened.blobs.repack(hashBytes(law))
  await opened.blobs.remove(hashBytes(noise))
  const { stored } = opened.database.get<{ readonly stored: number }>('select sum(stored) as stored from block') ?? { stored: -1 }
  assert.deepEqual(opened.blobs.usage(), { blocks: 1, bytes: law.byteLength, storedBytes: stored, maxDiskBytes: 0 })
  await opened.database.write((tx) => tx.run('delete from block'))
  assert.equal(opened.blobs.usage().blocks, 1)
})

test('F8: a put does not rest on a damaged file of the same length, but writes the block anew', async (t) => {
  const folder = makeFolder(t)
  await using opened = await openIn(folder)
  await opened.blobs.put(hashBytes(noise), noise)
  writeFileSync(pathOf(folder, noise), makeNoise(noise.byteLength, 2))
  await opened.blobs.put(hashBytes(noise), noise)
  assert.deepEqual(await opened.blobs.get(hashBytes(noise)), noise)
  assert.equal(await opened.blobs.countQuarantined(), 1)
})

test('F8: a file that vanished under a running store is said to be damaged, once', async (t) => {
  const folder = makeFolder(t)
  await using opened = await openIn(folder)
  await opened.blobs.put(hashBytes(noise), noise)
  rmSync(pathOf(folder, noise))
  await assert.rejects(opened.blobs.get(hashBytes(noise)), { code: 'BLOCK_CORRUPT' })
  assert.equal(await opened.blobs.get(hashBytes(noise)), undefined)
  await opened.blobs.put(hashBytes(noise), noise)
  rmSync(pathOf(folder, noise))
  await opened.blobs.put(hashBytes(noise), noise)
  assert.deepEqual(await opened.blobs.get(hashBytes(noise)), noise)
})

test('S30: a file that would unpack to more than any block is not unpacked', async (t) => {
  const folder = makeFolder(t)
  const bomb = new Uint8Array(64 * 1024 * 1024)
  const first = await openIn(folder)
  await first.blobs.put(hashBytes(law), law)
  writeFileSync(pathOf(folder, law, '.zst'), zstdCompressSync(bomb))
  await assert.rejects(first.blobs.get(hashBytes(law)), { code: 'BLOCK_CORRUPT' })
  await first.close()
  writeFileSync(pathOf(folder, bomb, '.zst'), zstdCompressSync(bomb))
  writeFileSync(pathOf(folder, noise), bomb)
  await using second = await openIn(folder)
  assert.equal(second.blobs.usage().blocks, 0)
  assert.equal(await second.blobs.countQuarantined(), 3)
})

const diskSteps = ['blob.put.begin', 'blob.put.written', 'blob.put.synced', 'blob.put.renamed', 'blob.put.directory-synced'] as const

for (const [code, fault] of [
  ['ENOSPC', 'DISK_FULL'],
  ['EIO', 'DISK_ERROR'],
] as const) {
  test(`${code === 'EIO' ? 'F6' : 'F5'}: ${code} at any step of a put is a fault, leaves no file and no row, and the next put succeeds`, async (t) => {
    const folder = makeFolder(t)
    await using opened = await openIn(folder, { maxDiskBytes: noise.byteLength })
    for (const step of diskSteps) {
      armFailpoint(step, { action: 'error', code })
      await assert.rejects(opened.blobs.put(hashBytes(noise), noise), { code: fault, kind: 'unavailable' }, step)
      disarmFailpoint()
      assert.deepEqual(filesOf(folder), [], step)
      assert.equal(rowsOf(opened.database), 0, step)
    }
    await opened.blobs.put(hashBytes(noise), noise)
    assert.equal(opened.blobs.usage().storedBytes, noise.byteLength)
  })
}

test('F6: an error of the disk while reading is a fault, and the block is not taken for damaged', async (t) => {
  await using opened = await openIn(makeFolder(t))
  await opened.blobs.put(hashBytes(noise), noise)
  armFailpoint('blob.get.begin', { action: 'error', code: 'EIO' })
  await assert.rejects(opened.blobs.get(hashBytes(noise)), { code: 'DISK_ERROR' })
  disarmFailpoint()
  assert.deepEqual(await opened.blobs.get(hashBytes(noise)), noise)
})

test('F5: no space for the row takes the file back', async (t) => {
  const folder = makeFolder(t)
  await using opened = await openIn(folder)
  armFailpoint('database.commit.begin', { action: 'error', code: 'ENOSPC' })
  await assert.rejects(opened.blobs.put(hashBytes(noise), noise), { code: 'DISK_FULL' })
  disarmFailpoint()
  assert.deepEqual(filesOf(folder), [])
  await opened.blobs.put(hashBytes(noise), noise)
})

test('F5: on a disk that is really full puts fail, reads go on, nothing partial stays, and puts succeed when there is room', async (t) => {
  const folder = mountSmallDisk(t)
  if (folder === undefined) return t.skip('needs root and mount(8) for a tmpfs of a fixed size')
  await using opened = await openIn(folder)
  await opened.blobs.put(hashBytes(noise), noise)
  fillDisk(join(folder, 'ballast'))
  const other = makeNoise(300_000, 2)
  await assert.rejects(opened.blobs.put(hashBytes(other), other), { code: 'DISK_FULL' })
  assert.deepEqual(await opened.blobs.get(hashBytes(noise)), noise)
  assert.deepEqual(filesOf(folder), [hex(hashBytes(noise))])
  rmSync(join(folder, 'ballast'))
  await opened.blobs.put(hashBytes(other), other)
  assert.deepEqual(await opened.blobs.get(hashBytes(other)), other)
  return undefined
})

test('a folder where no blocks can be is named', async (t) => {
  const folder = makeFolder(t)
  writeFileSync(join(folder, 'blobs'), 'a file')
  await assert.rejects(openIn(folder), { code: 'DISK_ERROR', message: /blobs/ })
})

test('a closed store refuses, and closing waits for puts under way', async (t) => {
  const folder = makeFolder(t)
  const opened = await openIn(folder)
  const put = opened.blobs.put(hashBytes(noise), noise)
  await opened.close()
  await put
  await assert.rejects(opened.blobs.get(hashBytes(noise)), /closed/)
  await assert.rejects(opened.blobs.put(hashBytes(noise), noise), /closed/)
  await using again = await openIn(folder)
  assert.equal(again.blobs.has(hashBytes(noise)), true)
})

test('opening many blocks looks at each name, and the figures add up', async (t: TestContext) => {
  const folder = makeFolder(t)
  const first = await openIn(folder)
  const blocks = Array.from({ length: 50 }, (_, n) => makeNoise(1000 + n, n))
  await Promise.all(blocks.map((bytes) => first.blobs.put(hashBytes(bytes), bytes)))
  await first.close()
  await using second = await openIn(folder)
  assert.equal(second.blobs.usage().blocks, 50)
  assert.equal(second.blobs.usage().storedBytes, 51_225)
})
