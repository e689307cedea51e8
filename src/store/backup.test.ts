import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { hashBytes } from '../lib/cid.ts'
import type { Clock } from '../lib/clock.ts'
import { armFailpoint, disarmFailpoint } from '../lib/failpoint.ts'
import { silentLog } from '../lib/log.ts'
import { createVirtualClock } from '../lib/virtual-clock.ts'
import { backupHome } from './backup.ts'
import { makeNoise } from './blobs.suite.ts'
import { openDatabase } from './database.ts'
import { openBlobStore } from './disk-blobs.ts'
import { restoreHome } from './restore.ts'
import { fillDisk, makeFolder, mountSmallDisk } from './scratch.fixture.ts'

const blocks = [...Array.from({ length: 6 }, (_, n) => makeNoise(20_000, n)), new Uint8Array(Buffer.from('law '.repeat(9000)))]
const clock: Clock = createVirtualClock({ startsAt: 1_800_000_000_000 })
const never = { clock, signal: new AbortController().signal, onProgress: () => {} }

async function openHome(home: string) {
  mkdirSync(home, { recursive: true })
  const database = openDatabase({ path: join(home, 'althing.sqlite') })
  const blobs = await openBlobStore(
    { database, directory: join(home, 'blobs'), clock, log: silentLog },
    { maxDiskBytes: 0, compress: true },
  )
  const close = async (): Promise<void> => {
    await blobs[Symbol.asyncDispose]()
    await database[Symbol.asyncDispose]()
  }
  const put = async (name: string): Promise<void> => {
    await database.write((tx) => tx.run('insert into setting (name, value) values (?, ?)', name, 'x'.repeat(1000)))
  }
  const names = (): readonly string[] =>
    database.all<{ readonly name: string }>('select name from setting order by name').map((row) => row.name)
  return { database, blobs, put, names, close, [Symbol.asyncDispose]: close }
}

/** A home with blocks, a row, settings and keys; and a place for its backup. */
async function makeHome(t: TestContext) {
  const folder = makeFolder(t)
  const home = join(folder, 'home')
  const opened = await openHome(home)
  t.after(opened.close)
  for (const bytes of blocks) await opened.blobs.put(hashBytes(bytes), bytes)
  await opened.put('ada')
  writeFileSync(join(home, 'config.toml'), '[network]\nmdns = false\n')
  mkdirSync(join(home, 'keys'), { mode: 0o700 })
  writeFileSync(join(home, 'keys', 'owner.key'), 'secret', { mode: 0o600 })
  return { folder, home, target: join(folder, 'backup'), restored: join(folder, 'restored'), ...opened }
}

function pathOf(home: string, bytes: Uint8Array): string {
  const name = Buffer.from(hashBytes(bytes)).toString('hex')
  return join(home, 'blobs', name.slice(0, 2), name)
}

test('a backup taken while the home is written restores to a home with all that was there, and stays as it was', async (t) => {
  const ada = await makeHome(t)
  const backup = backupHome({ ...never, home: ada.home, target: ada.target, includeKeys: false })
  for (let n = 0; n < 20; n += 1) await ada.put(`meanwhile ${n}`)
  const report = await backup
  assert.deepEqual(report, {
    target: ada.target,
    databaseBytes: report.databaseBytes,
    blocks: 7,
    blobBytes: report.blobBytes,
    linkedBlocks: 7,
    includesKeys: false,
  })
  await ada.put('later')
  const restored = await restoreHome({ ...never, source: ada.target, target: ada.restored })
  assert.deepEqual(restored, { home: ada.restored, databaseBytes: report.databaseBytes, blocks: 7, lostBlocks: 0, includesKeys: false })
  await using bob = await openHome(ada.restored)
  for (const bytes of blocks) assert.deepEqual(hashBytes((await bob.blobs.get(hashBytes(bytes))) ?? new Uint8Array(0)), hashBytes(bytes))
  assert.ok(bob.names().includes('ada'))
  assert.ok(!bob.names().includes('later'))
  assert.equal(readFileSync(join(ada.restored, 'config.toml'), 'utf8'), '[network]\nmdns = false\n')
  assert.deepEqual(bob.database.checkIntegrity(), [])
})

test('F35: a restored home says so, and when, so that its journals go on in a new incarnation', async (t) => {
  const ada = await makeHome(t)
  await backupHome({ ...never, home: ada.home, target: ada.target, includeKeys: false })
  await restoreHome({ ...never, source: ada.target, target: ada.restored })
  await using bob = await openHome(ada.restored)
  const marks = bob.database.all(`select name, value from setting where name like 'restored%' order by name`)
  assert.deepEqual(
    marks.map((row) => [row['name'], row['value']]),
    [
      ['restored', '1'],
      ['restored_at', '1800000000000'],
    ],
  )
  assert.deepEqual(ada.names(), ['ada'])
})

test('keys are in a backup only when asked for, and stay readable by their owner only', async (t) => {
  const ada = await makeHome(t)
  await backupHome({ ...never, home: ada.home, target: ada.target, includeKeys: false })
  assert.equal(existsSync(join(ada.target, 'keys')), false)
  assert.equal(statSync(join(ada.target, 'althing.sqlite')).mode & 0o777, 0o600)
  const safe = join(ada.folder, 'safe')
  const report = await backupHome({ ...never, home: ada.home, target: safe, includeKeys: true })
  assert.equal(report.includesKeys, true)
  const restored = await restoreHome({ ...never, source: safe, target: ada.restored })
  assert.equal(restored.includesKeys, true)
  for (const folder of [safe, ada.restored]) {
    assert.equal(readFileSync(join(folder, 'keys', 'owner.key'), 'utf8'), 'secret')
    assert.equal(statSync(join(folder, 'keys', 'owner.key')).mode & 0o777, 0o600)
    assert.equal(statSync(folder).mode & 0o777, 0o700)
  }
})

test('a restored home shares no file with the backup, so that neither can harm the other', async (t) => {
  const ada = await makeHome(t)
  await backupHome({ ...never, home: ada.home, target: ada.target, includeKeys: false })
  await restoreHome({ ...never, source: ada.target, target: ada.restored })
  const [first = new Uint8Array(0)] = blocks
  assert.equal(statSync(pathOf(ada.target, first)).ino, statSync(pathOf(ada.home, first)).ino)
  assert.notEqual(statSync(pathOf(ada.restored, first)).ino, statSync(pathOf(ada.target, first)).ino)
})

test('neither a backup nor a restore writes where something is', async (t) => {
  const ada = await makeHome(t)
  await assert.rejects(backupHome({ ...never, home: ada.home, target: ada.home, includeKeys: false }), { code: 'BACKUP_TARGET_EXISTS' })
  await backupHome({ ...never, home: ada.home, target: ada.target, includeKeys: false })
  await assert.rejects(restoreHome({ ...never, source: ada.target, target: ada.home }), { code: 'BACKUP_TARGET_EXISTS' })
  const file = join(ada.folder, 'file')
  writeFileSync(file, '')
  await assert.rejects(restoreHome({ ...never, source: ada.target, target: file }), { code: 'BACKUP_TARGET_EXISTS' })
  assert.deepEqual(ada.names(), ['ada'])
  mkdirSync(ada.restored)
  await restoreHome({ ...never, source: ada.target, target: ada.restored })
  assert.equal(existsSync(`${ada.restored}.restoring`), false)
})

test('F8: a block damaged in the backup is not restored as if it were sound; the rest is', async (t) => {
  const ada = await makeHome(t)
  await backupHome({ ...never, home: ada.home, target: ada.target, includeKeys: false })
  const [first = new Uint8Array(0), second = new Uint8Array(0)] = blocks
  unlinkSync(pathOf(ada.target, first))
  writeFileSync(pathOf(ada.target, first), Buffer.from(first.toReversed()))
  rmSync(pathOf(ada.target, second))
  const report = await restoreHome({ ...never, source: ada.target, target: ada.restored })
  assert.deepEqual([report.blocks, report.lostBlocks], [5, 2])
  await using bob = await openHome(ada.restored)
  assert.equal(bob.blobs.has(hashBytes(first)), false)
  assert.deepEqual(await ada.blobs.get(hashBytes(first)), first)
})

test('F8: a backup whose database was changed, or that is not whole, is refused and nothing is left behind', async (t) => {
  const ada = await makeHome(t)
  await backupHome({ ...never, home: ada.home, target: ada.target, includeKeys: false })
  const restore = restoreHome.bind(undefined, { ...never, source: ada.target, target: ada.restored })
  const manifest = join(ada.target, 'backup.json')
  const said = readFileSync(manifest, 'utf8')
  for (const text of [
    '',
    '[]',
    '{"__proto__": {"format": "althing-backup"}}',
    said.replace('"version": 1', '"version": 2'),
    said.replace(/"blocks": \d+/, '"blocks": -1'),
    said.replace(/Sha256": "\w+"/, 'Sha256": "no"'),
    `${said}${' '.repeat(5000)}`,
  ]) {
    writeFileSync(manifest, text)
    await assert.rejects(restore(), { code: 'BACKUP_INVALID' }, text.slice(0, 60))
  }
  rmSync(manifest)
  await assert.rejects(restore(), { code: 'BACKUP_INVALID' })
  writeFileSync(manifest, said)
  const path = join(ada.target, 'althing.sqlite')
  const bytes = readFileSync(path)
  bytes[bytes.byteLength - 1] = (bytes.at(-1) ?? 0) ^ 1
  writeFileSync(path, bytes)
  await assert.rejects(restore(), { code: 'BACKUP_INVALID' })
  rmSync(path)
  await assert.rejects(restore(), { code: 'BACKUP_INVALID' })
  assert.deepEqual(readdirSync(ada.folder).toSorted(), ['backup', 'home'])
})

test('a backup that is interrupted leaves nothing', async (t) => {
  const ada = await makeHome(t)
  const controller = new AbortController()
  const onProgress = ({ stage }: { readonly stage: string }): void => {
    if (stage === 'blocks') controller.abort(new Error('interrupted'))
  }
  const request = { home: ada.home, target: ada.target, includeKeys: false, clock, signal: controller.signal, onProgress }
  await assert.rejects(backupHome(request), /interrupted/)
  assert.equal(existsSync(ada.target), false)
})

test('F6: a disk that fails during a restore leaves neither a home nor a half of one', async (t) => {
  const ada = await makeHome(t)
  await backupHome({ ...never, home: ada.home, target: ada.target, includeKeys: false })
  t.after(() => disarmFailpoint())
  for (const [code, fault] of [
    ['EIO', 'DISK_ERROR'],
    ['ENOSPC', 'DISK_FULL'],
  ] as const) {
    armFailpoint('blob.put.synced', { action: 'error', code }, 3)
    await assert.rejects(restoreHome({ ...never, source: ada.target, target: ada.restored }), { code: fault })
    assert.deepEqual(readdirSync(ada.folder).toSorted(), ['backup', 'home'])
  }
  disarmFailpoint()
  await restoreHome({ ...never, source: ada.target, target: ada.restored })
})

test('a place for a backup that cannot be written is named', async (t) => {
  const ada = await makeHome(t)
  const target = join(ada.home, 'config.toml', 'backup')
  await assert.rejects(backupHome({ ...never, home: ada.home, target, includeKeys: false }), (error: Error) => {
    assert.match(error.message, /config\.toml/)
    return ['DISK_ERROR', 'BACKUP_TARGET_EXISTS'].includes((error as Error & { readonly code: string }).code)
  })
})

test('a block packed anew or collected while the backup runs is put right in it', async (t) => {
  const ada = await makeHome(t)
  const [first = new Uint8Array(0), second = new Uint8Array(0)] = blocks
  // as a collection and a packing do it after the snapshot: the file goes, or goes by another name
  rmSync(pathOf(ada.home, first))
  rmSync(pathOf(ada.home, second))
  const { zstdCompressSync } = await import('node:zlib')
  writeFileSync(`${pathOf(ada.home, second)}.zst`, zstdCompressSync(second))
  const report = await backupHome({ ...never, home: ada.home, target: ada.target, includeKeys: false })
  assert.equal(report.blocks, 6)
  const restored = await restoreHome({ ...never, source: ada.target, target: ada.restored })
  assert.deepEqual([restored.blocks, restored.lostBlocks], [6, 0])
})

test('F5: a backup onto a full disk fails as such and takes away what it wrote; onto another disk blocks are copied', async (t) => {
  const ada = await makeHome(t)
  const disk = mountSmallDisk(t)
  if (disk === undefined) return t.skip('needs root and mount(8) for a tmpfs of a fixed size')
  const target = join(disk, 'backup')
  const report = await backupHome({ ...never, home: ada.home, target, includeKeys: false })
  assert.equal(report.linkedBlocks, 0)
  assert.deepEqual(new Uint8Array(readFileSync(pathOf(target, blocks[0] ?? new Uint8Array(0)))), blocks[0])
  fillDisk(join(disk, 'ballast'))
  const second = join(disk, 'second')
  await assert.rejects(backupHome({ ...never, home: ada.home, target: second, includeKeys: false }), { code: 'DISK_FULL' })
  assert.equal(existsSync(second), false)
  return undefined
})
