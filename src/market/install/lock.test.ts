import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFile, readdir, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { encodeText } from '../../lib/bytes.ts'
import { createSeededChance } from '../../lib/chance.ts'
import { createCid, rawCodec } from '../../lib/cid.ts'
import { makeTemporary, ownerOf } from '../testing/stand.ts'
import type { LockedPackage } from './lock.ts'
import { formatLock, parseLock } from './lock.ts'
import { readLock, writeLock } from './lock-file.ts'
import { parseMergedLock } from './lock-merge.ts'

const cid = createCid(rawCodec, encodeText('x'))

function locked(name: string, more: Partial<LockedPackage> = {}): LockedPackage {
  return {
    package: name,
    owner: ownerOf(name.slice(1, name.indexOf('/'))),
    version: '1.0.0',
    digest: `sha256:${'0'.repeat(64)}`,
    cid,
    source: `hive:${cid}`,
    kind: 'skill',
    requested: '^1',
    isIsolated: false,
    dependencies: [],
    overrides: [],
    ...more,
  }
}

function lockOf(...entries: readonly LockedPackage[]): ReadonlyMap<string, LockedPackage> {
  return new Map(entries.map((entry) => [entry.package, entry]))
}

const override = {
  kind: 'cool-down',
  version: '1.0.0',
  reason: 'read "it" – twice',
  by: ownerOf('ada'),
  at: '2026-11-21T10:00:00.000Z',
} as const
const needs = [
  { package: '@bob/y', range: '>=1 <3' },
  { package: '@ada/x', range: '^1' },
]

test('a lock is one sorted block per package', () => {
  assert.equal(
    formatLock(
      lockOf(
        locked('@bob/a', { requested: undefined, kind: undefined, isIsolated: true }),
        locked('@ada/z', { dependencies: needs, overrides: [override] }),
      ),
    ),
    `# Written by althing. Commit it: it pins owners and bytes.
version = 2

[[installed]]
package = "@ada/z"
owner = "${ownerOf('ada')}"
version = "1.0.0"
digest = "sha256:0000000000000000000000000000000000000000000000000000000000000000"
cid = "${cid}"
source = "hive:${cid}"
kind = "skill"
requested = "^1"
dependencies = [
  "@ada/x ^1",
  "@bob/y >=1 <3",
]

[[installed.override]]
kind = "cool-down"
version = "1.0.0"
reason = "read \\"it\\" – twice"
by = "${ownerOf('ada')}"
at = "2026-11-21T10:00:00.000Z"

[[installed]]
package = "@bob/a"
owner = "${ownerOf('bob')}"
version = "1.0.0"
digest = "sha256:0000000000000000000000000000000000000000000000000000000000000000"
cid = "${cid}"
source = "hive:${cid}"
without-dependencies = true
`,
  )
})

test('what was written is read, and written again it is the same bytes', () => {
  const lock = lockOf(
    locked('@ada/z', { dependencies: needs.toReversed(), overrides: [override, { ...override, kind: 'yanked', by: undefined }] }),
    locked('@bob/a', { version: '2.0.0-rc.1+b', requested: 'beta', isIsolated: true }),
    locked('@cy/c', { requested: '*', kind: undefined, source: 'registry:https://example.org/packages/' }),
  )
  const text = formatLock(lock)
  const read = parseLock(text, 'althing.lock')
  assert.deepEqual([...read.values()], [...lock.values()])
  assert.equal(formatLock(read), text)
  assert.equal(formatLock(parseLock(text.replaceAll('\n', '\r\n'), 'althing.lock')), text)
})

test('a lock that althing 0.1 wrote is read: every package was asked for, and came without what it needs', () => {
  const text = [
    '# Written by althing. Commit it: it pins owners and bytes.',
    'version = 1',
    '',
    '[[installed]]',
    'package = "@ada/z"',
    `owner = "${ownerOf('ada')}"`,
    'version = "1.0.0"',
    `digest = "sha256:${'0'.repeat(64)}"`,
    `cid = "${cid}"`,
    `hive = "${cid}"`,
    '',
  ].join('\n')
  assert.deepEqual([...parseLock(text, 'althing.lock').values()], [locked('@ada/z', { kind: undefined, requested: '*', isIsolated: true })])
})

test('two branches that add packages in different places are merged by Git, and what comes out is a lock', async (t) => {
  const folder = await makeTemporary(t)
  const [b, m, x] = ['@ada/b', '@ada/m', '@ada/x'].map((name) => locked(name)) as [LockedPackage, LockedPackage, LockedPackage]
  const [c, n] = [locked('@ada/c', { dependencies: needs }), locked('@ada/n', { overrides: [override] })]
  const files = { ours: lockOf(b, c, m, x), base: lockOf(b, m, x), theirs: lockOf(b, m, n, x) }
  for (const [name, lock] of Object.entries(files)) await writeFile(join(folder, name), formatLock(lock))
  const merged = spawnSync('git', ['merge-file', '-p', 'ours', 'base', 'theirs'], { cwd: folder, encoding: 'utf8' })
  assert.equal(merged.status, 0, merged.stdout)
  assert.equal(merged.stdout, formatLock(lockOf(b, c, m, n, x)))
})

test('two branches that change different packages are merged by Git, too', async (t) => {
  const folder = await makeTemporary(t)
  const [b, m] = [locked('@ada/b'), locked('@ada/m')]
  const [b2, m2] = [locked('@ada/b', { version: '1.1.0' }), locked('@ada/m', { version: '1.2.0', requested: '^1.2' })]
  const files = { ours: lockOf(b2, m), base: lockOf(b, m), theirs: lockOf(b, m2) }
  for (const [name, lock] of Object.entries(files)) await writeFile(join(folder, name), formatLock(lock))
  const merged = spawnSync('git', ['merge-file', '-p', 'ours', 'base', 'theirs'], { cwd: folder, encoding: 'utf8' })
  assert.equal(merged.status, 0, merged.stdout)
  assert.equal(merged.stdout, formatLock(lockOf(b2, m2)))
})

function mergeByGit(folder: string, style: readonly string[] = []): string {
  return spawnSync('git', ['merge-file', '-p', ...style, 'ours', 'base', 'theirs'], { cwd: folder, encoding: 'utf8' }).stdout
}

test('packages that two branches added at one place, where Git leaves its marks, are all taken', async (t) => {
  const folder = await makeTemporary(t)
  const [m, c, d] = [locked('@ada/m'), locked('@ada/c', { dependencies: needs }), locked('@ada/d', { overrides: [override] })]
  const files = { ours: lockOf(m, c), base: lockOf(m), theirs: lockOf(m, d) }
  for (const [name, lock] of Object.entries(files)) await writeFile(join(folder, name), formatLock(lock))
  for (const style of [[], ['--diff3'], ['--zdiff3']]) {
    const text = mergeByGit(folder, style)
    assert.match(text, /^<{7} ours$/m)
    const { lock, isMerged } = parseMergedLock(text, 'althing.lock')
    assert.equal(isMerged, true)
    assert.equal(formatLock(lock), formatLock(lockOf(c, d, m)))
  }
  assert.equal(parseMergedLock(formatLock(lockOf(m)), 'althing.lock').isMerged, false)
})

test('a package that two branches changed in different ways is named, and nobody guesses', async (t) => {
  const folder = await makeTemporary(t)
  const files = { ours: locked('@ada/m', { version: '1.1.0' }), base: locked('@ada/m'), theirs: locked('@ada/m', { version: '1.2.0' }) }
  for (const [name, entry] of Object.entries(files)) await writeFile(join(folder, name), formatLock(lockOf(entry)))
  assert.throws(() => parseMergedLock(mergeByGit(folder), 'althing.lock'), {
    code: 'LOCK_INVALID',
    message:
      'althing.lock:7: two branches changed @ada/m in different ways. Keep one block of each, take the marks out, then run `althing install`.',
  })
})

test('S8: a package that two branches added under two names is not taken twice', async (t) => {
  const folder = await makeTemporary(t)
  const [own, renamed] = [locked('@ada/m'), locked('@old-ada/m', { owner: ownerOf('ada') })]
  for (const [name, lock] of Object.entries({ ours: lockOf(own), base: lockOf(), theirs: lockOf(renamed) }))
    await writeFile(join(folder, name), formatLock(lock))
  assert.throws(() => parseMergedLock(mergeByGit(folder), 'althing.lock'), { code: 'LOCK_INVALID', message: /there twice/ })
})

test('marks that are not whole are said with their line and what to do', () => {
  for (const marks of [
    '<<<<<<< ours',
    '<<<<<<< ours\n>>>>>>> theirs',
    '=======',
    '<<<<<<< a\n=======\n<<<<<<< a',
    '>>>>>>> theirs',
    '<<<<<<< a\n<<<<<<< b\n=======\n>>>>>>> c',
  ]) {
    assert.throws(
      () => parseMergedLock(`version = 2\n${marks}\n`, 'althing.lock'),
      { message: /^althing\.lock:2: it holds the marks/ },
      marks,
    )
  }
})

test('the marks of a merge conflict are said with their line and what to do', () => {
  const text = `version = 2\n\n<<<<<<< ours\n[[installed]]\n=======\n>>>>>>> theirs\n`
  assert.throws(() => parseLock(text, 'althing.lock'), {
    code: 'LOCK_INVALID',
    message:
      'althing.lock:3: it holds the marks of a merge conflict. Keep the blocks of both sides, and of a package that both changed one; then run `althing install`.',
  })
})

test('S26: a lock that names a path, or anything that is not what it says, is refused with its line', () => {
  const refused: readonly (readonly [string, string])[] = [
    ['package = "@bob/b"', 'package = "@../x"'],
    ['package = "@bob/b"', 'package = "@ada/../x"'],
    ['package = "@bob/b"', 'package = "/etc/passwd"'],
    ['package = "@bob/b"', 'package = "demo"'],
    ['package = "@bob/b"', 'package = "@ada/demo/x"'],
    ['package = "@bob/b"', 'package = "@.git/hooks"'],
    ['package = "@bob/b"', 'package = "@bob/.."'],
    ['package = "@bob/b"', 'package = "@bob/con"'],
    [`owner = "${ownerOf('bob')}"`, 'owner = "bob"'],
    ['version = "1.0.0"', 'version = "1"'],
    ['digest = "sha256:0', 'digest = "sha256:'],
    ['cid = "', 'cid = "x'],
    ['source = "hive:', 'source = "hive:x'],
    ['source = "hive:', 'source = "file:'],
    ['source = "hive:', 'source = "registry:file:///etc/passwd#'],
    ['by = "', 'by = "x'],
    ['kind = "skill"', 'kind = "virus"'],
    ['requested = "^1"', 'requested = "--upload-pack=x"'],
    ['requested = "^1"', 'requested = 1'],
    ['"@ada/x ^1"', '"@ada/../x ^1"'],
    ['"@ada/x ^1"', '"@ada/x"'],
    ['"@ada/x ^1"', '"@ada/x --force"'],
    ['kind = "cool-down"', 'kind = "any"'],
    ['at = "2026', 'at = "soon'],
    ['reason = "', 'reason = "\\u001b'],
    ['requested = "^1"', 'requested = "^1"\nwithout-dependencies = "no"'],
  ]
  const first = formatLock(lockOf(locked('@ada/a')))
  const second = formatLock(lockOf(locked('@bob/b', { dependencies: needs, overrides: [override] })))
    .split('\n')
    .slice(3)
    .join('\n')
  assert.equal(parseLock(`${first}\n${second}`, 'althing.lock').size, 2)
  for (const [good, bad] of refused) {
    assert.ok(second.includes(good), good)
    const text = `${first}\n${second.replace(good, bad)}`
    assert.throws(() => parseLock(text, 'althing.lock'), { code: 'LOCK_INVALID', message: /^althing\.lock:14: / }, bad)
  }
  const other = first.split('\n').slice(3).join('\n')
  assert.throws(() => parseLock(`${first}\n${other}`, 'althing.lock'), { code: 'LOCK_INVALID', message: /there twice/ })
  const respelled = other.replace('@ada/a', '@old-ada/a')
  assert.throws(() => parseLock(`${first}\n${respelled}`, 'althing.lock'), { code: 'LOCK_INVALID', message: /there twice/ })
  assert.throws(() => parseLock('version = 3\n', 'althing.lock'), { code: 'LOCK_INVALID', message: /newer althing/ })
  assert.throws(() => parseLock('version = 1\ninstalled = 3\n', 'althing.lock'), { code: 'LOCK_INVALID' })
})

test('S30: a lock with a key __proto__ changes no prototype', () => {
  assert.throws(() => parseLock('version = 1\n[[installed]]\n__proto__ = { polluted = 1 }\n', 'althing.lock'), { code: 'LOCK_INVALID' })
  assert.equal(Reflect.get({}, 'polluted'), undefined)
})

test('S30: a lock that is a pipe, or too long, is refused before it is read', { timeout: 20_000 }, async (t) => {
  const folder = await makeTemporary(t)
  const [pipe, long] = [join(folder, 'pipe'), join(folder, 'long')]
  assert.equal(spawnSync('mkfifo', [pipe]).status, 0)
  await assert.rejects(readLock(pipe), { code: 'LOCK_INVALID', message: /no plain file/ })
  await writeFile(long, '')
  await truncate(long, 8_388_609)
  await assert.rejects(readLock(long), { code: 'LOCK_INVALID', message: /more than 8388608 bytes/ })
})

test('F5: a lock that could not be written leaves the old one, and no temporary file', async (t) => {
  const folder = await makeTemporary(t)
  const file = join(folder, 'althing.lock')
  await writeLock(file, lockOf(locked('@ada/a')), createSeededChance(1))
  const full = lockOf(locked('@ada/b'))
  full.values = () => {
    throw new Error('no room')
  }
  await assert.rejects(writeLock(file, full, createSeededChance(2)), /no room/)
  assert.deepEqual(await readdir(folder), ['althing.lock'])
  assert.match(await readFile(file, 'utf8'), /@ada\/a/)
})

test('a lock is replaced whole, and leaves no temporary file', async (t) => {
  const folder = await makeTemporary(t)
  const file = join(folder, 'althing.lock')
  assert.equal((await readLock(file)).size, 0)
  const chance = createSeededChance(1)
  await writeLock(file, lockOf(locked('@ada/a')), chance)
  await writeLock(file, lockOf(locked('@ada/b')), chance)
  assert.match(await readFile(file, 'utf8'), /@ada\/b/)
  assert.deepEqual(await readdir(folder), ['althing.lock'])
})
