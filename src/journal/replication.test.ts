import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSeededChance } from '../lib/chance.ts'
import type { PeerId } from '../identity/keys.ts'
import type { Entry } from './entry.ts'
import type { Admission, AdmissionVerdict } from './journal.ts'
import { formatNews, formatMessage, journalProtocol, journalTopic } from './protocol.ts'
import { admitAll, nodeOf, notesOf, signChain, testHive } from './testing/bench-of-peers.ts'
import type { Fleet, FleetPeer } from './testing/fleet.ts'
import { createFleet, stateOf } from './testing/fleet.ts'

async function append(fleet: Fleet, peer: FleetPeer, ...texts: readonly string[]): Promise<void> {
  await fleet.clock.run(Promise.all(texts.map((text) => peer.journal.append('note', { text }))))
}

function assertSame(peers: readonly FleetPeer[], notes: number): void {
  const [first, ...others] = peers
  assert.ok(first)
  assert.equal(notesOf(first.database).length, notes)
  for (const other of others) assert.deepEqual(stateOf(other), stateOf(first))
}

async function openFive(fleet: Fleet): Promise<readonly [FleetPeer, FleetPeer, FleetPeer, FleetPeer, FleetPeer]> {
  const peers = [
    await fleet.open('ada'),
    await fleet.open('bob'),
    await fleet.open('cy'),
    await fleet.open('dan'),
    await fleet.open('eve'),
  ] as const
  await fleet.connect(...peers)
  return peers
}

test('a new entry reaches every connected peer within a second', async (t) => {
  const fleet = createFleet(t)
  const [ada, bob, cy] = [await fleet.open('ada'), await fleet.open('bob'), await fleet.open('cy')]
  await fleet.connect(ada, bob, cy)
  await append(fleet, ada, 'hello')
  await fleet.advance(1000)
  assertSame([ada, bob, cy], 1)
})

test('a peer that was away for 10,000 records catches up with traffic of 1.3 times what it lacks at most, and then costs nearly nothing', async (t) => {
  const fleet = createFleet(t)
  const [ada, bob] = [await fleet.open('ada'), await fleet.open('bob')]
  await append(fleet, ada, ...Array.from({ length: 10_000 }, (_, index) => `record ${index}`))
  await fleet.connect(ada, bob)
  await fleet.advance(20_000)
  assert.deepEqual(bob.journal.heads(), ada.journal.heads())
  const { bytes } = ada.journal.status()
  const caughtUp = bob.journal.status()
  assert.ok(caughtUp.bytesReceived <= 1.3 * bytes + 10_000, `${caughtUp.bytesReceived} bytes for ${bytes}`)
  await fleet.advance(300_000)
  const idle = bob.journal.status().bytesReceived - caughtUp.bytesReceived
  assert.ok(idle < 10_000, `${idle} bytes in five idle minutes`)
})

test('what a peer lacks comes through a third one when its author is gone', async (t) => {
  const fleet = createFleet(t)
  const [ada, bob] = [await fleet.open('ada'), await fleet.open('bob')]
  await fleet.connect(ada, bob)
  await append(fleet, ada, 'one', 'two')
  await fleet.advance(1000)
  await ada.stop()
  const cy = await fleet.open('cy')
  await fleet.connect(bob, cy)
  await fleet.advance(2000)
  assertSame([bob, cy], 2)
})

test('F10: after a partition 2/1 nothing is lost and views converge', async (t) => {
  const fleet = createFleet(t)
  const [ada, bob, cy] = [await fleet.open('ada'), await fleet.open('bob'), await fleet.open('cy')]
  await fleet.connect(ada, bob, cy)
  fleet.network.partition([[ada.node, bob.node], [cy.node]])
  await append(fleet, ada, 'here')
  await append(fleet, cy, 'there', 'and there')
  await fleet.advance(60_000)
  assert.equal(notesOf(bob.database).length, 1)
  fleet.network.heal()
  await fleet.advance(60_000)
  assertSame([ada, bob, cy], 3)
})

test('F10: after a partition 3/2 nothing is lost and views converge', async (t) => {
  const fleet = createFleet(t)
  const [ada, bob, cy, dan, eve] = await openFive(fleet)
  fleet.network.partition([
    [ada.node, bob.node, cy.node],
    [dan.node, eve.node],
  ])
  await append(fleet, ada, 'a')
  await append(fleet, dan, 'd')
  await append(fleet, eve, 'e')
  await fleet.advance(60_000)
  fleet.network.heal()
  await fleet.advance(60_000)
  assertSame([ada, bob, cy, dan, eve], 3)
})

test('F11: a one-way cut harms nobody, and ends without a livelock', async (t) => {
  const fleet = createFleet(t)
  const [ada, bob, cy] = [await fleet.open('ada'), await fleet.open('bob'), await fleet.open('cy')]
  await fleet.connect(ada, bob, cy)
  fleet.network.cut(ada.node, bob.node)
  await append(fleet, ada, 'a')
  await append(fleet, bob, 'b')
  await fleet.advance(60_000)
  assertSame([ada, bob, cy], 2)
  fleet.network.heal()
  await append(fleet, ada, 'again')
  await fleet.advance(60_000)
  assertSame([ada, bob, cy], 3)
})

test('F13 F16: with 30 % loss, doubles and reordering every entry still arrives, once', async (t) => {
  const fleet = createFleet(t, { loss: 0.3, duplicates: 0.3, jitterMs: 400, latencyMs: 50, seed: 7 })
  const peers = await openFive(fleet)
  for (const [index, peer] of peers.entries()) {
    await append(fleet, peer, ...Array.from({ length: 20 }, (_, count) => `${index} ${count}`))
  }
  await fleet.advance(180_000)
  assertSame(peers, 100)
})

test('F17: peers whose clocks are an hour apart agree', async (t) => {
  const fleet = createFleet(t)
  const [ada, bob] = [await fleet.open('ada', { skewMs: 3_600_000 }), await fleet.open('bob', { skewMs: -3_600_000 })]
  await fleet.connect(ada, bob)
  await append(fleet, ada, 'from the future')
  await append(fleet, bob, 'from the past')
  await fleet.advance(2000)
  assertSame([ada, bob], 2)
})

test('F18: a lid closed for hours costs nothing but the catching up', async (t) => {
  const fleet = createFleet(t)
  const [ada, bob, cy] = [await fleet.open('ada'), await fleet.open('bob'), await fleet.open('cy')]
  await fleet.connect(ada, bob, cy)
  fleet.network.sleep(bob.node)
  bob.clock.suspend()
  await append(fleet, ada, 'while bob slept')
  await fleet.advance(4 * 3_600_000)
  fleet.network.wake(bob.node)
  bob.clock.resume()
  await append(fleet, bob, 'good morning')
  await fleet.advance(90_000)
  assertSame([ada, bob, cy], 2)
  assert.equal(bob.replication.status().dropped + ada.replication.status().dropped, 0)
})

test('under load entries travel in batches instead of one by one', async (t) => {
  const fleet = createFleet(t)
  const [ada, bob] = [await fleet.open('ada'), await fleet.open('bob')]
  await fleet.connect(ada, bob)
  const before = fleet.network.counters().gossips
  await append(fleet, ada, ...Array.from({ length: 1000 }, (_, index) => `burst ${index}`))
  await fleet.advance(5000)
  assertSame([ada, bob], 1000)
  assert.ok(fleet.network.counters().gossips - before <= 100)
})

/** Eve's host, which says on the journal's protocol what a test has her say. */
async function openEve(
  fleet: Fleet,
  target: FleetPeer,
): Promise<{ readonly peer: FleetPeer; readonly say: (...messages: readonly Uint8Array[]) => Promise<void> }> {
  const peer = await fleet.open('eve')
  await peer.replication[Symbol.asyncDispose]()
  await fleet.connect(peer, target)
  const signal = new AbortController().signal
  const say = async (...messages: readonly Uint8Array[]): Promise<void> => {
    const channel = await peer.host.open(target.node, journalProtocol(testHive), { signal, maxMessageBytes: 2_000_000 })
    for (const message of messages) await channel.send(message)
    await channel.close()
  }
  return { peer, say: (...messages) => fleet.clock.run(say(...messages)).catch(() => {}) }
}

test('S4 S5: a peer that says wrong things three times is dropped, and nobody else is', async (t) => {
  const fleet = createFleet(t)
  const [ada, bob] = [await fleet.open('ada'), await fleet.open('bob')]
  const eve = await openEve(fleet, bob)
  await fleet.connect(ada, bob)
  const [one] = signChain('cy', ['one']) as readonly [Entry]
  for (let times = 0; times < 3; times++) {
    await eve.say(formatMessage({ type: 'batch', id: 0, entries: [one], evidence: [] }))
    await fleet.advance(100)
  }
  assert.equal(bob.replication.status().dropped, 1)
  assert.equal(bob.replication.status().invalid, 3)
  assert.equal(bob.journal.status().entries, 0)
  await append(fleet, ada, 'still heard')
  await fleet.advance(2000)
  assert.equal(notesOf(bob.database).length, 1)
})

test('S4: sums that come without end are answered once a second, and the last of them is answered', async (t) => {
  const fleet = createFleet(t)
  const bob = await fleet.open('bob')
  await append(fleet, bob, 'one')
  const eve = await openEve(fleet, bob)
  const before = bob.journal.status().bytesSent
  const sums = new Uint8Array(256).fill(9)
  const signal = new AbortController().signal
  const channel = await fleet.clock.run(eve.peer.host.open(bob.node, journalProtocol(testHive), { signal, maxMessageBytes: 2_000_000 }))
  for (let times = 0; times < 200; times++) await fleet.clock.run(channel.send(formatMessage({ type: 'sums', sums })))
  await fleet.advance(500)
  const atOnce = bob.journal.status().bytesSent - before
  await fleet.advance(3000)
  const inAll = bob.journal.status().bytesSent - before
  assert.ok(atOnce < 1000, `${atOnce} bytes at once`)
  assert.ok(inAll > atOnce && inAll < 1500, `${inAll} bytes in all`)
})

test('S4: heads of invented authors are asked about only so often, and kept nowhere', async (t) => {
  const fleet = createFleet(t)
  const bob = await fleet.open('bob', { admission: { ...admitAll, judge: () => ({ verdict: 'unknown' }) } })
  const eve = await openEve(fleet, bob)
  const [one] = signChain('ada', ['one']) as readonly [Entry]
  const heads = Array.from({ length: 2000 }, (_, index) => ({ node: nodeOf(`nobody ${index}`), incarnation: 1, seq: 9, cid: one.cid }))
  await eve.say(formatMessage({ type: 'heads', heads }), formatMessage({ type: 'heads', heads }))
  assert.ok(bob.replication.status().wanted <= 256, `${bob.replication.status().wanted} wanted`)
  await fleet.advance(30_000)
  assert.equal(bob.replication.status().wanted, 0)
})

test('S10: peers that hold different lengths of a revoked journal agree on it, and spend nothing on the difference', async (t) => {
  const fleet = createFleet(t)
  const cy = nodeOf('cy')
  const verdict: { current: AdmissionVerdict } = { current: { verdict: 'admitted' } }
  const judge = (node: PeerId): AdmissionVerdict => (node === cy ? verdict.current : { verdict: 'admitted' })
  const admission: Admission = { judge, introduce: ({ header }) => judge(header.node) }
  const [ada, bob] = [await fleet.open('ada', { admission }), await fleet.open('bob', { admission })]
  const chain = signChain('cy', ['one', 'two', 'three', 'four'])
  await fleet.clock.run(ada.journal.receive(chain, cy))
  await fleet.clock.run(bob.journal.receive(chain.slice(0, 3), cy))
  verdict.current = { verdict: 'cut', after: { incarnation: 1, seq: 2 } }
  for (const peer of [ada, bob]) await fleet.clock.run(peer.journal.rejudge(cy))
  await fleet.connect(ada, bob)
  await fleet.advance(1000)
  assertSame([ada, bob], 2)
  const before = ada.journal.status().bytesSent
  await fleet.advance(300_000)
  // ten comparisons of equal sums
  assert.ok(ada.journal.status().bytesSent - before < 5_000, `${ada.journal.status().bytesSent - before} bytes`)
})

test('S4: noise on the topic is refused, and forwards nothing', async (t) => {
  const fleet = createFleet(t)
  const [bob, cy] = [await fleet.open('bob'), await fleet.open('cy')]
  const eve = await openEve(fleet, bob)
  await fleet.connect(bob, cy)
  const chance = createSeededChance(3)
  const [one] = signChain('ada', ['one']) as readonly [Entry]
  const forged = formatNews({ type: 'entry', entry: { ...one, signature: new Uint8Array(64) } })
  for (let count = 0; count < 20; count++) await eve.peer.host.gossip.publish(journalTopic(testHive), chance.bytes(200))
  await eve.peer.host.gossip.publish(journalTopic(testHive), forged)
  await fleet.advance(2000)
  assert.equal(bob.journal.status().entries + cy.journal.status().entries, 0)
  assert.equal(cy.journal.status().bytesReceived < 5000, true)
})

test('a question that stalls goes to another peer', async (t) => {
  const fleet = createFleet(t)
  const [ada, bob] = [await fleet.open('ada'), await fleet.open('bob')]
  const silent = await openEve(fleet, bob)
  silent.peer.host.handle(
    journalProtocol(testHive),
    (_channel, { signal }) => new Promise((resolve) => signal.addEventListener('abort', () => resolve())),
    {
      maxMessageBytes: 1_000_000,
      maxPerPeer: 4,
    },
  )
  await append(fleet, ada, 'one')
  const [head] = ada.journal.heads()
  assert.ok(head)
  await silent.say(formatMessage({ type: 'heads', heads: [head] }))
  await fleet.connect(ada, bob)
  await fleet.advance(60_000)
  assertSame([ada, bob], 1)
})
