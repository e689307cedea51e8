import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { linkOfCid } from '../lib/cid.ts'
import { createCid, dagCborCodec } from '../lib/cid.ts'
import { encodeText } from '../lib/bytes.ts'
import { formatBody, signEntry } from './codec.ts'
import type { Entry, HiveId } from './entry.ts'
import type { Admission, AdmissionVerdict } from './journal.ts'
import { keyOf, nodeOf, notesOf, openPeer, signChain, testHive } from './testing/bench-of-peers.ts'
import { stateOf } from './testing/fleet.ts'

const [ada, eve] = [nodeOf('ada'), nodeOf('eve')]

function spoil(entry: Entry): Entry {
  return { ...entry, signature: new Uint8Array(64) }
}

test('a batch is proven by its last signature, and what lies past a bad one is not applied', async () => {
  const bob = await openPeer('bob')
  const [one, two, three] = signChain('ada', ['one', 'two', 'three']) as readonly [Entry, Entry, Entry]
  const refused = await bob.journal.receive([one, two, spoil(three)], eve)
  assert.deepEqual(refused, [{ node: ada, incarnation: 1, seq: 1, verdict: 'invalid', stored: 0 }])
  const taken = await bob.journal.receive([spoil(one), two], eve)
  assert.equal(taken[0]?.verdict, 'stored')
})

test('an entry proven by its chain alone is never the last one served', async () => {
  const bob = await openPeer('bob')
  const [one, two, three] = signChain('ada', ['one', 'two', 'three']) as readonly [Entry, Entry, Entry]
  await bob.journal.receive([one, spoil(two), three], eve)
  const limits = { maxEntries: 512, maxBytes: 1_048_576 }
  const toTwo = bob.journal.serve({ node: ada, incarnation: 1, from: 1, to: 2 }, limits)
  assert.deepEqual(
    toTwo.entries.map((entry) => entry.header.seq),
    [1],
  )
  const fromTwo = bob.journal.serve({ node: ada, incarnation: 1, from: 2, to: 2 }, limits)
  assert.deepEqual(
    fromTwo.entries.map((entry) => entry.header.seq),
    [2, 3],
  )
  const cy = await openPeer('cy')
  await cy.journal.receive(toTwo.entries, bob.node)
  assert.equal((await cy.journal.receive(fromTwo.entries, bob.node))[0]?.stored, 2)
})

test('a good signature takes the place of a spoilt one when it comes', async () => {
  const bob = await openPeer('bob')
  const [one, two, three] = signChain('ada', ['one', 'two', 'three']) as readonly [Entry, Entry, Entry]
  await bob.journal.receive([one, spoil(two), three], eve)
  const range = { node: ada, incarnation: 1, from: 1, to: 2 }
  bob.journal.serve(range, { maxEntries: 10, maxBytes: 10_000 })
  await bob.database.write(() => {})
  await bob.journal.receive([two], ada)
  assert.equal(bob.journal.serve(range, { maxEntries: 10, maxBytes: 10_000 }).entries.length, 2)
})

test('S5: what was had already changes nothing, and what lacks its beginning waits for it', async () => {
  const bob = await openPeer('bob')
  const chain = signChain('ada', ['one', 'two', 'three'])
  const late = await bob.journal.receive(chain.slice(2), eve)
  assert.deepEqual(late, [{ node: ada, incarnation: 1, seq: 3, verdict: 'gap', stored: 0 }])
  assert.deepEqual(bob.journal.status().troubled, [{ node: ada, trouble: 'gap' }])
  await bob.journal.receive(chain, eve)
  assert.equal((await bob.journal.receive(chain, eve))[0]?.verdict, 'known')
  assert.equal(bob.journal.status().entries, 3)
  assert.deepEqual(bob.journal.status().troubled, [])
})

test("S5: another hive's entry, a back-dated one, and one under another's signature are refused", async () => {
  const bob = await openPeer('bob')
  const otherHive = createCid(dagCborCodec, encodeText('another hive')) as HiveId
  const [foreign] = signChain('ada', ['one'], { hive: otherHive }) as readonly [Entry]
  assert.equal((await bob.journal.receive([foreign], eve))[0]?.verdict, 'invalid')
  const [one] = signChain('ada', ['one']) as readonly [Entry]
  await bob.journal.receive([one], ada)
  const backDated = signEntry(keyOf('ada'), { ...one.header, seq: 2, prev: one.cid, at: one.header.at }, one.bodyBytes ?? new Uint8Array())
  assert.equal((await bob.journal.receive([backDated], eve))[0]?.verdict, 'invalid')
  const [, two] = signChain('ada', ['one', 'two']) as readonly [Entry, Entry]
  const [, evesTwo] = signChain('eve', ['one', 'two']) as readonly [Entry, Entry]
  assert.equal((await bob.journal.receive([{ ...two, signature: evesTwo.signature }], eve))[0]?.verdict, 'invalid')
  assert.equal(bob.journal.status().entries, 1)
})

test('S6: a fork is proven by two signatures, stops counting where the branches part, and is told', async () => {
  const bob = await openPeer('bob')
  const [one, two, three] = signChain('ada', ['one', 'two', 'three']) as readonly [Entry, Entry, Entry]
  const [, otherTwo] = signChain('ada', ['one', 'other two']) as readonly [Entry, Entry]
  const seen: number[] = []
  bob.journal.events.on('fork:seen', (_node, position) => seen.push(position.seq))
  await bob.journal.receive([one, two, three], ada)
  assert.equal((await bob.journal.receive([otherTwo], eve))[0]?.verdict, 'forked')
  assert.deepEqual(seen, [2])
  assert.deepEqual(
    notesOf(bob.database).map((note) => note.slice(5)),
    ['one'],
  )
  assert.deepEqual(bob.journal.status().troubled, [{ node: ada, trouble: 'fork' }])
  assert.equal(bob.journal.forks().length, 1)
})

test('S6: an unsigned branch frames nobody', async () => {
  const bob = await openPeer('bob')
  const [one, two] = signChain('ada', ['one', 'two']) as readonly [Entry, Entry]
  const [, otherTwo] = signChain('ada', ['one', 'other two']) as readonly [Entry, Entry]
  await bob.journal.receive([one, two], ada)
  assert.equal((await bob.journal.receive([spoil(otherTwo)], eve))[0]?.verdict, 'invalid')
  assert.equal(await bob.journal.receiveFork({ first: two, second: spoil(otherTwo) }), 'nothing')
  assert.equal(await bob.journal.receiveFork({ first: one, second: two }), 'nothing')
  assert.deepEqual(bob.journal.forks(), [])
  assert.equal(notesOf(bob.database).length, 2)
})

test('S6: a proof convinces whoever gets it, and peers with different branches come to show the same', async () => {
  const [bob, cy] = [await openPeer('bob'), await openPeer('cy')]
  const left = signChain('ada', ['one', 'left'])
  const right = signChain('ada', ['one', 'right'])
  await bob.journal.receive(left, ada)
  await cy.journal.receive(right, ada)
  await bob.journal.receive(right, cy.node)
  const [proof] = bob.journal.forks()
  assert.ok(proof)
  assert.equal(await cy.journal.receiveFork(proof), 'new')
  assert.equal(await cy.journal.receiveFork(proof), 'known')
  assert.deepEqual(stateOf(cy), stateOf(bob))
})

test('S4: forks of authors nobody knows are kept nowhere', async () => {
  const bob = await openPeer('bob')
  const [one] = signChain('nobody', ['one']) as readonly [Entry]
  const [other] = signChain('nobody', ['other']) as readonly [Entry]
  assert.equal(await bob.journal.receiveFork({ first: one, second: other }), 'stranger')
  assert.deepEqual(bob.journal.forks(), [])
})

/** A hive whose verdicts a test changes. */
function createAdmission(): Admission & { readonly verdicts: Map<string, AdmissionVerdict>; readonly introduced: string[] } {
  const verdicts = new Map<string, AdmissionVerdict>()
  const introduced: string[] = []
  return {
    verdicts,
    introduced,
    judge: (node) => verdicts.get(node) ?? { verdict: 'unknown' },
    introduce: (entry) => {
      introduced.push(entry.header.node)
      return verdicts.get(`introduce ${entry.header.node}`) ?? { verdict: 'unknown' }
    },
  }
}

test('the first entry of an unknown author is shown to the hive, and nothing is kept while it does not know', async () => {
  const admission = createAdmission()
  const bob = await openPeer('bob', { admission })
  const chain = signChain('ada', ['hello'], { kind: 'certificate' })
  assert.equal((await bob.journal.receive(chain, eve))[0]?.verdict, 'unknown')
  assert.equal(bob.journal.isRefused(ada), true)
  assert.deepEqual(admission.introduced, [ada])
  assert.equal(bob.journal.status().entries, 0)
  admission.verdicts.set(`introduce ${ada}`, { verdict: 'admitted' })
  await bob.journal.rejudge(nodeOf('cy'))
  assert.equal(bob.journal.isRefused(ada), false)
  assert.equal((await bob.journal.receive(chain, eve))[0]?.verdict, 'stored')
})

test('a first entry that is no certificate, or not signed, introduces nobody', async () => {
  const admission = createAdmission()
  admission.verdicts.set(`introduce ${ada}`, { verdict: 'admitted' })
  const bob = await openPeer('bob', { admission })
  assert.equal((await bob.journal.receive(signChain('ada', ['hello']), eve))[0]?.verdict, 'unknown')
  const [first, second] = signChain('ada', ['hello', 'you'], { kind: 'certificate' }) as readonly [Entry, Entry]
  assert.equal((await bob.journal.receive([spoil(first), second], eve))[0]?.verdict, 'unknown')
  assert.deepEqual(admission.introduced, [])
})

test('S10: a revocation takes back what stands past the entry it names, and takes nothing more', async () => {
  const admission = createAdmission()
  admission.verdicts.set(ada, { verdict: 'admitted' })
  const bob = await openPeer('bob', { admission })
  const chain = signChain('ada', ['one', 'two', 'three', 'four'])
  await bob.journal.receive(chain.slice(0, 3), ada)
  admission.verdicts.set(ada, { verdict: 'cut', after: { incarnation: 1, seq: 2 } })
  await bob.journal.rejudge(ada)
  assert.deepEqual(
    notesOf(bob.database).map((note) => note.slice(5)),
    ['one', 'two'],
  )
  assert.equal((await bob.journal.receive(chain.slice(3), ada))[0]?.verdict, 'cut')
  assert.equal(bob.journal.status().entries, 3)
  admission.verdicts.set(ada, { verdict: 'admitted' })
  await bob.journal.rejudge(ada)
  assert.equal(notesOf(bob.database).length, 3)
})

test('a verdict that changed in a crash is taken up at the next start', async () => {
  const admission = createAdmission()
  admission.verdicts.set(ada, { verdict: 'admitted' })
  const bob = await openPeer('bob', { admission })
  await bob.journal.receive(signChain('ada', ['one', 'two']), ada)
  admission.verdicts.set(ada, { verdict: 'cut', after: { incarnation: 1, seq: 1 } })
  await openPeer('bob', { admission, database: bob.database })
  assert.equal(notesOf(bob.database).length, 1)
})

test('S2: in an open hive an owner fills its quota and no more, with all its nodes together', async () => {
  const owners = { ownerOf: (): string => 'one owner' }
  const bob = await openPeer('bob', { policy: 'open', maxOwnerBytes: 900, owners })
  const reports = await bob.journal.receive(signChain('ada', ['one', 'two', 'three', 'four']), ada)
  assert.deepEqual(
    reports.map(({ verdict, stored }) => ({ verdict, stored })),
    [{ verdict: 'full', stored: 2 }],
  )
  assert.equal((await bob.journal.receive(signChain('eve', ['x', 'y']), eve))[0]?.verdict, 'full')
  await bob.journal.append('note', { text: 'ours is not counted' })
})

test('S2: in an open hive the whole is bounded too', async () => {
  const bob = await openPeer('bob', { policy: 'open', maxOpenHiveBytes: 1300 })
  await bob.journal.receive(signChain('ada', ['one', 'two']), ada)
  assert.deepEqual(
    (await bob.journal.receive(signChain('eve', ['x', 'y', 'z']), eve)).map((report) => report.stored),
    [2],
  )
})

test('an erased body is gone here and with whoever receives the record, and the chain stays whole', async () => {
  const [adas, bob] = [await openPeer('ada'), await openPeer('bob')]
  const secret = await adas.journal.append('note', { text: 'secret' })
  await adas.journal.append('note', { text: 'fine' })
  const limits = { maxEntries: 512, maxBytes: 1_048_576 }
  const range = { node: ada, incarnation: 1, from: 1, to: 3 }
  await bob.journal.receive(adas.journal.serve(range, limits).entries, ada)
  await adas.journal.erase(secret.cid)
  await bob.journal.receive(adas.journal.serve({ ...range, from: 3 }, limits).entries, ada)
  for (const peer of [adas, bob]) {
    assert.equal(peer.journal.find(secret.cid)?.bodyBytes, undefined)
    assert.deepEqual(
      notesOf(peer.database).map((note) => note.slice(5)),
      ['fine'],
    )
  }
  const cy = await openPeer('cy')
  const served = bob.journal.serve(range, limits)
  assert.equal((await cy.journal.receive(served.entries, bob.node, []))[0]?.verdict, 'invalid')
  assert.equal((await cy.journal.receive(served.entries, bob.node, served.evidence))[0]?.stored, 3)
  assert.deepEqual(stateOf(cy), stateOf(bob))
})

test('nobody erases what another wrote', async () => {
  const bob = await openPeer('bob')
  const [one] = signChain('ada', ['one']) as readonly [Entry]
  await bob.journal.receive([one], ada)
  await assert.rejects(bob.journal.erase(one.cid), { code: 'ENTRY_NOT_OURS' })
  await assert.rejects(bob.journal.erase(signChain('eve', ['x'])[0]?.cid ?? one.cid), { code: 'ENTRY_MISSING' })
  const body = formatBody({ cid: linkOfCid(one.cid) })
  const header = {
    hive: testHive,
    incarnation: 1,
    seq: 1,
    prev: null,
    kind: 'erase',
    at: 1,
    bodyCid: body.cid,
    bodySize: body.bytes.byteLength,
  }
  await bob.journal.receive([signEntry(keyOf('eve'), header, body.bytes)], eve)
  assert.ok(bob.journal.find(one.cid)?.bodyBytes)
})

test('F16: whatever the order, repetition and cutting of what comes, the tables end the same', async () => {
  const chains = [signChain('ada', ['a', 'b', 'c', 'd']), signChain('eve', ['w', 'x', 'y', 'z']), signChain('cy', ['1', '2'])]
  const whole = await openPeer('bob')
  for (const chain of chains) await whole.journal.receive(chain, ada)
  const expected = stateOf(whole)
  const slice = fc.record({ chain: fc.nat({ max: 2 }), from: fc.nat({ max: 3 }), count: fc.integer({ min: 1, max: 4 }) })
  await fc.assert(
    fc.asyncProperty(fc.array(slice, { maxLength: 12 }), async (slices) => {
      const bob = await openPeer('bob')
      const pieces = slices.map(({ chain, from, count }) => (chains[chain] ?? []).slice(from, from + count))
      await Promise.all([...pieces, ...chains].map((piece) => bob.journal.receive(piece, ada)))
      for (const chain of chains) await bob.journal.receive(chain, ada)
      assert.deepEqual(stateOf(bob), expected)
      await bob.database[Symbol.asyncDispose]()
    }),
    { numRuns: 40 },
  )
})
