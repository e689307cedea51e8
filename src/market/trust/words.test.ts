import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import type { OwnerId, PeerId } from '../../identity/keys.ts'
import { nodeOf, testHive } from '../../journal/testing/bench-of-peers.ts'
import { linkOfCid } from '../../lib/cid.ts'
import { findVersions } from '../package-index.ts'
import { formatRelease, releaseKind } from '../release.ts'
import type { Release } from '../release.ts'
import type { WordKind } from '../rules/words.ts'
import { addedMaintainer, wordKinds } from '../rules/words.ts'
import { entryOf, releaseOf, wordOf } from '../testing/records.ts'
import { openStand, ownerOf, replicate } from '../testing/stand.ts'
import type { Stand } from '../testing/stand.ts'
import { findTag } from './tags.ts'
import { followTransfer, listGivers } from './transfers.ts'
import { formatWord } from './word.ts'
import { insertWord } from './word-table.ts'

const axum = { hive: testHive, owner: ownerOf('ada'), name: 'axum' }

async function openPeer(t: TestContext, name: string): Promise<Stand> {
  const stand = await openStand(name)
  t.after(() => stand[Symbol.asyncDispose]())
  return stand
}

async function publish(stand: Stand, ...releases: readonly Release[]): Promise<void> {
  for (const release of releases) await stand.journal.append(releaseKind, formatRelease(release))
}

/** The versions of `@ada/axum` as a peer has them. */
function versionsOf(stand: Stand): readonly string[] {
  return findVersions(stand.database, testHive, 'axum', ownerOf('ada')).map(
    ({ version, yanked, deprecated, isMaintained }) =>
      `${version}${yanked === null ? '' : ` yanked (${yanked})`}${deprecated === null ? '' : ` deprecated (${deprecated})`}${isMaintained ? ' maintained' : ''}`,
  )
}

const { yank, deprecate, tag, owner, versions, info } = {
  yank: (stand: Stand, name: string, more: { reason?: string; undo?: boolean } = {}) =>
    stand.handlers['marketplace.yank']({ package: name, undo: false, ...more }, stand.context),
  deprecate: (stand: Stand, name: string, more: { message?: string; undo?: boolean }) =>
    stand.handlers['marketplace.deprecate']({ package: name, undo: false, ...more }, stand.context),
  tag: (stand: Stand, action: 'add' | 'rm', name: string, text: string) =>
    stand.handlers['marketplace.tag']({ action, package: name, tag: text }, stand.context),
  owner: (stand: Stand, action: 'add' | 'remove' | 'transfer', member: string, revoke = false) =>
    stand.handlers['marketplace.owner']({ action, package: '@ada/axum', member, revoke }, stand.context),
  versions: (stand: Stand, name: string) => stand.handlers['marketplace.versions']({ package: name }, stand.context),
  info: (stand: Stand, name: string) => stand.handlers['marketplace.info']({ package: name, mcp: false, directory: '/' }, stand.context),
}

test('a yanked version is marked with its reason everywhere, is what a bare name means no more, and stands again after --undo', async (t) => {
  const [ada, bob] = [await openPeer(t, 'ada'), await openPeer(t, 'bob')]
  await publish(ada, releaseOf('axum', '1.0.0'), releaseOf('axum', '1.1.0'))
  const said = await yank(ada, 'axum@1.1.0', { reason: 'leaks' })
  assert.equal(said.status, 'said')
  assert.match(said.now, /@ada\/axum 1\.1\.0 is yanked/)
  await replicate(ada, bob)
  assert.deepEqual(versionsOf(bob), ['1.0.0', '1.1.0 yanked (leaks)'])
  assert.equal((await info(bob, 'axum')).version, '1.0.0')
  assert.deepEqual([(await info(bob, 'axum')).versions, (await info(bob, 'axum')).yankedVersions], [['1.1.0', '1.0.0'], ['1.1.0']])
  assert.equal((await info(bob, 'axum@1.1.0')).trust.yanked, 'leaks')
  assert.equal((await yank(ada, 'axum@1.1.0', { reason: 'leaks' })).status, 'unchanged')
  await yank(ada, 'axum@1.1.0', { undo: true })
  await replicate(ada, bob)
  assert.deepEqual(versionsOf(bob), ['1.0.0', '1.1.0'])
  assert.equal((await info(bob, 'axum')).version, '1.1.0')
})

test('a deprecation is of a range or of all, holds for versions that come later, and can be taken back', async (t) => {
  const ada = await openPeer(t, 'ada')
  await publish(ada, releaseOf('axum', '1.0.0'))
  await deprecate(ada, 'axum@^1', { message: 'use 2' })
  await publish(ada, releaseOf('axum', '1.1.0'), releaseOf('axum', '2.0.0'))
  assert.deepEqual(versionsOf(ada), ['1.0.0 deprecated (use 2)', '1.1.0 deprecated (use 2)', '2.0.0'])
  await deprecate(ada, 'axum', { message: 'use hyper' })
  assert.deepEqual(versionsOf(ada)[2], '2.0.0 deprecated (use hyper)')
  await deprecate(ada, 'axum@^1', { undo: true })
  assert.deepEqual(versionsOf(ada)[0], '1.0.0 deprecated (use hyper)')
  await deprecate(ada, 'axum@^1', { message: 'again' })
  await deprecate(ada, 'axum', { undo: true })
  assert.deepEqual(versionsOf(ada), ['1.0.0', '1.1.0', '2.0.0'])
})

test('a tag names a version until another is named or it is taken off, and NAME@TAG means it', async (t) => {
  const ada = await openPeer(t, 'ada')
  await publish(ada, releaseOf('axum', '1.0.0'), releaseOf('axum', '2.0.0-rc.1'))
  await tag(ada, 'add', 'axum@2.0.0-rc.1', 'next')
  assert.equal(findTag(ada.database, axum, 'next'), '2.0.0-rc.1')
  assert.equal((await info(ada, 'axum@next')).version, '2.0.0-rc.1')
  assert.deepEqual(
    (await versions(ada, 'axum')).versions.map(({ version, tags }) => [version, tags]),
    [
      ['2.0.0-rc.1', ['next']],
      ['1.0.0', []],
    ],
  )
  await tag(ada, 'rm', 'axum', 'next')
  assert.equal(findTag(ada.database, axum, 'next'), undefined)
  await assert.rejects(tag(ada, 'add', 'axum@1.0.0', 'v1'), { code: 'TAG_INVALID' })
  await assert.rejects(tag(ada, 'add', 'axum@3.0.0', 'next'), { code: 'VERSION_UNKNOWN' })
})

test('S8: who neither owns nor maintains a package can say nothing of it, and what is said all the same is inert', async (t) => {
  const [ada, eve] = [await openPeer(t, 'ada'), await openPeer(t, 'eve')]
  await publish(ada, releaseOf('axum', '1.0.0'))
  await replicate(ada, eve)
  await assert.rejects(yank(eve, '@ada/axum@1.0.0'), { code: 'NOT_OWNER', message: /belongs to @ada.*owner add @ada\/axum @eve/ })
  await assert.rejects(deprecate(eve, '@ada/axum', { message: 'bad' }), { code: 'NOT_OWNER' })
  await assert.rejects(tag(eve, 'add', '@ada/axum@1.0.0', 'next'), { code: 'NOT_OWNER' })
  await assert.rejects(owner(eve, 'transfer', '@eve'), { code: 'NOT_OWNER', message: /Ask @ada to do it/ })
  await assert.rejects(owner(eve, 'add', '@eve'), { code: 'NOT_OWNER' })
  const forged = [
    wordOf({ kind: 'yank', subject: '1.0.0', value: 'x' }),
    wordOf({ kind: 'deprecate', subject: '*', value: 'x' }),
    wordOf({ kind: 'tag', subject: 'next', value: '1.0.0' }),
    wordOf({ kind: 'maintainer', subject: ownerOf('eve'), value: addedMaintainer }),
    wordOf({ kind: 'transfer', value: ownerOf('eve') }),
  ]
  for (const word of forged) await eve.journal.append(word.kind, formatWord(word))
  // who maintains a package, and whose it is, only its owner says: of anybody else not even a row is kept
  assert.deepEqual(eve.database.all("select * from package_word where kind in ('maintainer', 'transfer')"), [])
  await publish(eve, releaseOf('axum', '9.0.0'))
  assert.deepEqual(versionsOf(eve), ['1.0.0'])
  assert.equal(findTag(eve.database, axum, 'next'), undefined)
  assert.equal(followTransfer(eve.database, testHive, axum).owner, ownerOf('ada'))
})

test("a maintainer's releases and words count, also those that came before the word that added them", async (t) => {
  const [ada, bob] = [await openPeer(t, 'ada'), await openPeer(t, 'bob')]
  await publish(ada, releaseOf('axum', '1.0.0'))
  await publish(bob, releaseOf('axum', '1.1.0'))
  await bob.journal.append('yank', formatWord(wordOf({ kind: 'yank', subject: '1.0.0', value: 'old' })))
  await replicate(bob, ada)
  assert.deepEqual(versionsOf(ada), ['1.0.0'])
  await owner(ada, 'add', '@bob')
  assert.deepEqual(versionsOf(ada), ['1.0.0 yanked (old)', '1.1.0 maintained'])
  await replicate(ada, bob)
  await deprecate(bob, '@ada/axum@1.0.0', { message: 'by bob' })
  await replicate(bob, ada)
  assert.deepEqual(versionsOf(ada)[0], '1.0.0 yanked (old) deprecated (by bob)')
  await assert.rejects(owner(bob, 'add', '@cy'), { code: 'NOT_OWNER' })
  assert.deepEqual((await info(ada, 'axum')).trust.maintainers, ['@bob'])
  assert.equal((await info(ada, 'axum@1.1.0')).release.maintainer, '@bob')
  assert.equal((await versions(ada, 'axum')).versions[0]?.maintainer, '@bob')
})

test('S10: what a maintainer released before the end stands, what comes after is inert, and with --revoke nothing stands', async (t) => {
  const [ada, bob, cy] = [await openPeer(t, 'ada'), await openPeer(t, 'bob'), await openPeer(t, 'cy')]
  await publish(ada, releaseOf('axum', '1.0.0'))
  await owner(ada, 'add', '@bob')
  await publish(bob, releaseOf('axum', '1.1.0'))
  await replicate(bob, ada)
  await owner(ada, 'remove', '@bob')
  await publish(bob, releaseOf('axum', '1.2.0'))
  await replicate(bob, cy)
  await replicate(ada, cy)
  await replicate(bob, ada)
  for (const stand of [ada, cy]) assert.deepEqual(versionsOf(stand), ['1.0.0', '1.1.0 maintained'])
  const { archive } = releaseOf('axum', '1.1.0')
  assert.equal(ada.content.isServed(testHive, archive), true)
  await owner(ada, 'remove', '@bob', true)
  assert.deepEqual(versionsOf(ada), ['1.0.0'])
  assert.equal(ada.content.isServed(testHive, archive), false)
  assert.equal((await owner(ada, 'remove', '@eve')).status, 'unchanged')
})

test('S10: what a maintainer says after the end counts for nothing, also when the owner says something else', async (t) => {
  const [ada, bob] = [await openPeer(t, 'ada'), await openPeer(t, 'bob')]
  await publish(ada, releaseOf('axum', '1.0.0'))
  await owner(ada, 'add', '@bob')
  await bob.journal.append('tag', formatWord(wordOf({ kind: 'tag', subject: 'before', value: '1.0.0' })))
  await replicate(bob, ada)
  await owner(ada, 'remove', '@bob')
  await bob.journal.append('yank', formatWord(wordOf({ kind: 'yank', subject: '1.0.0', value: 'after' })))
  await bob.journal.append('tag', formatWord(wordOf({ kind: 'tag', subject: 'next', value: '1.0.0' })))
  await replicate(bob, ada)
  await deprecate(ada, 'axum', { message: 'use hyper' })
  assert.deepEqual(versionsOf(ada), ['1.0.0 deprecated (use hyper)'])
  const tags = ['before', 'next'].map((name) => findTag(ada.database, axum, name))
  assert.deepEqual(tags, ['1.0.0', undefined])
})

test("S8: a maintainer takes no version from its owner, whoever's node comes first; of two maintainers the other one's stands when one goes", async (t) => {
  const [ada, bob, eve] = [await openPeer(t, 'ada'), await openPeer(t, 'bob'), await openPeer(t, 'eve')]
  await publish(ada, releaseOf('axum', '1.0.0', { bytes: 'of ada' }))
  for (const stand of [bob, eve])
    await publish(stand, releaseOf('axum', '1.0.0', { bytes: 'theirs' }), releaseOf('axum', '1.1.0', { bytes: stand.node }))
  for (const member of ['@bob', '@eve']) await owner(ada, 'add', member)
  for (const stand of [bob, eve]) await replicate(stand, ada)
  const standing = () =>
    findVersions(ada.database, testHive, 'axum', ownerOf('ada')).map(({ entry }) => ada.journal.find(entry)?.header.node)
  const first = nodeOf('bob') < nodeOf('eve') ? 'bob' : 'eve'
  assert.deepEqual(standing(), [nodeOf('ada'), nodeOf(first)])
  await owner(ada, 'remove', `@${first}`, true)
  assert.deepEqual(standing(), [nodeOf('ada'), nodeOf(first === 'bob' ? 'eve' : 'bob')])
})

test('a package that is handed on is followed to its new owner, through several hands, and not in a circle', async (t) => {
  const [ada, bob] = [await openPeer(t, 'ada'), await openPeer(t, 'bob')]
  await publish(ada, releaseOf('axum', '1.0.0'))
  const follow = (from: string): OwnerId => followTransfer(ada.database, testHive, { owner: ownerOf(from), name: 'axum' }).owner
  assert.equal(follow('ada'), ownerOf('ada'))
  await owner(ada, 'transfer', '@bob')
  assert.equal(follow('ada'), ownerOf('bob'))
  assert.deepEqual((await info(ada, '@ada/axum')).trust.transferredTo, ['@bob'])
  await publish(bob, releaseOf('axum', '2.0.0', { owner: ownerOf('bob') }))
  await replicate(ada, bob)
  const transfer = (member: string) =>
    bob.handlers['marketplace.owner']({ action: 'transfer', package: '@bob/axum', member, revoke: false }, bob.context)
  await transfer('@cy')
  await replicate(bob, ada)
  assert.equal(follow('ada'), ownerOf('cy'))
  assert.deepEqual(listGivers(ada.database, { ...axum, owner: ownerOf('bob') }), [ownerOf('ada')])
  await transfer('@ada')
  await replicate(bob, ada)
  assert.deepEqual([follow('ada'), follow('bob')], [ownerOf('ada'), ownerOf('ada')])
})

test('whose two nodes hand a package to different members has given it to one of them alone', async (t) => {
  const owners = new Map([nodeOf('ada'), nodeOf('bob')].map((node) => [node, ownerOf('ada')]))
  const [ada, bob] = [await openStand('ada', { owners }), await openStand('bob', { owners })]
  t.after(() => Promise.all([ada, bob].map((stand) => stand[Symbol.asyncDispose]())))
  await publish(ada, releaseOf('axum', '1.0.0'))
  await owner(ada, 'transfer', '@cy')
  await replicate(ada, bob)
  await owner(bob, 'transfer', '@eve')
  await replicate(bob, ada)
  const givers = (to: string) => listGivers(ada.database, { ...axum, owner: ownerOf(to) })
  assert.deepEqual([givers('cy'), givers('eve')], [[], [ownerOf('ada')]])
})

test('S8: a package is followed through 32 hands and no more', async (t) => {
  const ada = await openPeer(t, 'ada')
  const hands = ['ada', ...Array.from({ length: 40 }, (_, hand) => `hand ${hand}`)]
  await ada.database.write((tx) => {
    for (const [seq, from] of hands.entries()) {
      const word = wordOf({ kind: 'transfer', owner: ownerOf(from), value: ownerOf(`hand ${seq}`), revision: seq + 1 })
      insertWord(tx, entryOf('ada', seq + 1, word), { word, author: word.owner })
    }
  })
  assert.equal(followTransfer(ada.database, testHive, axum).owner, ownerOf('hand 31'))
})

test('what a person gives wrongly is said, with what to write', async (t) => {
  const ada = await openPeer(t, 'ada')
  await publish(ada, releaseOf('axum', '1.0.0'))
  await assert.rejects(yank(ada, 'axum'), { code: 'REFERENCE_INVALID', message: /NAME@1\.2\.3, one exact version/ })
  await assert.rejects(yank(ada, 'axum@^1'), { code: 'REFERENCE_INVALID' })
  await assert.rejects(yank(ada, 'axum@1.0.1'), { code: 'VERSION_UNKNOWN' })
  await assert.rejects(yank(ada, 'axum@1.0.0', { reason: 'clears \u001b[2J' }), { code: 'TEXT_INVALID' })
  await assert.rejects(yank(ada, 'axum@1.0.0', { reason: 'x'.repeat(513) }), { code: 'TEXT_INVALID' })
  await assert.rejects(deprecate(ada, 'axum', {}), { code: 'TEXT_INVALID', message: /say why/ })
  await assert.rejects(deprecate(ada, 'axum@next', { message: 'x' }), { code: 'REFERENCE_INVALID' })
  await assert.rejects(owner(ada, 'add', '@nobody'), { code: 'MEMBER_UNKNOWN' })
  await assert.rejects(owner(ada, 'add', '@ada'), { code: 'NOT_OWNER', message: /own/ })
  await assert.rejects(versions(ada, 'axum@^9'), { code: 'VERSION_UNKNOWN' })
})

test('a node without an owner in the hive says nothing', async (t) => {
  const stranger = await openStand('ada', { owners: new Map<PeerId, OwnerId>([[nodeOf('bob'), ownerOf('ada')]]) })
  t.after(() => stranger[Symbol.asyncDispose]())
  const bob = await openStand('bob', { owners: new Map([[nodeOf('bob'), ownerOf('ada')]]) })
  t.after(() => bob[Symbol.asyncDispose]())
  await publish(bob, releaseOf('axum', '1.0.0'))
  await replicate(bob, stranger)
  await assert.rejects(yank(stranger, 'axum@1.0.0'), { code: 'OWNER_UNKNOWN' })
})

test('S5: what is no word of its kind is stored and inert', async (t) => {
  const ada = await openPeer(t, 'ada')
  await publish(ada, releaseOf('axum', '1.0.0'))
  const good: Readonly<Record<WordKind, ReturnType<typeof formatWord>>> = {
    yank: formatWord(wordOf({ kind: 'yank', subject: '1.0.0', value: 'x' })),
    deprecate: formatWord(wordOf({ kind: 'deprecate', subject: '*', value: 'x' })),
    tag: formatWord(wordOf({ kind: 'tag', subject: 'next', value: '1.0.0' })),
    maintainer: formatWord(wordOf({ kind: 'maintainer', subject: ownerOf('bob'), value: '[]' })),
    transfer: formatWord(wordOf({ kind: 'transfer', value: ownerOf('bob') })),
  }
  const cut = { node: nodeOf('bob'), incarnation: 1, seq: 1 }
  const special: Readonly<Record<WordKind, readonly object[]>> = {
    yank: [
      { version: '1.0' },
      { version: 1 },
      { reason: 'x'.repeat(513) },
      { reason: 'a\nb' },
      { undo: 1 },
      { undo: true },
      { reason: null },
    ],
    deprecate: [{ range: '*' }, { range: 'src/' }, { range: 1 }, { message: '' }, { message: '\u202e' }, { range: '^'.repeat(300) }],
    tag: [{ tag: 'v1' }, { tag: 'latest' }, { tag: null }, { version: '^1' }, { version: 1 }],
    maintainer: [
      ...[{ maintainer: 'bob' }, { action: 'end' }, { cuts: null }, { cuts: [1] }, { cuts: [{ ...cut, more: 1 }] }, { cuts: [cut, cut] }],
      ...[{ cuts: [{ ...cut, seq: 0 }] }, { cuts: [{ ...cut, incarnation: 1025 }] }, { cuts: [{ ...cut, node: 'x' }] }],
      ...[{ action: 'add', cuts: [cut] }, { cuts: Array.from({ length: 65 }, (_, index) => ({ ...cut, seq: index + 1 })) }],
    ],
    transfer: [{ to: 'bob' }, { to: null }],
  }
  const common = [
    { v: 2 },
    { owner: 'ada' },
    { name: '../x' },
    { revision: -1 },
    { revision: 1.5 },
    { revision: 2_147_483_648 },
    { more: 1 },
  ]
  for (const kind of wordKinds) {
    for (const wrong of [...common, ...special[kind]]) await ada.journal.append(kind, { ...good[kind], ...wrong })
    for (const body of [null, [], 'x', linkOfCid((await ada.journal.append(kind, {})).cid)]) await ada.journal.append(kind, body)
  }
  assert.equal(ada.database.get<{ n: number }>('select count(*) as n from package_word')?.n, 0)
  assert.deepEqual(ada.journal.status().quarantinedViews, [])
  for (const kind of wordKinds) await ada.journal.append(kind, good[kind])
  assert.equal(ada.database.get<{ n: number }>('select count(*) as n from package_word')?.n, 5)
})

test('S5: of a stranger who says a thing a thousand times only the last few words are kept', async (t) => {
  const eve = await openPeer(t, 'eve')
  for (let revision = 1; revision <= 70; revision += 1)
    await eve.journal.append('yank', formatWord(wordOf({ kind: 'yank', subject: '1.0.0', value: 'x', revision })))
  const rows = eve.database.all<{ revision: number }>('select revision from package_word order by seq')
  assert.equal(rows.length, 64)
  assert.equal(rows.at(-1)?.revision, 70)
})
