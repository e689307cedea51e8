import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Database } from '../store/database.ts'
import { openDatabase } from '../store/database.ts'
import { createVirtualClock } from '../lib/virtual-clock.ts'
import type { Entry, HiveId } from './entry.ts'
import { dropRestoredMark, takeRestoredMark } from './restored.ts'
import { createFleet, stateOf } from './testing/fleet.ts'
import type { FleetPeer } from './testing/fleet.ts'
import { nodeOf, notesOf, openPeer, signChain } from './testing/bench-of-peers.ts'

/** A copy of a database as it is now, marked as a restore marks it, if at all. */
async function copyOf(database: Database, isMarked: boolean): Promise<Database> {
  const copy = openDatabase({ path: ':memory:' })
  await copy.write((tx) => {
    for (const table of ['chain', 'entry']) {
      for (const row of database.all(`select * from ${table} order by rowid`)) {
        const names = Object.keys(row)
        tx.run(`insert into ${table} (${names.join(', ')}) values (${names.map(() => '?').join(', ')})`, ...Object.values(row))
      }
    }
    for (const row of database.all<{ hive: string; node: string; verdict: string }>('select hive, node, verdict from author')) {
      tx.run('insert into author (hive, node, verdict) values (?, ?, ?)', row.hive, row.node, row.verdict)
    }
    if (isMarked) tx.run(`insert into setting (name, value) values ('restored', '1')`)
  })
  return copy
}

async function append(
  fleet: { clock: { run: <T>(work: Promise<T>) => Promise<T> } },
  peer: FleetPeer,
  ...texts: readonly string[]
): Promise<readonly Entry[]> {
  return fleet.clock.run(Promise.all(texts.map((text) => peer.journal.append('note', { text }))))
}

function textsOf(peer: FleetPeer): readonly string[] {
  return notesOf(peer.database).map((note) => note.slice(5))
}

test('F35: a restored node gets back from its peers what the backup lacks, and goes on in the same incarnation', async (t) => {
  const fleet = createFleet(t)
  const [ada, bob] = [await fleet.open('ada'), await fleet.open('bob')]
  await fleet.connect(ada, bob)
  await append(fleet, ada, 'one', 'two')
  const backup = await copyOf(ada.database, true)
  await append(fleet, ada, 'three', 'four')
  await fleet.advance(1000)
  await ada.stop()
  const again = await fleet.open('ada', { database: backup })
  await fleet.connect(again, bob)
  await append(fleet, again, 'five')
  await fleet.advance(2000)
  assert.deepEqual(textsOf(again).toSorted(), ['five', 'four', 'one', 'three', 'two'])
  assert.deepEqual(stateOf(bob), stateOf(again))
  assert.deepEqual(
    again.journal.heads().map(({ incarnation, seq }) => ({ incarnation, seq })),
    [{ incarnation: 1, seq: 5 }],
  )
})

test('F35: a restored node whom nobody answers opens a new incarnation, and what peers bring later is written again', async (t) => {
  const fleet = createFleet(t)
  const [ada, bob, cy] = [await fleet.open('ada'), await fleet.open('bob'), await fleet.open('cy')]
  await fleet.connect(ada, bob, cy)
  await append(fleet, ada, 'one', 'two')
  await fleet.advance(1000)
  const backup = await copyOf(ada.database, true)
  await append(fleet, ada, 'three', 'four')
  await fleet.advance(1000)
  await ada.stop()
  fleet.network.partition([[nodeOf('ada')], [bob.node, cy.node]])
  const again = await fleet.open('ada', { database: backup })
  await append(fleet, again, 'five')
  assert.equal(again.journal.headOf(again.node, 2)?.seq, 2)
  fleet.network.heal()
  await fleet.connect(again, bob, cy)
  await fleet.advance(60_000)
  assert.deepEqual(textsOf(again).toSorted(), ['five', 'four', 'one', 'three', 'two'])
  assert.deepEqual(stateOf(bob), stateOf(again))
  assert.deepEqual(stateOf(cy), stateOf(again))
})

test('F35: a node set back without a mark forks, learns of it, and nothing of either branch is lost', async (t) => {
  const fleet = createFleet(t)
  const [ada, bob, cy] = [await fleet.open('ada'), await fleet.open('bob'), await fleet.open('cy')]
  await fleet.connect(ada, bob, cy)
  await append(fleet, ada, 'one', 'two')
  const backup = await copyOf(ada.database, false)
  await append(fleet, ada, 'three', 'four', 'five')
  await fleet.advance(1000)
  await ada.stop()
  const again = await fleet.open('ada', { database: backup })
  await append(fleet, again, 'six', 'seven')
  await fleet.connect(again, bob, cy)
  await fleet.advance(90_000)
  const all = ['five', 'four', 'one', 'seven', 'six', 'three', 'two']
  assert.deepEqual(textsOf(again).toSorted(), all)
  assert.deepEqual(stateOf(bob), stateOf(again))
  assert.deepEqual(stateOf(cy), stateOf(again))
  assert.equal(again.journal.headOf(again.node, 2)?.seq, 6)
  assert.deepEqual(bob.journal.status().troubled, [])
})

test('F35: a fork of which peers saw different branches converges everywhere', async (t) => {
  const fleet = createFleet(t)
  const [ada, bob, cy] = [await fleet.open('ada'), await fleet.open('bob'), await fleet.open('cy')]
  await fleet.connect(ada, bob)
  await append(fleet, ada, 'one', 'two')
  await fleet.advance(500)
  const backup = await copyOf(ada.database, false)
  await append(fleet, ada, ...Array.from({ length: 70 }, (_, index) => `branch a ${index}`))
  await fleet.advance(30_000)
  await ada.stop()
  const again = await fleet.open('ada', { database: backup })
  await fleet.connect(again, cy)
  await append(fleet, again, ...Array.from({ length: 90 }, (_, index) => `branch b ${index}`))
  await fleet.advance(30_000)
  await fleet.connect(again, bob, cy)
  await fleet.advance(200_000)
  assert.equal(textsOf(again).length, 162)
  assert.deepEqual(stateOf(bob), stateOf(again))
  assert.deepEqual(stateOf(cy), stateOf(again))
})

test('a disk that is new under an old key gets its journal back as a new incarnation', async (t) => {
  const fleet = createFleet(t)
  const [ada, bob] = [await fleet.open('ada'), await fleet.open('bob')]
  await fleet.connect(ada, bob)
  await append(fleet, ada, 'one', 'two')
  await fleet.advance(1000)
  await ada.stop()
  const again = await fleet.open('ada')
  await append(fleet, again, 'three')
  await fleet.connect(again, bob)
  await fleet.advance(90_000)
  assert.deepEqual(textsOf(again).toSorted(), ['one', 'three', 'two'])
  assert.deepEqual(stateOf(bob), stateOf(again))
})

test('F35: what a restored node had erased since its backup comes back without its body', async (t) => {
  const fleet = createFleet(t)
  const [ada, bob] = [await fleet.open('ada'), await fleet.open('bob')]
  await fleet.connect(ada, bob)
  await append(fleet, ada, 'one')
  const backup = await copyOf(ada.database, true)
  const [secret] = await append(fleet, ada, 'secret', 'three')
  assert.ok(secret)
  await fleet.clock.run(ada.journal.erase(secret.cid))
  await fleet.advance(1000)
  await ada.stop()
  const again = await fleet.open('ada', { database: backup })
  await fleet.connect(again, bob)
  await append(fleet, again, 'five')
  await fleet.advance(2000)
  assert.deepEqual(textsOf(again).toSorted(), ['five', 'one', 'three'])
  assert.deepEqual(stateOf(bob), stateOf(again))
  assert.equal(again.journal.headOf(again.node, 1)?.seq, 5)
  assert.equal(bob.replication.status().invalid + again.replication.status().invalid, 0)
})

test('F35: the mark of a restore holds for every hive that was in the backup, until its journals went on, and for no other', async () => {
  const database = openDatabase({ path: ':memory:' })
  const [one, two, later] = ['one', 'two', 'later'] as readonly string[] as readonly [HiveId, HiveId, HiveId]
  await database.write((tx) => {
    for (const [hive, node] of [
      [one, 'ada'],
      [one, 'bob'],
      [two, 'ada'],
    ] as const)
      tx.run('insert into chain (hive, node, incarnation) values (?, ?, 1)', hive, node)
    tx.run(`insert into setting (name, value) values ('restored', '1')`)
  })
  assert.equal(await takeRestoredMark(database, one), true)
  await database.write((tx) => tx.run('insert into chain (hive, node, incarnation) values (?, ?, 1)', later, 'ada'))
  assert.equal(await takeRestoredMark(database, later), false)
  await dropRestoredMark(database, one)
  assert.equal(await takeRestoredMark(database, one), false)
  assert.equal(await takeRestoredMark(database, two), true)
})

test('F35: a fork that a crash left unmended is mended by the next append', async () => {
  const [database, other] = [openDatabase({ path: ':memory:' }), openDatabase({ path: ':memory:' })]
  const clock = createVirtualClock({ startsAt: 1_760_000_000_000 })
  const branch = signChain('ada', ['one', 'two'])
  for (const [peer, chains] of [
    [await openPeer('ada', { database, clock }), [branch]],
    [await openPeer('bob', { database: other, clock }), [branch, signChain('ada', ['one', 'other two'])]],
  ] as const) {
    for (const chain of chains) await clock.run(peer.journal.receive(chain, nodeOf('bob')))
  }
  const [fork] = other.all('select * from fork')
  assert.ok(fork)
  const names = Object.keys(fork)
  await database.write((tx) =>
    tx.run(`insert into fork (${names.join(', ')}) values (${names.map(() => '?').join(', ')})`, ...Object.values(fork)),
  )
  const ada = await openPeer('ada', { database, clock })
  const entry = await clock.run(ada.journal.append('note', { text: 'three' }))
  assert.equal(entry.header.incarnation, 2)
  assert.deepEqual(
    notesOf(database)
      .map((note) => note.slice(5))
      .toSorted(),
    ['one', 'three', 'two'],
  )
})

test('F35: two machines with one key do not chase each other from incarnation to incarnation', async () => {
  const clock = createVirtualClock({ startsAt: 1_760_000_000_000 })
  const [desk, laptop] = [await openPeer('ada', { clock }), await openPeer('ada', { clock })]
  const limits = { maxEntries: 512, maxBytes: 1_048_576 }
  for (let second = 0; second < 60; second += 5) {
    for (const [name, machine] of Object.entries({ desk, laptop })) {
      await clock.run(machine.journal.append('note', { text: `${name} ${second}` }))
    }
    for (const [from, to] of [
      [desk, laptop],
      [laptop, desk],
    ] as const) {
      for (const { node, incarnation, seq } of from.journal.heads()) {
        const { entries } = from.journal.serve({ node, incarnation, from: Math.max(1, seq - 20), to: seq }, limits)
        await clock.run(to.journal.receive(entries, node))
      }
    }
    await clock.advance(5000)
  }
  const newest = Math.max(...[desk, laptop].flatMap(({ journal }) => journal.heads().map(({ incarnation }) => incarnation)))
  assert.ok(newest >= 2 && newest <= 5, `${newest} incarnations in a minute`)
})
