import assert from 'node:assert/strict'
import { chmod, rm, symlink, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { packTar } from 'modern-tar'
import type { TarHeader } from 'modern-tar'
import { concatBytes, encodeText } from '../../lib/bytes.ts'
import { makeTemporary, manifestOf, streamOf, writeFiles } from '../testing/stand.ts'
import type { ArchiveEntry } from './entry.ts'
import { measureArchive } from './measure.ts'
import { packEntries, readFolder } from './pack.ts'
import { inspectArchive, maxArchiveBytes, readArchive } from './unpack.ts'
import { toSourceFault, walkPackage } from './walk.ts'

const signal = new AbortController().signal
const limits = { maxPackageBytes: 1_000_000, maxPackageFiles: 50 }
const walkOptions = { ...limits, files: [], manifestFile: 'package.toml', signal }

async function* entriesOf(files: Readonly<Record<string, string>>): AsyncGenerator<ArchiveEntry> {
  for (const [path, text] of Object.entries(files)) {
    yield { path, size: encodeText(text).byteLength, isExecutable: path.endsWith('.sh'), body: streamOf(text) }
  }
}

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  return concatBytes(await Array.fromAsync(chunks))
}

async function digestOf(folder: string): Promise<string> {
  const archive = measureArchive(readFolder(folder, await walkPackage(folder, walkOptions), { signal }))
  await collect(archive.chunks)
  return Buffer.from(archive.result().digest).toString('hex')
}

/** An archive as another tool would make it, with one thing changed. */
async function craft(headers: readonly (Partial<TarHeader> & { readonly body?: string })[]): Promise<Uint8Array> {
  const entries = headers.map(({ body = '', ...header }) => ({
    header: Object.assign({ name: 'a', mode: 0o644, uid: 0, gid: 0, mtime: new Date(0), type: 'file' as const, size: body.length }, header),
    body,
  }))
  return packTar(entries)
}

async function refusalOf(bytes: Uint8Array, within = limits): Promise<string> {
  const outcome = await inspectArchive(streamOf(bytes), within).catch((error: unknown) => error)
  assert.ok(outcome instanceof Error, 'it was taken')
  assert.equal(Reflect.get(outcome, 'code'), 'ARCHIVE_REFUSED', outcome.message)
  return outcome.message
}

test('the archive of some files is the same bytes everywhere', async () => {
  const archive = measureArchive(
    entriesOf({ 'a.txt': 'hello\n', 'bin/run.sh': '#!/bin/sh\n', [`${'d'.repeat(90)}/${'f'.repeat(90)}`]: '', 'ä.txt': 'x' }),
  )
  await collect(archive.chunks)
  const { digest, size, files } = archive.result()
  assert.equal(size, 5_632)
  assert.equal(Buffer.from(digest).toString('hex'), '68c380c840e03590acce5c2c998811ca61075faa1aee2c711797280c7484adf2')
  assert.equal(Buffer.from(files[0]?.digest ?? []).toString('hex'), '5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03')
})

test('an archive that was packed here is taken, with its digest and files', async () => {
  const summary = await inspectArchive(packEntries(entriesOf({ a: 'x', 'b/c.sh': 'yy' })), limits)
  assert.equal(summary.size, 3_072)
  assert.deepEqual(summary.files, [
    { path: 'a', size: 1, isExecutable: false },
    { path: 'b/c.sh', size: 2, isExecutable: true },
  ])
})

test('names, order, times and owners of the source do not change the archive; contents and the executable bit do', async (t) => {
  const one = await writeFiles(await makeTemporary(t), { 'package.toml': manifestOf('x'), 'B/z': '1', 'a/y': '2' })
  const two = await writeFiles(await makeTemporary(t), { 'a/y': '2', 'B/z': '1', 'package.toml': manifestOf('x') })
  await chmod(join(two, 'a/y'), 0o600)
  const digest = await digestOf(one)
  assert.equal(await digestOf(two), digest)
  await chmod(join(two, 'a/y'), 0o755)
  assert.notEqual(await digestOf(two), digest)
})

test('what is always left out, and what .althingignore names, is not packed', async (t) => {
  const folder = await writeFiles(await makeTemporary(t), {
    'package.toml': manifestOf('x'),
    '.git/config': 'x',
    'node_modules/y/index.js': 'x',
    '.althing/z': 'x',
    'a/.DS_Store': 'x',
    'a/b.swp': 'x',
    'secret.env': 'x',
    'logs/a.log': 'x',
    'logs/keep.log': 'x',
    '.althingignore': '*.env\nlogs/*\n!keep.log\n',
  })
  await symlink('/etc/passwd', join(folder, 'node_modules/link'))
  const files = await walkPackage(folder, walkOptions)
  assert.deepEqual(
    files.map(({ path }) => path),
    ['logs/keep.log', 'package.toml'],
  )
})

test('with files in the manifest, those and the manifest are packed', async (t) => {
  const folder = await writeFiles(await makeTemporary(t), { 'package.toml': manifestOf('x'), 'src/a': '1', 'test/b': '2', README: '3' })
  const files = await walkPackage(folder, { ...walkOptions, files: ['/src', 'README'] })
  assert.deepEqual(
    files.map(({ path }) => path),
    ['README', 'package.toml', 'src/a'],
  )
})

test('S12: a source with a symbolic link, a forbidden name or two names that are one is refused', async (t) => {
  const linked = await writeFiles(await makeTemporary(t), { 'package.toml': manifestOf('x') })
  await symlink('/etc/passwd', join(linked, 'innocent.txt'))
  await assert.rejects(walkPackage(linked, walkOptions), { code: 'SOURCE_REFUSED', message: /innocent.txt.*symbolic link/ })
  const reserved = await writeFiles(await makeTemporary(t), { 'aux.txt': 'x' })
  await assert.rejects(walkPackage(reserved, walkOptions), { code: 'SOURCE_REFUSED', message: /reserved/ })
  const twice = await writeFiles(await makeTemporary(t), { README: 'x', readme: 'y' })
  await assert.rejects(walkPackage(twice, walkOptions), { code: 'SOURCE_REFUSED', message: /twice/ })
})

test('S13: a source with too many files or bytes is refused while it is walked', async (t) => {
  const many = await writeFiles(await makeTemporary(t), Object.fromEntries(Array.from({ length: 51 }, (_, n) => [`f${n}`, ''])))
  await assert.rejects(walkPackage(many, walkOptions), { code: 'PACKAGE_TOO_LARGE', message: /50 files/ })
  const large = await writeFiles(await makeTemporary(t), { a: 'x'.repeat(20) })
  await assert.rejects(walkPackage(large, { ...walkOptions, maxPackageBytes: 19 }), { code: 'PACKAGE_TOO_LARGE', message: /19 bytes/ })
})

test('S13: a folder whose names are nearly all left out is walked no further than its package may be long', async (t) => {
  const names = Object.fromEntries(Array.from({ length: 21 }, (_, n) => [`f${n}.log`, '']))
  const folder = await writeFiles(await makeTemporary(t), { 'package.toml': manifestOf('x'), '.althingignore': '*.log\n', ...names })
  await assert.rejects(walkPackage(folder, { ...walkOptions, maxPackageFiles: 1 }), { code: 'PACKAGE_TOO_LARGE', message: /1 files/ })
})

test('S29: a file that says what is left out is a plain one of bounded length', async (t) => {
  const outside = await writeFiles(await makeTemporary(t), { patterns: '*' })
  for (const name of ['.gitignore', '.althingignore']) {
    const linked = await writeFiles(await makeTemporary(t), { 'package.toml': manifestOf('x') })
    await symlink(join(outside, 'patterns'), join(linked, name))
    await assert.rejects(walkPackage(linked, walkOptions), { code: 'SOURCE_REFUSED', message: /no plain file/ })
    const long = await writeFiles(await makeTemporary(t), { 'package.toml': manifestOf('x'), [name]: `#${'x'.repeat(65_536)}` })
    await assert.rejects(walkPackage(long, walkOptions), { code: 'SOURCE_REFUSED', message: /more than 65536 bytes/ })
    const lines = await writeFiles(await makeTemporary(t), { 'package.toml': manifestOf('x'), [name]: 'a\n'.repeat(1_001) })
    await assert.rejects(walkPackage(lines, walkOptions), { code: 'SOURCE_REFUSED', message: /more than 1000 lines/ })
  }
})

test(
  'a source that may not be read is refused with its name',
  { skip: process.getuid?.() === 0 ? 'root may read everything' : false },
  async (t) => {
    const folder = await writeFiles(await makeTemporary(t), { a: 'one' })
    await chmod(join(folder, 'a'), 0o000)
    const files = await walkPackage(folder, walkOptions)
    await assert.rejects(collect(packEntries(readFolder(folder, files, { signal }))), {
      code: 'SOURCE_REFUSED',
      message: /"a" .* may not be read/,
    })
  },
)

test('what the disk says of a source is told where its owner can mend it', () => {
  const denied = toSourceFault(Object.assign(new Error('no'), { code: 'EACCES' }), 'a')
  assert.equal(Reflect.get(Object(denied), 'code'), 'SOURCE_REFUSED')
  const other = Object.assign(new Error('no'), { code: 'EIO' })
  assert.equal(toSourceFault(other, 'a'), other)
})

test('a file that changes between the walk and the reading is refused', async (t) => {
  const folder = await writeFiles(await makeTemporary(t), { a: 'one' })
  const files = await walkPackage(folder, walkOptions)
  await writeFiles(folder, { a: 'three' })
  await assert.rejects(collect(packEntries(readFolder(folder, files, { signal }))), {
    code: 'SOURCE_REFUSED',
    message: /changed while it was read/,
  })
})

test('S12: a file that became a link since the walk is not followed', async (t) => {
  const outside = await writeFiles(await makeTemporary(t), { secret: 'one' })
  const folder = await writeFiles(await makeTemporary(t), { a: 'one' })
  const files = await walkPackage(folder, walkOptions)
  await rm(join(folder, 'a'))
  await symlink(join(outside, 'secret'), join(folder, 'a'))
  await assert.rejects(collect(packEntries(readFolder(folder, files, { signal }))), { code: 'SOURCE_REFUSED', message: /changed/ })
})

test('a file that is cut while it is read is refused', async (t) => {
  const folder = await writeFiles(await makeTemporary(t), { a: 'x'.repeat(300_000) })
  const [entry] = await Array.fromAsync(readFolder(folder, await walkPackage(folder, walkOptions), { signal }))
  assert.ok(entry !== undefined)
  const sizes: number[] = []
  const reading = async (): Promise<void> => {
    for await (const { byteLength } of entry.body) {
      sizes.push(byteLength)
      await truncate(join(folder, 'a'), 10)
    }
  }
  await assert.rejects(reading(), { code: 'SOURCE_REFUSED', message: /changed while it was read/ })
  assert.deepEqual(sizes, [262_144])
})

test('S12: links, devices, folders and other things that are no files are refused', async () => {
  assert.match(await refusalOf(await craft([{ type: 'symlink', linkname: '/etc/passwd', size: 0 }])), /symlink/)
  assert.match(await refusalOf(await craft([{ type: 'link', linkname: 'a', size: 0 }])), /link/)
  assert.match(await refusalOf(await craft([{ type: 'character-device', size: 0 }])), /character-device/)
  assert.match(await refusalOf(await craft([{ type: 'fifo', size: 0 }])), /fifo/)
  assert.match(await refusalOf(await craft([{ type: 'directory', name: 'd/', size: 0 }])), /directory/)
})

test('S12: setuid, owners and times that are not ours are refused', async () => {
  assert.match(await refusalOf(await craft([{ mode: 0o4755 }])), /mode is 4755/)
  assert.match(await refusalOf(await craft([{ mode: 0o777 }])), /mode is 777/)
  assert.match(await refusalOf(await craft([{ uid: 1000 }])), /user or group/)
  assert.match(await refusalOf(await craft([{ gid: 1000 }])), /user or group/)
  assert.match(await refusalOf(await craft([{ mtime: new Date(1_000) }])), /not the canonical/)
  assert.match(await refusalOf(await craft([{ uname: 'root' }])), /not the canonical/)
})

test('S12: paths that climb, are absolute, hold a NUL or a backslash, are too long or reserved are refused', async () => {
  const bad = ['../x', '/etc/cron.d/x', 'a/../../x', 'a\\..\\x', 'x'.repeat(250), '.git/hooks/post-checkout', 'NUL', 'a\u202eb']
  for (const name of bad) await refusalOf(await craft([{ name }]))
  assert.match(await refusalOf(await craft([{ name: 'a', pax: { path: 'ok\0/../x' } }])), /"ok\\u0000/)
})

test('S12: names that are there twice, also where case does not count, are refused', async () => {
  assert.match(await refusalOf(await craft([{ name: 'a' }, { name: 'a' }])), /twice/)
  assert.match(await refusalOf(await craft([{ name: 'README' }, { name: 'readme' }])), /twice/)
  assert.match(await refusalOf(await craft([{ name: 'b' }, { name: 'a' }])), /not in order/)
})

test('S12: an entry whose type flag readers take differently is refused', async () => {
  const bytes = await craft([{ name: 'a', body: 'x' }])
  bytes[156] = '7'.charCodeAt(0)
  let sum = 0
  for (let index = 0; index < 512; index++) sum += index >= 148 && index < 156 ? 32 : (bytes[index] ?? 0)
  bytes.set(encodeText(`${sum.toString(8).padStart(6, '0')}\0 `), 148)
  assert.match(await refusalOf(bytes), /not the canonical/)
})

test('S12: hidden headers, bytes after the end, a missing end and a flipped bit are refused', async () => {
  const good = await collect(packEntries(entriesOf({ a: 'hello' })))
  assert.match(await refusalOf(await craft([{ pax: { comment: 'hidden' } }])), /not the canonical/)
  assert.match(await refusalOf(concatBytes([good, new Uint8Array(512)])), /not the canonical/)
  await refusalOf(concatBytes([good, encodeText('more')]))
  await refusalOf(good.subarray(0, good.byteLength - 1_024))
  await refusalOf(good.subarray(0, 700))
  for (const offset of [0, 100, 130, 150, 257, 345, 600]) {
    const bad = good.slice()
    bad[offset] = (bad[offset] ?? 0) ^ 1
    await refusalOf(bad)
  }
})

test('S13: sizes and counts are capped before anything is written', async () => {
  assert.match(await refusalOf(await craft([{ body: 'x'.repeat(101) }]), { ...limits, maxPackageBytes: 100 }), /more than 100 bytes/)
  const many = await craft(Array.from({ length: 51 }, (_, n) => ({ name: `f${String(n).padStart(3, '0')}` })))
  assert.match(await refusalOf(many), /more than 50 files/)
})

test('S13: an archive that never ends is cut at the longest a package can have', async () => {
  let given = 0
  async function* endless(): AsyncGenerator<Uint8Array> {
    const head = await craft([{ name: 'a', size: 900_000, body: 'x'.repeat(900_000) }])
    yield head.subarray(0, 512)
    for (;;) {
      given += 65_536
      yield new Uint8Array(65_536)
    }
  }
  const outcome = await inspectArchive(endless(), limits).catch((error: unknown) => error)
  assert.equal(Reflect.get(Object(outcome), 'code'), 'ARCHIVE_REFUSED')
  assert.ok(given <= maxArchiveBytes(limits) + 2_097_152, `${given} bytes were taken`)
})

test('S30: a size no number can hold is refused', async () => {
  assert.ok(await refusalOf(await craft([{ pax: { size: '99999999999999999999' } }])))
})

test('bodies come in order and whole', async () => {
  const seen: string[] = []
  for await (const { path, body } of readArchive(packEntries(entriesOf({ a: 'one', b: 'two' })), limits)) {
    seen.push(`${path}=${Buffer.from(await collect(body)).toString()}`)
  }
  assert.deepEqual(seen, ['a=one', 'b=two'])
})

test('what the source throws is thrown', async () => {
  await assert.rejects(inspectArchive(broken(), limits), { name: 'AbortError' })
})

async function* broken(): AsyncGenerator<Uint8Array> {
  yield new Uint8Array(10)
  throw new DOMException('gone', 'AbortError')
}
