import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeText } from '../lib/bytes.ts'
import { createCid, dagCborCodec, linkOfCid } from '../lib/cid.ts'
import { formatBody, formatEntry, formatHeader, parseEntry, signEntry } from './codec.ts'
import type { Entry, EntryHeader, HiveId } from './entry.ts'
import { keyOf, nodeOf, notesOf, openPeer, signChain, testHive } from './testing/bench-of-peers.ts'

const [ada, eve] = [nodeOf('ada'), nodeOf('eve')]
const otherHive = createCid(dagCborCodec, encodeText('another hive')) as HiveId

/** A signed entry after another, or the first of its author. */
function signNext(
  name: string,
  prev: Entry | undefined,
  what: { readonly kind: string; readonly body: unknown; readonly hive?: HiveId },
): Entry {
  const body = formatBody(what.body)
  const seq = (prev?.header.seq ?? 0) + 1
  const place = { hive: what.hive ?? testHive, incarnation: 1, seq, prev: prev?.cid ?? null, at: 1_760_000_000_000 + seq }
  return signEntry(keyOf(name), { ...place, kind: what.kind, bodyCid: body.cid, bodySize: body.bytes.byteLength }, body.bytes)
}

function withoutBody(entry: Entry): Entry {
  return { ...entry, bodyBytes: undefined }
}

test('S5: a signed entry proves nothing that it does not follow on', async () => {
  const bob = await openPeer('bob')
  const [, two] = signChain('ada', ['one', 'two']) as readonly [Entry, Entry]
  const [other] = signChain('ada', ['never said']) as readonly [Entry]
  const forged = { ...other, signature: new Uint8Array(64) }
  const reports = await bob.journal.receive([forged, two], eve)
  assert.deepEqual(
    reports.map((report) => report.verdict),
    ['invalid', 'gap'],
  )
  assert.deepEqual(notesOf(bob.database), [])
})

test('S5: an entry that its author signed for another hive is not taken in the middle of a chain', async () => {
  const bob = await openPeer('bob')
  const one = signNext('ada', undefined, { kind: 'note', body: { text: 'here' } })
  const two = signNext('ada', one, { kind: 'note', body: { text: 'elsewhere' }, hive: otherHive })
  const three = signNext('ada', two, { kind: 'note', body: { text: 'here again' } })
  const reports = await bob.journal.receive([one, two, three], ada)
  assert.deepEqual(
    reports.map((report) => report.verdict),
    ['stored', 'invalid', 'gap'],
  )
  assert.equal(bob.journal.status().entries, 1)
})

test('S6: a fork in another hive frames nobody in this one', async () => {
  const bob = await openPeer('bob')
  await bob.journal.receive(signChain('ada', ['one', 'two']), ada)
  const [, left] = signChain('ada', ['one', 'left'], { hive: otherHive }) as readonly [Entry, Entry]
  const [, right] = signChain('ada', ['one', 'right'], { hive: otherHive }) as readonly [Entry, Entry]
  assert.equal(await bob.journal.receiveFork({ first: left, second: right }), 'nothing')
  assert.equal(notesOf(bob.database).length, 2)
})

test('S6: of an incarnation that forked nothing more is taken', async () => {
  const bob = await openPeer('bob')
  const chain = signChain('ada', ['one', 'left', 'three', 'four'])
  await bob.journal.receive(chain.slice(0, 3), ada)
  await bob.journal.receive(signChain('ada', ['one', 'right']), ada)
  assert.deepEqual(await bob.journal.receive(chain.slice(3), ada), [{ node: ada, incarnation: 1, seq: 4, verdict: 'cut', stored: 0 }])
})

test('S5: nobody but its author excuses a missing body', async () => {
  const bob = await openPeer('bob')
  const one = signNext('ada', undefined, { kind: 'note', body: { text: 'unwelcome' } })
  const evesRecord = signNext('eve', undefined, { kind: 'erase', body: { cid: linkOfCid(one.cid) } })
  assert.equal((await bob.journal.receive([withoutBody(one)], eve, [evesRecord]))[0]?.verdict, 'invalid')
  const adasRecord = signNext('ada', one, { kind: 'erase', body: { cid: linkOfCid(one.cid) } })
  assert.equal((await bob.journal.receive([withoutBody(one)], eve, [adasRecord]))[0]?.verdict, 'stored')
})

test('S5: a record that erases cannot be erased itself', async () => {
  const bob = await openPeer('bob')
  const one = signNext('ada', undefined, { kind: 'note', body: { text: 'one' } })
  const two = signNext('ada', one, { kind: 'erase', body: { cid: linkOfCid(one.cid) } })
  const three = signNext('ada', two, { kind: 'erase', body: { cid: linkOfCid(two.cid) } })
  const reports = await bob.journal.receive([one, withoutBody(two), three], eve, [two, three])
  assert.deepEqual(reports, [{ node: ada, incarnation: 1, seq: 2, verdict: 'invalid', stored: 1 }])
})

test('S30: a header whose body would be longer than any body is refused, erased or not', () => {
  const [one] = signChain('ada', ['one']) as readonly [Entry]
  const wireOf = (bodySize: number): Uint8Array => {
    const header: EntryHeader = { ...one.header, bodySize }
    return formatEntry({ ...one, headerBytes: formatHeader(header), bodyBytes: undefined })
  }
  assert.notEqual(parseEntry(wireOf(65_536)), undefined)
  assert.equal(parseEntry(wireOf(65_537)), undefined)
})
