import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fingerprintOf } from '../../hive/rules/handles.ts'
import { nodeOf } from '../../journal/testing/bench-of-peers.ts'
import { formatRelease, releaseKind } from '../release.ts'
import { releaseOf } from '../testing/records.ts'
import { searchFor } from '../testing/search-for.ts'
import type { Stand } from '../testing/stand.ts'
import { openStand, ownerOf, replicate } from '../testing/stand.ts'

async function publish(stand: Stand, name: string, person: string): Promise<void> {
  await stand.journal.append(releaseKind, formatRelease(releaseOf(name, '1.0.0', { owner: ownerOf(person) })))
}

async function find(stand: Stand, query: string): Promise<readonly string[]> {
  return (await stand.handlers['marketplace.search'](searchFor(query), stand.context)).packages.map((row) => row.package).toSorted()
}

function entriesOf(stand: Stand, name: string): number {
  return [...stand.journal.range(nodeOf(name), 1, 1, 100)].length
}

async function openBoth(t: { readonly after: (work: () => Promise<void>) => void }): Promise<{ readonly ada: Stand; readonly eve: Stand }> {
  const [ada, eve] = [await openStand('ada', { policy: 'open' }), await openStand('eve', { policy: 'open' })]
  t.after(async () => {
    await ada[Symbol.asyncDispose]()
    await eve[Symbol.asyncDispose]()
  })
  return { ada, eve }
}

test('S2: of an owner who is blocked nothing is found, kept, or taken any more, until the block is taken back', async (t) => {
  const { ada, eve } = await openBoth(t)
  await publish(ada, 'axum', 'ada')
  await publish(eve, 'axum-evil', 'eve')
  await replicate(eve, ada)
  assert.deepEqual(await find(ada, 'axum'), ['@ada/axum', '@eve/axum-evil'])
  const said = await ada.handlers['marketplace.block']({ subject: '@eve' }, ada.context)
  assert.equal(said.status, 'changed')
  assert.deepEqual([await find(ada, 'axum'), entriesOf(ada, 'eve')], [['@ada/axum'], 0])
  assert.deepEqual(ada.database.all('select 1 from reference where source not in (select entry from release)'), [])
  await publish(eve, 'axum-worse', 'eve')
  await replicate(eve, ada)
  assert.deepEqual([await find(ada, 'axum'), entriesOf(ada, 'eve')], [['@ada/axum'], 0])
  assert.equal((await ada.handlers['marketplace.block']({ subject: ownerOf('eve') }, ada.context)).status, 'unchanged')
  await ada.handlers['marketplace.unblock']({ subject: '@eve' }, ada.context)
  await replicate(eve, ada)
  assert.deepEqual(await find(ada, 'axum'), ['@ada/axum', '@eve/axum-evil', '@eve/axum-worse'])
})

test('one package is blocked alone, and cannot be installed', async (t) => {
  const { ada, eve } = await openBoth(t)
  await publish(eve, 'axum-evil', 'eve')
  await publish(eve, 'axum-good', 'eve')
  await replicate(eve, ada)
  await ada.handlers['marketplace.block']({ subject: '@eve/axum-evil' }, ada.context)
  assert.deepEqual(await find(ada, 'axum'), ['@eve/axum-good'])
  await ada.handlers['marketplace.block']({ subject: '@eve/axum-good' }, ada.context)
  const hidden = await ada.handlers['marketplace.search'](searchFor('unheard'), ada.context)
  assert.match(hidden.hint ?? '', /^nothing is to be found in "[^"]+" here\. 2 packages are blocked/)
  assert.match(
    (await ada.handlers['marketplace.unblock']({ subject: '@eve/axum-good' }, ada.context)).now,
    /@eve\/axum-good is no longer blocked\.$/,
  )
  await assert.rejects(ada.handlers['marketplace.info']({ package: '@eve/axum-evil', mcp: false, directory: '.' }, ada.context), {
    code: 'PACKAGE_BLOCKED',
  })
  assert.deepEqual((await ada.handlers['marketplace.blocked']({}, ada.context)).blocked, [
    { owner: ownerOf('eve'), handle: 'eve', package: 'axum-evil' },
  ])
  await ada.handlers['marketplace.unblock']({ subject: '@eve/axum-evil' }, ada.context)
  assert.deepEqual(await find(ada, 'axum'), ['@eve/axum-evil', '@eve/axum-good'])
})

test('in a closed hive a block hides an owner, and the journals that others need stay whole', async (t) => {
  const [ada, eve] = [await openStand('ada'), await openStand('eve')]
  t.after(async () => {
    await ada[Symbol.asyncDispose]()
    await eve[Symbol.asyncDispose]()
  })
  await publish(eve, 'axum-evil', 'eve')
  await replicate(eve, ada)
  await ada.handlers['marketplace.block']({ subject: '@eve' }, ada.context)
  assert.deepEqual([await find(ada, 'axum'), entriesOf(ada, 'eve')], [[], 1])
})

test('whom a person follows is kept on disk and said to nobody', async (t) => {
  const { ada } = await openBoth(t)
  const before = ada.journal.heads().length
  assert.equal((await ada.handlers['marketplace.follow']({ owner: '@eve' }, ada.context)).status, 'changed')
  assert.equal((await ada.handlers['marketplace.follow']({ owner: ownerOf('eve') }, ada.context)).status, 'unchanged')
  assert.deepEqual((await ada.handlers['marketplace.blocked']({}, ada.context)).followed, [{ owner: ownerOf('eve'), handle: 'eve' }])
  assert.deepEqual(ada.database.all('select owner, followed_at is null as n from acquaintance').length, 1)
  await ada.handlers['marketplace.unfollow']({ owner: '@eve' }, ada.context)
  assert.deepEqual(ada.database.all('select * from acquaintance'), [])
  assert.equal(ada.journal.heads().length, before)
})

test('a name of one’s own stands for an owner in every command, is one owner’s alone, and cannot look like another’s fingerprint', async (t) => {
  const { ada } = await openBoth(t)
  const name = (owner: string, given: string): Promise<unknown> =>
    ada.handlers['owner.name']({ owner, name: given, remove: false }, ada.context)
  assert.deepEqual(await name(ownerOf('eve'), 'mallory'), {
    owner: ownerOf('eve'),
    fingerprint: fingerprintOf(ownerOf('eve')),
    name: 'mallory',
  })
  assert.equal((await ada.handlers['marketplace.follow']({ owner: '@mallory' }, ada.context)).owner, ownerOf('eve'))
  await assert.rejects(name(ownerOf('bob'), 'mallory'), { code: 'PETNAME_TAKEN' })
  for (const bad of ['', 'Eve', '-eve', 'a'.repeat(33), fingerprintOf(ownerOf('bob'))])
    await assert.rejects(name(ownerOf('bob'), bad), { code: 'PETNAME_INVALID' }, bad)
  await ada.handlers['owner.name']({ owner: '@mallory', remove: true }, ada.context)
  await assert.rejects(ada.handlers['marketplace.follow']({ owner: '@mallory' }, ada.context), { code: 'OWNER_NOT_FOUND' })
})
