import assert from 'node:assert/strict'
import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { encodeText } from '../../lib/bytes.ts'
import { createSeededChance } from '../../lib/chance.ts'
import { createCid, rawCodec } from '../../lib/cid.ts'
import { makeTemporary, ownerOf } from '../testing/stand.ts'
import type { LockedPackage } from './lock-file.ts'
import { formatLock, parseLock, readLock, writeLock } from './lock-file.ts'

const cid = createCid(rawCodec, encodeText('x'))

function locked(name: string, more: Partial<Record<keyof LockedPackage, string>> = {}): LockedPackage {
  const entry = { package: name, owner: ownerOf('ada'), version: '1.0.0', digest: `sha256:${'0'.repeat(64)}`, cid, hive: cid }
  return Object.assign(entry, more)
}

function lockOf(...entries: readonly LockedPackage[]): ReadonlyMap<string, LockedPackage> {
  return new Map(entries.map((entry) => [entry.package, entry]))
}

test('a lock is one sorted block per package', () => {
  assert.equal(
    formatLock(lockOf(locked('@bob/a'), locked('@ada/z'))),
    `# Written by althing. Commit it: it pins owners and bytes.
version = 1

[[installed]]
package = "@ada/z"
owner = "${ownerOf('ada')}"
version = "1.0.0"
digest = "sha256:0000000000000000000000000000000000000000000000000000000000000000"
cid = "${cid}"
hive = "${cid}"

[[installed]]
package = "@bob/a"
owner = "${ownerOf('ada')}"
version = "1.0.0"
digest = "sha256:0000000000000000000000000000000000000000000000000000000000000000"
cid = "${cid}"
hive = "${cid}"
`,
  )
})

test('what was written is read', () => {
  const lock = lockOf(locked('@ada/z'), locked('@bob/a', { version: '2.0.0-rc.1+b' }))
  assert.deepEqual([...parseLock(formatLock(lock), 'althing.lock').values()], [lock.get('@ada/z'), lock.get('@bob/a')])
})

test('S26: a lock that names a path, or anything that is not what it says, is refused with its line', () => {
  const refused: readonly Partial<Record<keyof LockedPackage, string>>[] = [
    { package: '@../x' },
    { package: '@ada/../x' },
    { package: '/etc/passwd' },
    { package: 'demo' },
    { package: '@ada/demo/x' },
    { package: '@.git/hooks' },
    { owner: 'ada' },
    { version: '1' },
    { digest: 'sha256:00' },
    { cid: 'bafy' },
    { hive: '' },
  ]
  for (const more of refused) {
    const text = formatLock(
      new Map([
        ['a', locked('@ada/a')],
        ['b', locked('@ada/b', more)],
      ]),
    )
    assert.throws(() => parseLock(text, 'althing.lock'), { code: 'LOCK_INVALID', message: /^althing\.lock:(4|12): / }, JSON.stringify(more))
  }
  const twice = `${formatLock(lockOf(locked('@ada/a')))}\n${formatLock(lockOf(locked('@ada/a')))
    .split('\n')
    .slice(3)
    .join('\n')}`
  assert.throws(() => parseLock(twice, 'althing.lock'), { code: 'LOCK_INVALID', message: /there twice/ })
  assert.throws(() => parseLock('version = 2\n', 'althing.lock'), { code: 'LOCK_INVALID', message: /newer althing/ })
  assert.throws(() => parseLock('version = 1\ninstalled = 3\n', 'althing.lock'), { code: 'LOCK_INVALID' })
})

test('S30: a lock with a key __proto__ changes no prototype', () => {
  assert.throws(() => parseLock('version = 1\n[[installed]]\n__proto__ = { polluted = 1 }\n', 'althing.lock'), { code: 'LOCK_INVALID' })
  assert.equal(Reflect.get({}, 'polluted'), undefined)
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
