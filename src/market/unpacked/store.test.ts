import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmod, copyFile, lstat, mkdir, readFile, readdir, rename, rm, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { test } from 'node:test'
import { encodeText } from '../../lib/bytes.ts'
import { createSeededChance } from '../../lib/chance.ts'
import { hashBytes } from '../../lib/cid.ts'
import { systemClock } from '../../lib/clock.ts'
import { armFailpoint, disarmFailpoint } from '../../lib/failpoint.ts'
import { silentLog } from '../../lib/log.ts'
import type { ArchiveEntry } from '../archive/entry.ts'
import type { Way } from '../rules/sharing.ts'
import { makeTemporary, streamOf } from '../testing/stand.ts'
import { maxRecordBytes } from './record.ts'
import { sharePackage } from './share-package.ts'
import type { Unpacked } from './unpacked-store.ts'
import { UnpackedStore } from './unpacked-store.ts'

const { signal } = new AbortController()
const shallow = { isDeep: false, signal }
const digest = hashBytes(encodeText('demo'))
const name = Buffer.from(digest).toString('hex')
const demo = { 'a.txt': 'one', 'bin/run': '#!/bin/sh', 'docs/x/y.md': 'y' }

async function* entriesOf(files: Readonly<Record<string, string>>): AsyncGenerator<ArchiveEntry> {
  for (const [path, text] of Object.entries(files)) {
    yield { path, size: encodeText(text).byteLength, isExecutable: path.startsWith('bin/'), body: streamOf(text) }
  }
}

async function setUp(t: TestContext): Promise<{ root: string; directory: string; store: UnpackedStore; put: () => Promise<Unpacked> }> {
  const root = await makeTemporary(t)
  const directory = join(root, 'unpacked')
  const store = openStore(directory)
  return { root, directory, store, put: () => store.put(digest, () => entriesOf(demo), { signal }) }
}

function openStore(directory: string): UnpackedStore {
  return new UnpackedStore({ clock: systemClock, chance: createSeededChance(5), log: silentLog }, { directory })
}

async function share(unpacked: Unpacked, folder: string, ways: readonly Way[]): Promise<string> {
  await sharePackage(unpacked, { folder, ways, signal, onBytes: () => {} })
  return folder
}

test('what is no package of the store is none, whatever lies there: no record, a pipe, one longer than any', async (t) => {
  const { directory, store, put } = await setUp(t)
  ;(await put())[Symbol.dispose]()
  const record = join(directory, name, 'record')
  const text = await readFile(record, 'utf8')
  await mkdir(join(directory, 'f'.repeat(64)))
  assert.deepEqual(await store.usage(), { packages: 1, bytes: 13 })
  const body = `${text.slice(text.indexOf('\n') + 1)}${' '.repeat(maxRecordBytes)}`
  await writeFile(record, `${Buffer.from(hashBytes(encodeText(body))).toString('hex')}\n${body}`)
  assert.equal(await store.list(digest), undefined)
  await rm(record)
  assert.equal(spawnSync('mkfifo', [record]).status, 0)
  assert.equal(await store.list(digest), undefined)
  assert.equal(await store.find(digest, shallow), undefined)
  await assert.rejects(lstat(join(directory, name)), { code: 'ENOENT' })
})

test('what was put is found again, read-only, by another store on the same folder', async (t) => {
  const { directory, put } = await setUp(t)
  await put()
  using found = await openStore(directory).find(digest, shallow)
  assert.deepEqual(
    found?.files.map(({ path, size, isExecutable }) => [path, size, isExecutable]),
    [
      ['a.txt', 3, false],
      ['bin/run', 9, true],
      ['docs/x/y.md', 1, false],
    ],
  )
  assert.equal(await readFile(join(found.folder, 'docs/x/y.md'), 'utf8'), 'y')
  assert.equal((await lstat(join(found.folder, 'a.txt'))).mode & 0o777, 0o444)
  assert.equal((await lstat(join(found.folder, 'bin/run'))).mode & 0o777, 0o555)
})

test('hard links share the file itself, and it is read-only in the project too', async (t) => {
  const { root, put } = await setUp(t)
  using unpacked = await put()
  const [one, two] = [
    await share(unpacked, join(root, 'one'), ['link', 'copy']),
    await share(unpacked, join(root, 'two'), ['link', 'copy']),
  ]
  const [inOne, inTwo] = [await lstat(join(one, 'bin/run')), await lstat(join(two, 'bin/run'))]
  assert.equal(inOne.ino, inTwo.ino)
  assert.equal(inOne.nlink, 3)
  assert.equal(inOne.mode & 0o777, 0o555)
})

for (const ways of [['clone', 'copy'], ['copy']] as const) {
  test(`an edit in one project changes no other and not the store, by ${ways.join(', else ')}; its files are writable`, async (t) => {
    const { root, store, put } = await setUp(t)
    using unpacked = await put()
    const [one, two] = [await share(unpacked, join(root, 'one'), ways), await share(unpacked, join(root, 'two'), ways)]
    assert.equal((await lstat(join(one, 'bin/run'))).mode & 0o777, 0o755)
    assert.equal((await lstat(join(one, 'a.txt'))).mode & 0o777, 0o644)
    await writeFile(join(one, 'a.txt'), 'two')
    assert.equal(await readFile(join(two, 'a.txt'), 'utf8'), 'one')
    using again = await store.find(digest, { isDeep: true, signal })
    assert.equal(again !== undefined && (await readFile(join(again.folder, 'a.txt'), 'utf8')), 'one')
  })
}

test('a file written in place through a hard link, of the same length and within the same tick, is noticed: the package is unpacked anew', async (t) => {
  const { root, store, put } = await setUp(t)
  using unpacked = await put()
  const project = await share(unpacked, join(root, 'one'), ['link'])
  await chmod(join(project, 'a.txt'), 0o644)
  await writeFile(join(project, 'a.txt'), 'two')
  assert.equal(await store.find(digest, shallow), undefined)
  using again = await put()
  assert.equal(await readFile(join(again.folder, 'a.txt'), 'utf8'), 'one')
})

test('a change that hides its time is found by a deep look, and by no other', async (t) => {
  const { store, put } = await setUp(t)
  using unpacked = await put()
  const path = join(unpacked.folder, 'a.txt')
  const { mtime } = await lstat(path)
  await chmod(path, 0o644)
  await writeFile(path, 'two')
  await utimes(path, mtime, mtime)
  using found = await store.find(digest, shallow)
  assert.notEqual(found, undefined)
  assert.equal(await store.find(digest, { isDeep: true, signal }), undefined)
})

test('files that were copied back with the home are hashed once, and taken as they are', async (t) => {
  const { directory, put } = await setUp(t)
  const { folder } = await put()
  await copyFile(join(folder, 'a.txt'), join(folder, 'b.txt'))
  await rename(join(folder, 'b.txt'), join(folder, 'a.txt'))
  const { ino } = await lstat(join(folder, 'a.txt'))
  using found = await openStore(directory).find(digest, shallow)
  assert.equal(found?.files[0]?.inode, ino)
  using again = await openStore(directory).find(digest, shallow)
  assert.equal(again?.files[0]?.inode, ino)
})

for (const [what, spoil] of [
  ['a file that is gone', (folder: string) => rm(join(folder, 'files/a.txt'))],
  ['a file that may be run and might not', (folder: string) => chmod(join(folder, 'files/a.txt'), 0o755)],
  ['no record', (folder: string) => rm(join(folder, 'record'))],
  [
    'a damaged record',
    async (folder: string) => writeFile(join(folder, 'record'), (await readFile(join(folder, 'record'), 'utf8')).replace('a.txt', 'b.txt')),
  ],
  ['a record that a failing power left empty (F7)', (folder: string) => writeFile(join(folder, 'record'), '')],
  ['a record that is no file', async (folder: string) => (await rm(join(folder, 'record')), mkdir(join(folder, 'record')))],
] as const) {
  test(`a package with ${what} is not used, and taken away`, async (t) => {
    const { directory, store, put } = await setUp(t)
    using _ = await put()
    await spoil(join(directory, name))
    assert.equal(await store.find(digest, shallow), undefined)
    assert.deepEqual(await readdir(directory), [])
  })
}

test('what a killed process left half-built is no package, and goes with the next', async (t) => {
  const { directory, store, put } = await setUp(t)
  await mkdir(join(directory, '.new-0123456789ab/files'), { recursive: true })
  await mkdir(join(directory, '.old-0123456789ab/files'), { recursive: true })
  assert.equal(await store.list(digest), undefined)
  assert.deepEqual(await store.usage(), { packages: 0, bytes: 0 })
  using _ = await put()
  assert.deepEqual(await readdir(directory), [name])
})

for (const point of ['unpacked.write', 'unpacked.written']) {
  test(`F5: a disk that is full at ${point} leaves nothing in the store, and a later try works`, async (t) => {
    const { directory, put } = await setUp(t)
    t.after(() => disarmFailpoint(point))
    armFailpoint(point, { action: 'error', code: 'ENOSPC' }, point === 'unpacked.write' ? 2 : 1)
    await assert.rejects(put(), { code: 'ENOSPC' })
    assert.deepEqual(await readdir(directory), [])
    disarmFailpoint(point)
    using unpacked = await put()
    assert.equal(unpacked.files.length, 3)
  })
}

test('two who want the same package at once unpack it once', async (t) => {
  const { store } = await setUp(t)
  let unpackings = 0
  const entries = (): AsyncIterable<ArchiveEntry> => {
    unpackings += 1
    return entriesOf(demo)
  }
  const [one, two] = await Promise.all([store.put(digest, entries, { signal }), store.put(digest, entries, { signal })])
  assert.equal(one.folder, two.folder)
  assert.equal(unpackings, 1)
})

test('a sweep takes what was not used for long, and nothing that is held, young, or linked into a project', async (t) => {
  const { root, directory, store, put } = await setUp(t)
  const unpacked = await put()
  const late = { before: systemClock.now() + 60_000, isDryRun: false, signal }
  assert.deepEqual(await store.sweep(late), { packages: 0, bytes: 0 })
  const project = await share(unpacked, join(root, 'one'), ['link'])
  unpacked[Symbol.dispose]()
  assert.deepEqual(await store.sweep(late), { packages: 0, bytes: 0 })
  await rm(project, { recursive: true })
  assert.deepEqual(await store.sweep({ ...late, before: systemClock.now() - 60_000 }), { packages: 0, bytes: 0 })
  assert.deepEqual(await store.usage(), { packages: 1, bytes: 13 })
  assert.deepEqual(await store.sweep({ ...late, isDryRun: true }), { packages: 1, bytes: 13 })
  assert.deepEqual(await readdir(directory), [name])
  assert.deepEqual(await store.sweep(late), { packages: 1, bytes: 13 })
  assert.deepEqual(await readdir(directory), [])
})

test('a long file and many small ones come out as they went in', async (t) => {
  const { store } = await setUp(t)
  const files = Object.fromEntries([
    ['a-long', 'x'.repeat(600_000)],
    ...Array.from({ length: 40 }, (_, index) => [`b/${index}`, `file ${index}`]),
  ]) as Record<string, string>
  using unpacked = await store.put(digest, () => entriesOf(files), { signal })
  for (const { path } of unpacked.files) assert.equal(await readFile(join(unpacked.folder, path), 'utf8'), files[path])
  using deep = await store.find(digest, { isDeep: true, signal })
  assert.equal(deep?.files.length, 41)
})
