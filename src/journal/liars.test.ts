import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeText } from '../lib/bytes.ts'
import { createCid, dagCborCodec } from '../lib/cid.ts'
import type { Entry, Head } from './entry.ts'
import type { Message } from './protocol.ts'
import { formatMessage, journalProtocol, parseMessage } from './protocol.ts'
import { admitAll, nodeOf, signChain, testHive } from './testing/bench-of-peers.ts'
import type { Fleet, FleetPeer } from './testing/fleet.ts'
import { createFleet } from './testing/fleet.ts'

type Ask = Extract<Message, { readonly type: 'ask' }>

/** Eve, who tells bob something and answers each of his questions as a test says. */
async function openEve(fleet: Fleet, bob: FleetPeer, answer: (ask: Ask) => readonly Message[] = () => []) {
  const peer = await fleet.open('eve')
  await peer.replication[Symbol.asyncDispose]()
  await fleet.connect(peer, bob)
  const asked: Ask[] = []
  const signal = new AbortController().signal
  const tell = async (message: Message): Promise<void> => {
    const opening = peer.host.open(bob.node, journalProtocol(testHive), { signal, maxMessageBytes: 2_000_000 })
    const channel = await fleet.clock.run(opening).catch(() => undefined)
    if (channel === undefined) return
    const listen = async (): Promise<void> => {
      for (let bytes = await channel.receive(); bytes !== undefined; bytes = await channel.receive()) {
        const heard = parseMessage(bytes, { maxBytes: 2_000_000 })
        if (heard?.type !== 'ask') continue
        asked.push(heard)
        for (const said of answer(heard)) await channel.send(formatMessage(said))
      }
    }
    listen().catch(() => {})
    await fleet.clock.run(channel.send(formatMessage(message)))
    await fleet.advance(1000)
  }
  return { peer, tell, asked }
}

function headOf(name: string, seq: number): Head {
  return { node: nodeOf(name), incarnation: 1, seq, cid: createCid(dagCborCodec, encodeText(`head of ${name}`)) }
}

test('S5: an answer with an entry nobody asked for is wrong, and nothing of it is taken', async (t) => {
  const fleet = createFleet(t)
  const bob = await fleet.open('bob')
  const entries = [...signChain('ada', ['one']), ...signChain('dan', ['one'])]
  const eve = await openEve(fleet, bob, ({ id }) => [{ type: 'batch', id, entries, evidence: [] }])
  await eve.tell({ type: 'heads', heads: [headOf('ada', 1)] })
  assert.equal(bob.replication.status().invalid, 1)
  assert.equal(bob.journal.status().entries, 0)
})

test('S4: an answer with many more entries than a batch holds is wrong, and nothing of it is taken', async (t) => {
  const fleet = createFleet(t)
  const bob = await fleet.open('bob')
  const texts = Array.from({ length: 2049 }, () => '')
  const entries = signChain('ada', texts)
  const eve = await openEve(fleet, bob, ({ id }) => [{ type: 'batch', id, entries, evidence: [] }])
  await eve.tell({ type: 'heads', heads: [headOf('ada', 3000)] })
  assert.equal(bob.replication.status().invalid, 1)
  assert.equal(bob.journal.status().entries, 0)
})

test('S5: who answers three times with entries that do not verify is cut off', async (t) => {
  const fleet = createFleet(t)
  const bob = await fleet.open('bob')
  const forged = signChain('ada', ['one']).map((entry): Entry => ({ ...entry, signature: new Uint8Array(64) }))
  const eve = await openEve(fleet, bob, ({ id }) => [{ type: 'batch', id, entries: forged, evidence: [] }])
  const cut: string[] = []
  bob.host.events.on('peer:disconnected', (peer) => cut.push(peer))
  for (const times of [1, 2, 3]) {
    assert.deepEqual(cut, [])
    await eve.tell({ type: 'heads', heads: [headOf('ada', 1)] })
    assert.equal(bob.replication.status().invalid, times)
  }
  assert.equal(bob.replication.status().dropped, 1)
  assert.deepEqual(cut, [nodeOf('eve')])
})

test('S6: a fork that is none counts against who tells it', async (t) => {
  const fleet = createFleet(t)
  const bob = await fleet.open('bob')
  const eve = await openEve(fleet, bob)
  const [one, two] = signChain('ada', ['one', 'two']) as readonly [Entry, Entry]
  await eve.tell({ type: 'fork', proof: { first: one, second: two } })
  assert.equal(bob.replication.status().invalid, 1)
})

test('S4: heads of somebody else as our own count against who tells them', async (t) => {
  const fleet = createFleet(t)
  const bob = await fleet.open('bob')
  const eve = await openEve(fleet, bob)
  await eve.tell({ type: 'yours', heads: [headOf('ada', 5)] })
  assert.equal(bob.replication.status().invalid, 1)
  assert.equal(bob.replication.status().wanted, 0)
})

test('S4: an author whom the hive does not know is asked about once, however often a peer speaks of it', async (t) => {
  const fleet = createFleet(t)
  const unknown = { verdict: 'unknown' } as const
  const bob = await fleet.open('bob', { admission: { ...admitAll, judge: () => unknown, introduce: () => unknown } })
  const entries = signChain('nobody', ['let me in'], { kind: 'certificate' })
  const eve = await openEve(fleet, bob, ({ id }) => [{ type: 'batch', id, entries, evidence: [] }])
  for (let times = 0; times < 5; times++) await eve.tell({ type: 'heads', heads: [headOf('nobody', 9)] })
  assert.equal(eve.asked.length, 1)
})

test('F11: what a peer offers and does not give comes from another after the stall time', async (t) => {
  const fleet = createFleet(t)
  const [ada, bob] = [await fleet.open('ada'), await fleet.open('bob')]
  await fleet.clock.run(ada.journal.append('note', { text: 'one' }))
  const eve = await openEve(fleet, bob)
  await eve.tell({ type: 'heads', heads: [headOf('ada', 1)] })
  assert.equal(eve.asked.length, 1)
  await fleet.connect(ada, bob)
  await fleet.advance(60_000)
  assert.equal(bob.journal.headOf(ada.node, 1)?.seq, 1)
})

test('what nobody told is found by the next comparison of heads', async (t) => {
  const fleet = createFleet(t)
  const [ada, bob] = [await fleet.open('ada'), await fleet.open('bob')]
  await fleet.connect(ada, bob)
  await fleet.advance(1000)
  await fleet.clock.run(bob.journal.receive(signChain('cy', ['one', 'two']), nodeOf('cy')))
  await fleet.advance(5000)
  assert.equal(ada.journal.headOf(nodeOf('cy'), 1), undefined)
  await fleet.advance(40_000)
  assert.equal(ada.journal.headOf(nodeOf('cy'), 1)?.seq, 2)
})
