import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openDatabase } from '../store/database.ts'
import type { Entry } from './entry.ts'
import { nodeOf, notesOf, noteView, openPeer, signChain } from './testing/bench-of-peers.ts'

const ada = nodeOf('ada')
const long = 'x'.repeat(10_000)

test('S4: of one author sixty-four forks are kept, and of each the signed headers alone', async () => {
  const bob = await openPeer('bob')
  await bob.journal.receive(signChain('ada', ['one']), ada)
  for (let incarnation = 2; incarnation <= 70; incarnation++) {
    const [first] = signChain('ada', ['left'], { incarnation }) as readonly [Entry]
    const [second] = signChain('ada', ['right'], { incarnation }) as readonly [Entry]
    await bob.journal.receiveFork({ first, second })
  }
  const forks = bob.journal.forks()
  assert.equal(forks.length, 64)
  assert.ok(forks.every(({ first, second }) => first.bodyBytes === undefined && second.bodyBytes === undefined))
})

test('a range is served up to the length asked for, and one entry however long it is', async () => {
  const bob = await openPeer('bob')
  await bob.journal.receive(signChain('ada', [long, long, long]), ada)
  const range = { node: ada, incarnation: 1, from: 1, to: 3 }
  const count = (maxBytes: number): number => bob.journal.serve(range, { maxEntries: 512, maxBytes }).entries.length
  assert.deepEqual([count(100), count(15_000), count(25_000), count(100_000)], [1, 1, 2, 3])
})

test('S2: quotas hold in open hives, for what others wrote', async () => {
  const limits = { maxOwnerBytes: 15_000, maxOpenHiveBytes: 1_000_000 }
  const chain = signChain('ada', [long, long])
  const closed = await openPeer('bob', { policy: 'closed', ...limits })
  assert.equal((await closed.journal.receive(chain, ada))[0]?.stored, 2)
  const open = await openPeer('bob', { policy: 'open', ...limits })
  assert.equal((await open.journal.receive(chain, ada))[0]?.verdict, 'full')
  const own = await openPeer('ada', { policy: 'open', ...limits })
  for (let times = 0; times < 3; times++) await own.journal.append('note', { text: long })
  assert.equal(own.journal.status().entries, 3)
})

test('a view that threw is built again at the next start, though its version is the same', async () => {
  const database = openDatabase({ path: ':memory:' })
  const broken = {
    ...noteView,
    apply: () => {
      throw new Error('not yet')
    },
  }
  const before = await openPeer('ada', { database, views: [broken] })
  await before.journal.append('note', { text: 'one' })
  assert.deepEqual(before.journal.status().quarantinedViews, [{ name: 'notes', fault: 'not yet' }])
  const after = await openPeer('ada', { database })
  assert.deepEqual(after.journal.status().quarantinedViews, [])
  assert.equal(notesOf(database).length, 1)
})
