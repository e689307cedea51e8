import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PeerId } from '../identity/keys.ts'
import type { Database } from '../store/database.ts'
import { openDatabase } from '../store/database.ts'
import type { Entry } from './entry.ts'
import { PeerSession } from './peer-session.ts'
import { nodeOf, openPeer, signChain, testHive } from './testing/bench-of-peers.ts'
import { createVirtualClock } from '../lib/virtual-clock.ts'
import type { Channel } from '../network/host.ts'
import { formatMessage } from './protocol.ts'

const [ada, eve] = [nodeOf('ada'), nodeOf('eve')]

/** A database that counts what is handed to `write`. */
function countingDatabase(): { readonly database: Database; readonly writes: () => number } {
  const database = openDatabase({ path: ':memory:' })
  let writes = 0
  const write: Database['write'] = (work) => {
    writes += 1
    return database.write(work)
  }
  return { database: { ...database, write, [Symbol.asyncDispose]: () => database[Symbol.asyncDispose]() }, writes: () => writes }
}

function spoil(entry: Entry): Entry {
  return { ...entry, signature: new Uint8Array(64) }
}

test('S4: a range of spoilt signatures is checked once for each when it is served', async () => {
  const { database, writes } = countingDatabase()
  const bob = await openPeer('bob', { database })
  const chain = signChain(
    'ada',
    Array.from({ length: 200 }, (_, index) => `${index}`),
  )
  await bob.journal.receive(
    chain.map((entry, index) => (index === 199 ? entry : spoil(entry))),
    ada,
  )
  const before = writes()
  const served = bob.journal.serve({ node: ada, incarnation: 1, from: 1, to: 1 }, { maxEntries: 512, maxBytes: 1_048_576 })
  assert.equal(served.entries.length, 200)
  // one for each signature, to remember that it is bad
  assert.ok(writes() - before <= 200, `${writes() - before} writes`)
})

test('S4: a proof that is known already costs no write, however often it comes', async () => {
  const { database, writes } = countingDatabase()
  const bob = await openPeer('bob', { database })
  await bob.journal.receive(signChain('ada', ['one', 'left']), ada)
  await bob.journal.receive(signChain('ada', ['one', 'right']), eve)
  const [proof] = bob.journal.forks()
  assert.ok(proof)
  const before = writes()
  for (let times = 0; times < 10; times++) assert.equal(await bob.journal.receiveFork(proof), 'known')
  assert.equal(writes() - before, 0)
  assert.equal(await bob.journal.receiveFork({ first: spoil(proof.first), second: proof.second }), 'nothing')
})

test('a start judges all authors in one transaction', async () => {
  const { database, writes } = countingDatabase()
  const bob = await openPeer('bob', { database })
  for (let author = 0; author < 20; author++) await bob.journal.receive(signChain(`author ${author}`, ['hello']), eve)
  const before = writes()
  await openPeer('bob', { database })
  assert.ok(writes() - before <= 3, `${writes() - before} writes`)
})

test('S2: a run of one author looks up its owner alone, not that of everybody', async () => {
  let lookups = 0
  const ownerOf = (node: PeerId): string => {
    lookups += 1
    return node.slice(0, 12)
  }
  const bob = await openPeer('bob', { policy: 'open', owners: { ownerOf } })
  const firsts = Array.from({ length: 40 }, (_, author) => signChain(`author ${author}`, ['one', 'two']))
  await bob.journal.receive(
    firsts.flatMap((chain) => chain.slice(0, 1)),
    eve,
  )
  lookups = 0
  await bob.journal.receive(
    firsts.flatMap((chain) => chain.slice(1)),
    eve,
  )
  // each of the 40 runs for its own: is it blocked, is there room, whose is what came
  assert.ok(lookups <= 120, `${lookups} lookups`)
})

test('a session that lives long holds on to nothing for each message', async (t) => {
  const listening = t.mock.method(EventTarget.prototype, 'addEventListener')
  const inbox = Array.from({ length: 200 }, () => formatMessage({ type: 'heads', heads: [] }))
  let sent = 0
  // All that a session asks a channel for.
  const channel = {
    peer: ada,
    receive: () => Promise.resolve(inbox.pop()),
    send: () => Promise.resolve(void (sent += 1)),
    abort: () => {},
  } as unknown as Channel
  const session = new PeerSession(
    {
      channel,
      clock: createVirtualClock({ startsAt: 0 }),
      hear: async (message, from) => {
        from.send(message)
        await new Promise(setImmediate)
        return true
      },
      count: () => {},
    },
    { maxMessageBytes: 1000, stallTimeoutMs: 1000 },
  )
  assert.equal(await session.run(new AbortController().signal), 'closed by the peer')
  assert.equal(sent, 200)
  assert.ok(listening.mock.callCount() <= 4, `${listening.mock.callCount()} listeners`)
})

test('F5: a mark of a restore that cannot be taken off yet hinders nobody, and is taken off by a later start', async () => {
  const database = openDatabase({ path: ':memory:' })
  await openPeer('bob', { database })
  await database.write((tx) => tx.run(`insert into setting (name, value) values ('restored.${testHive}', '1')`))
  const clock = createVirtualClock({ startsAt: 1_760_000_000_000 })
  const write: Database['write'] = (work) =>
    database.write((tx) =>
      work({
        ...tx,
        run: (sql, ...parameters) => {
          if (sql.startsWith('delete from setting')) throw new Error('the disk is full')
          return tx.run(sql, ...parameters)
        },
      }),
    )
  const bob = await openPeer('bob', { database: { ...database, write, [Symbol.asyncDispose]: () => Promise.resolve() }, clock })
  const entry = await clock.run(bob.journal.append('note', { text: 'goes on' }))
  await clock.settle()
  assert.ok(bob.journal.find(entry.cid))
  const isMarked = (): boolean => database.get("select 1 from setting where name like 'restored.%'") !== undefined
  assert.ok(isMarked())
  const later = await openPeer('bob', { database, clock })
  await clock.run(later.journal.append('note', { text: 'and on' }))
  await clock.settle()
  assert.equal(isMarked(), false)
})
