import assert from 'node:assert/strict'
import { mkdir, readFile, readdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { encodeText } from '../../lib/bytes.ts'
import { createSeededChance } from '../../lib/chance.ts'
import { createCid, rawCodec } from '../../lib/cid.ts'
import { makeTemporary, ownerOf, writeFiles } from '../testing/stand.ts'
import { formatLock } from './lock.ts'
import type { LockedPackage } from './lock.ts'
import { findPlace } from './place.ts'
import type { Place } from './place.ts'
import { recoverPlace } from './swap.ts'

const chance = createSeededChance(1)
const cid = createCid(rawCodec, encodeText('x'))
const locked: LockedPackage = {
  package: '@ada/demo',
  owner: ownerOf('ada'),
  version: '2.0.0',
  digest: `sha256:${'0'.repeat(64)}`,
  cid,
  source: `hive:${cid}`,
  kind: undefined,
  requested: '*',
  isIsolated: false,
  dependencies: [],
  overrides: [],
}
const staging = '.althing/packages/.staging'

async function setUp(t: TestContext, files: Readonly<Record<string, string>>): Promise<Place> {
  const root = await writeFiles(join(await makeTemporary(t), 'project'), { 'althing.toml': '', ...files })
  return findPlace({ directory: root, isGlobal: false, target: undefined, globalDirectory: '/nowhere' })
}

function intent(...moves: readonly Readonly<Record<string, unknown>>[]): string {
  return JSON.stringify({ moves, lock: formatLock(new Map([[locked.package, locked]])) })
}

const move = { fresh: `${staging}/new-1`, target: '.althing/packages/@ada/demo', aside: `${staging}/old-1` }

test('an install that moved nothing yet is taken back', async (t) => {
  const place = await setUp(t, { [`${staging}/a.intent.json`]: intent(move), [`${staging}/new-1/a`]: 'new', [`${staging}/old-1/a`]: 'old' })
  await recoverPlace(place, chance)
  assert.equal(await readFile(join(place.packages, '@ada/demo/a'), 'utf8'), 'old')
  assert.deepEqual(await readdir(join(place.root, staging)), [])
})

test('an install that moved its first folder is finished, with the rest and the lock', async (t) => {
  const second = { fresh: `${staging}/new-2`, target: '.agents/skills/demo', aside: `${staging}/old-2` }
  const place = await setUp(t, {
    [`${staging}/a.intent.json`]: intent(move, second),
    '.althing/packages/@ada/demo/a': 'new',
    [`${staging}/old-1/a`]: 'old',
    [`${staging}/new-2/a`]: 'new',
  })
  await recoverPlace(place, chance)
  assert.equal(await readFile(join(place.root, '.agents/skills/demo/a'), 'utf8'), 'new')
  assert.match(await readFile(place.lock, 'utf8'), /version = "2.0.0"/)
  assert.deepEqual(await readdir(join(place.root, staging)), [])
})

test('S26: an intent that came with a project moves nothing but packages and skills', async (t) => {
  const outside = '../outside/victim'
  const hostile = [
    { ...move, target: 'src' },
    { ...move, target: '.git/hooks' },
    { ...move, target: outside },
    { ...move, target: '.althing/packages/@ada/../../../src' },
    { ...move, target: '.althing/packages/@ada/.git' },
    { ...move, target: '.althing/packages/@.git/demo' },
    { ...move, target: '.althing/packages/xada/demo' },
    { ...move, target: '.althing/packages/@ada/../@ada/demo' },
    { ...move, target: '.agents/skills/.git' },
    { ...move, target: '.agents/skills/..' },
    { ...move, fresh: `${staging}/.` },
    { ...move, fresh: 'src' },
    { ...move, fresh: `${staging}/..` },
    { ...move, aside: '../outside/x' },
    { ...move, fresh: null, target: 'src' },
    { ...move, fresh: null, target: outside },
    { ...move, fresh: null, target: '.git/hooks' },
    { ...move, fresh: null, aside: 'src' },
    { ...move, target: 3 },
    {},
  ]
  for (const bad of hostile) {
    const place = await setUp(t, {
      [`${staging}/a.intent.json`]: intent(bad),
      [`${staging}/old-1/a`]: 'evil',
      'src/mine': 'x',
      '.git/hooks/mine': 'x',
    })
    await recoverPlace(place, chance)
    assert.deepEqual(await readdir(join(place.root, 'src')), ['mine'])
    assert.deepEqual(await readdir(join(place.root, '.git/hooks')), ['mine'])
    assert.deepEqual((await readdir(place.root)).toSorted(), ['.althing', '.git', 'althing.toml', 'src'])
    assert.deepEqual(await readdir(join(place.root, '..')), ['project'])
    assert.deepEqual(await readdir(place.packages), ['.staging'], JSON.stringify(bad))
  }
})

test('a removal that was begun is finished, with the lock; one that was not is taken back', async (t) => {
  const removal = JSON.stringify({ moves: [{ ...move, fresh: null }], lock: formatLock(new Map()), drop: [locked.package] })
  const lock = formatLock(new Map([[locked.package, locked]]))
  const begun = await setUp(t, { 'althing.lock': lock, [`${staging}/a.intent.json`]: removal, [`${staging}/old-1/a`]: 'old' })
  await recoverPlace(begun, chance)
  assert.doesNotMatch(await readFile(begun.lock, 'utf8'), /@ada\/demo/)
  assert.deepEqual(await readdir(join(begun.root, staging)), [])
  const planned = await setUp(t, { 'althing.lock': lock, [`${staging}/a.intent.json`]: removal, '.althing/packages/@ada/demo/a': 'old' })
  await recoverPlace(planned, chance)
  assert.equal(await readFile(planned.lock, 'utf8'), lock)
  assert.equal(await readFile(join(planned.packages, '@ada/demo/a'), 'utf8'), 'old')
})

test('S26: an intent that takes out of the lock what is no package is none', async (t) => {
  const lock = formatLock(new Map([[locked.package, locked]]))
  for (const drop of [['../x'], [3], 'x', ['@ada/demo', '/etc']]) {
    const intended = JSON.stringify({ moves: [{ ...move, fresh: null }], lock: formatLock(new Map()), drop })
    const place = await setUp(t, { 'althing.lock': lock, [`${staging}/a.intent.json`]: intended, [`${staging}/old-1/a`]: 'old' })
    await recoverPlace(place, chance)
    assert.equal(await readFile(place.lock, 'utf8'), lock)
  }
})

test('S12: an intent through a link that leads out of the project is refused', async (t) => {
  const place = await setUp(t, { [`${staging}/a.intent.json`]: intent(move), [`${staging}/old-1/a`]: 'evil' })
  const outside = join(place.root, '../outside')
  await mkdir(outside)
  await symlink(outside, join(place.packages, '@ada'))
  await assert.rejects(recoverPlace(place, chance), { code: 'TARGET_REFUSED' })
  assert.deepEqual(await readdir(outside), [])
})

test('what is no intent is cleared away', async (t) => {
  const place = await setUp(t, {
    [`${staging}/a.intent.json`]: '{',
    [`${staging}/b.intent.json`]: '{"moves":[],"lock":""}',
    [`${staging}/new-9/x`]: '1',
  })
  await recoverPlace(place, chance)
  assert.deepEqual(await readdir(join(place.root, staging)), [])
})

test('a lock that was half written when its install was killed is cleared away, other files of the project stay', async (t) => {
  const place = await setUp(t, { '.althing.lock-0123456789ab': 'version', '.althing.lock-mine': 'x', [`${staging}/x`]: '' })
  await recoverPlace(place, chance)
  assert.deepEqual((await readdir(place.root)).toSorted(), ['.althing', '.althing.lock-mine', 'althing.toml'])
})
