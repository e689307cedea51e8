import assert from 'node:assert/strict'
import { test } from 'node:test'
import { armFailpoint, disarmFailpoint } from '../lib/failpoint.ts'
import { nodeOf, notesOf, openPeer, signChain } from './testing/bench-of-peers.ts'
import type { TestPeer } from './testing/bench-of-peers.ts'
import { createFleet } from './testing/fleet.ts'
import type { View } from './view.ts'

/** A view that takes notes without those before them too. */
const looseView: View = {
  name: 'notes',
  version: 1,
  kinds: ['note'],
  looseKinds: ['note'],
  apply: (tx, entry) => {
    tx.run('create table if not exists test_note (hive text, cid text primary key, node text, text text) strict')
    const text = typeof entry.body === 'object' && entry.body !== null && 'text' in entry.body ? String(entry.body.text) : ''
    tx.run('insert or ignore into test_note (hive, cid, node, text) values (?, ?, ?, ?)', entry.hive, entry.cid, entry.node, text)
  },
  withdraw: (tx, entry) => void tx.run('delete from test_note where cid = ?', entry.cid),
  reset: (tx, hive) => {
    tx.run('create table if not exists test_note (hive text, cid text primary key, node text, text text) strict')
    tx.run('delete from test_note where hive = ?', hive)
  },
}

const limits = {
  policy: 'open',
  views: [looseView],
  maxOwnerEntries: 20,
  maxOwnerBytes: 1_000_000,
  reservedOwnerEntries: 4,
  reservedOwnerBytes: 2_000,
  maxOpenHiveEntries: 200,
  maxOpenHiveBytes: 1_000_000,
  maxLoosePerAuthor: 2,
  maxLooseEntries: 50,
  maxLooseBytes: 100_000,
} as const

function rows(peer: TestPeer): number {
  const count = (table: string): number => peer.database.get<{ readonly n: number }>(`select count(*) as n from ${table}`)?.n ?? 0
  return count('entry') + count('loose_entry')
}

function textsOf(peer: TestPeer, name: string): readonly string[] {
  const prefix = nodeOf(name).slice(-4)
  return notesOf(peer.database)
    .filter((note) => note.startsWith(prefix))
    .map((note) => note.slice(5))
}

const texts = (count: number): readonly string[] => Array.from({ length: count }, (_, index) => String(index + 1).padStart(2, '0'))

test('S2: 250 Sybils fill an open hive no further than its quota; who was here goes on, who is followed is whole', async () => {
  const bob = await openPeer('bob', { ...limits, interest: { isFollowed: (owner) => owner === nodeOf('cy'), isBlocked: () => false } })
  const ada = signChain('ada', texts(4))
  await bob.journal.receive(ada.slice(0, 2), nodeOf('ada'))
  for (let sybil = 0; sybil < 250; sybil += 1) {
    const chain = signChain(`sybil ${sybil}`, texts(30))
    await bob.journal.receive(chain, nodeOf('eve'))
    await bob.journal.receive(chain.slice(-1), nodeOf('eve'))
  }
  assert.ok(rows(bob) <= 200 + 50, `${rows(bob)} rows`)
  await bob.journal.receive(ada.slice(2), nodeOf('ada'))
  await bob.journal.receive(signChain('cy', texts(60)), nodeOf('cy'))
  assert.deepEqual(textsOf(bob, 'ada'), ['01', '02', '03', '04'])
  assert.equal(textsOf(bob, 'cy').length, 60)
  assert.ok(rows(bob) <= 250 + 2 + 60, `${rows(bob)} rows`)
})

test('S2: many Sybils in one batch fill no more than the quota', async () => {
  const bob = await openPeer('bob', limits)
  const firsts = Array.from({ length: 300 }, (_, sybil) => signChain(`sybil ${sybil}`, ['hello']))
  await bob.journal.receive(firsts.flat(), nodeOf('eve'))
  assert.equal(bob.journal.status().authors, 50)
})

test('a transaction that failed takes nothing of a quota', async () => {
  const bob = await openPeer('bob', { ...limits, maxOwnerEntries: 3 })
  armFailpoint('database.commit.begin', { action: 'error', code: 'ENOSPC' })
  await assert.rejects(bob.journal.receive(signChain('ada', ['one', 'two']), nodeOf('ada')), { code: 'DISK_FULL' })
  disarmFailpoint()
  await bob.journal.receive(signChain('ada', ['one', 'two', 'three']), nodeOf('ada'))
  assert.equal(bob.journal.headOf(nodeOf('ada'), 1)?.seq, 3)
})

test('of an owner over its quota the newest are kept all the same, the oldest of those go, and following brings all', async (t) => {
  const fleet = createFleet(t)
  const followed = new Set<string>()
  const interest = { isFollowed: (owner: string) => followed.has(owner), isBlocked: () => false }
  const bob = await fleet.open('bob', { ...limits, maxOwnerEntries: 5, interest })
  const ada = await fleet.open('ada', limits)
  for (const text of texts(40)) await fleet.clock.run(ada.journal.append('note', { text }))
  await fleet.connect(ada, bob)
  await fleet.advance(5_000)
  assert.deepEqual(textsOf(bob, 'ada'), ['01', '02', '03', '04', '05', '39', '40'])
  await fleet.clock.run(ada.journal.append('note', { text: '41' }))
  await fleet.advance(5_000)
  assert.deepEqual(textsOf(bob, 'ada'), ['01', '02', '03', '04', '05', '40', '41'])
  const before = ada.journal.status().bytesSent
  await fleet.advance(300_000)
  assert.ok(ada.journal.status().bytesSent - before < 20_000, `${ada.journal.status().bytesSent - before} bytes while nothing is new`)
  followed.add(nodeOf('ada'))
  await fleet.clock.run(bob.journal.reconsider())
  await fleet.advance(60_000)
  assert.deepEqual(textsOf(bob, 'ada'), texts(41))
  assert.equal(rows(bob), 41)
})

test('S2: what an owner who is blocked wrote goes at once, and is not asked for again', async (t) => {
  const fleet = createFleet(t)
  const blocked = new Set<string>()
  const interest = { isFollowed: () => false, isBlocked: (owner: string) => blocked.has(owner) }
  const bob = await fleet.open('bob', { ...limits, interest })
  const eve = await fleet.open('eve', limits)
  await fleet.clock.run(eve.journal.append('note', { text: 'spam' }))
  await fleet.connect(eve, bob)
  await fleet.advance(5_000)
  assert.deepEqual(textsOf(bob, 'eve'), ['spam'])
  blocked.add(nodeOf('eve'))
  await fleet.clock.run(bob.journal.reconsider())
  await fleet.clock.run(eve.journal.append('note', { text: 'more spam' }))
  await fleet.advance(120_000)
  assert.deepEqual([textsOf(bob, 'eve'), rows(bob)], [[], 0])
})
