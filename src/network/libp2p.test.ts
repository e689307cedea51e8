import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { encodeText } from '../lib/bytes.ts'
import type { Channel, Host } from './host.ts'
import { createMemoryPeerBook } from './peer-book.ts'
import { peerOfName } from './suite/names.ts'
import { nextEvent, openWireHost } from './suite/wire-world.ts'

const protocol = '/althing/suite/echo/1'
const limits = { maxMessageBytes: 100_000, maxPerPeer: 8 }
const asking = { signal: new AbortController().signal, maxMessageBytes: 100_000 }

async function echo(channel: Channel): Promise<void> {
  for (;;) {
    const message = await channel.receive()
    if (message === undefined) return
    await channel.send(message)
  }
}

async function ask(from: Host, to: Host): Promise<string> {
  const channel = await from.open(to.peerId, protocol, asking)
  await channel.send(encodeText('hello'))
  const answer = Buffer.from((await channel.receive()) ?? []).toString()
  await channel.close()
  return answer
}

function admitAll(hosts: readonly Host[]): void {
  for (const host of hosts) for (const other of hosts) if (other !== host) host.admit(other.peerId)
}

test('S7: fifty hosts behind one address are all connected to one and heard by it', async (t) => {
  const topic = 'althing/suite/roll/v1'
  // A hundred handshakes in one process take their time on a busy machine.
  const patient = { dialTimeoutMs: 60_000, handshakeTimeoutMs: 60_000, strangerGraceMs: 60_000 }
  const bob = await openWireHost(t, 'bob', patient)
  const heard = new Set<string>()
  const all = Promise.withResolvers<void>()
  bob.gossip.subscribe(topic, ({ bytes }) => {
    heard.add(Buffer.from(bytes).toString())
    if (heard.size === 50) all.resolve()
    return 'ignore'
  })
  bob.handle(protocol, echo, limits)
  const crowd = await Promise.all(Array.from({ length: 50 }, (_, index) => openWireHost(t, `crowd ${index}`, patient)))
  for (const each of crowd) {
    bob.admit(each.peerId)
    each.admit(bob.peerId)
  }
  const arrived = Promise.all(crowd.map(({ peerId }) => nextEvent(bob, 'peer:connected', (peer) => peer === peerId)))
  await Promise.all(crowd.map((each) => each.dial(bob.addresses()[0] ?? '', asking)))
  await arrived
  assert.equal(bob.connections().filter((each) => each.admitted).length, 50)
  assert.deepEqual(
    await Promise.all(crowd.map((each) => ask(each, bob))),
    crowd.map(() => 'hello'),
  )
  await Promise.all(
    crowd.map(async (each, index) => {
      while (!each.gossip.listeners(topic).includes(bob.peerId)) await new Promise<void>((resolve) => void setTimeout(resolve, 10))
      await each.gossip.publish(topic, encodeText(`here is ${index}`))
    }),
  )
  await all.promise
})

test('two hosts that cannot reach each other talk over a relay, and again after the relay restarted', async (t) => {
  const relayPort = await freePort()
  const openRelay = (): Promise<Host> => openWireHost(t, 'relay', { relay: true, listen: [`/ip4/127.0.0.1/tcp/${relayPort}`] })
  let relay = await openRelay()
  const fast = { redialBaseMs: 50, redialMaxMs: 200, relay: true, listen: [] }
  const [ada, bob] = [await openWireHost(t, 'ada', fast), await openWireHost(t, 'bob', fast)]
  admitAll([relay, ada, bob])
  bob.handle(protocol, echo, limits)
  await Promise.all([ada, bob].map((each) => each.dial(relay.addresses()[0] ?? '', asking)))
  assert.equal(await ada.dial(await findPlace(bob), asking), bob.peerId)
  assert.equal(ada.connections().find((each) => each.peer === bob.peerId)?.relayed, true)
  assert.equal(await ask(ada, bob), 'hello')

  const lost = Promise.all([ada, bob].map((each) => nextEvent(each, 'peer:disconnected', (peer) => peer === relay.peerId)))
  await relay[Symbol.asyncDispose]()
  await lost
  const back = Promise.all([ada, bob].map((each) => nextEvent(each, 'peer:connected', (peer) => peer === relay.peerId)))
  relay = await openRelay()
  admitAll([relay, ada, bob])
  await back
  assert.equal(await ada.dial(await findPlace(bob), asking), bob.peerId)
  assert.equal(await ask(ada, bob), 'hello')
})

test('two that dial each other over a relay at once are connected, whichever connection stays', async (t) => {
  const relay = await openWireHost(t, 'relay', { relay: true })
  const [ada, bob] = [await openWireHost(t, 'ada', { relay: true, listen: [] }), await openWireHost(t, 'bob', { relay: true, listen: [] })]
  admitAll([relay, ada, bob])
  await Promise.all([ada, bob].map((each) => each.dial(relay.addresses()[0] ?? '', asking)))
  const [toAda, toBob] = [await findPlace(ada), await findPlace(bob)]
  for (let round = 0; round < 10; round++) {
    const dials = [ada.dial(toBob, asking), bob.dial(toAda, asking), ada.dial(toBob, asking), bob.dial(toAda, asking)]
    assert.deepEqual(await Promise.all(dials), [bob.peerId, ada.peerId, bob.peerId, ada.peerId])
    const lost = [nextEvent(ada, 'peer:disconnected'), nextEvent(bob, 'peer:disconnected')]
    await Promise.all([ada.disconnect(bob.peerId), bob.disconnect(ada.peerId)])
    await Promise.all(lost)
  }
})

test('a peer that was expelled is not relayed either', async (t) => {
  const relay = await openWireHost(t, 'relay', { relay: true })
  const bob = await openWireHost(t, 'bob', { relay: true, listen: [] })
  const eve = await openWireHost(t, 'eve', { relay: true, listen: [] })
  admitAll([relay, bob, eve])
  await Promise.all([bob, eve].map((each) => each.dial(relay.addresses()[0] ?? '', asking)))
  const address = await findPlace(bob)
  bob.expel(eve.peerId)
  await assert.rejects(eve.dial(address, asking), { code: 'PEER_UNREACHABLE' })
  assert.equal(
    bob.connections().some((each) => each.peer === eve.peerId),
    false,
  )
})

test('peers of the last run are dialled at the start, remembered when they are met, and forgotten when they are expelled', async (t) => {
  const book = createMemoryPeerBook()
  const bob = await openWireHost(t, 'bob')
  bob.admit(peerOfName('ada'))
  const first = await openWireHost(t, 'ada', { peerBook: book })
  first.admit(bob.peerId)
  await first.dial(bob.addresses()[0] ?? '', asking)
  while (book.load().length === 0) await new Promise<void>((resolve) => void setTimeout(resolve, 5))
  const gone = nextEvent(bob, 'peer:disconnected')
  await first[Symbol.asyncDispose]()
  await gone
  const back = nextEvent(bob, 'peer:connected')
  const second = await openWireHost(t, 'ada', { peerBook: book })
  assert.deepEqual(await back, [peerOfName('ada')])
  second.expel(bob.peerId)
  assert.deepEqual(book.load(), [])
})

test('bootstrap addresses are dialled again until somebody answers', async (t) => {
  const port = await freePort()
  const ada = await openWireHost(t, 'ada', { bootstrap: [`/ip4/127.0.0.1/tcp/${port}`], redialBaseMs: 50, redialMaxMs: 100 })
  const met = nextEvent(ada, 'stranger:connected')
  const bob = await openWireHost(t, 'bob', { listen: [`/ip4/127.0.0.1/tcp/${port}`] })
  assert.deepEqual(await met, [bob.peerId, 'outbound'])
})

test('F25: records that lead to dead addresses cost a bounded time, and the live provider is found', async (t) => {
  const dead = Array.from({ length: 40 }, (_, index) => `/ip4/127.0.0.1/tcp/${9 + index}`)
  const poisoned = Array.from({ length: 20 }, (_, index) => ({ peer: peerOfName(`dead ${index}`), addresses: dead }))
  const ada = await openWireHost(t, 'ada', { peerBook: createMemoryPeerBook(poisoned), dialTimeoutMs: 1000, lookupTimeoutMs: 3000 })
  const [bob, cy] = [await openWireHost(t, 'bob'), await openWireHost(t, 'cy')]
  admitAll([ada, bob, cy])
  // not by ada, who has a second for a dial: a busy machine takes longer
  await bob.dial(ada.addresses()[0] ?? '', asking)
  await cy.dial(bob.addresses()[0] ?? '', asking)
  const key = new Uint8Array(32).fill(9)
  await cy.routing.provide(key, asking)
  const begin = performance.now()
  const found = await Array.fromAsync(ada.routing.findProviders(key, { signal: asking.signal, limit: 1 }))
  assert.deepEqual(found, [cy.peerId])
  const none = await Array.fromAsync(ada.routing.findProviders(new Uint8Array(32).fill(1), { signal: asking.signal, limit: 1 }))
  assert.deepEqual(none, [])
  assert.ok(performance.now() - begin < 8000)
})

test('what was provided alone is provided to the first member that comes', async (t) => {
  const [ada, bob] = [await openWireHost(t, 'ada'), await openWireHost(t, 'bob')]
  const key = new Uint8Array(32).fill(5)
  await ada.routing.provide(key, asking)
  admitAll([ada, bob])
  await ada.dial(bob.addresses()[0] ?? '', asking)
  while (bob.routing.recordCount() === 0) await new Promise<void>((resolve) => void setTimeout(resolve, 20))
  assert.deepEqual(await Array.fromAsync(bob.routing.findProviders(key, { signal: asking.signal, limit: 1 })), [ada.peerId])
})

test('who hangs up does not call back', async (t) => {
  const fast = { redialBaseMs: 10, redialMaxMs: 20 }
  const [ada, bob] = [await openWireHost(t, 'ada', fast), await openWireHost(t, 'bob')]
  admitAll([ada, bob])
  const met = nextEvent(bob, 'peer:connected')
  await ada.dial(bob.addresses()[0] ?? '', asking)
  await met
  const calls: string[] = []
  bob.events.on('peer:connected', () => calls.push(...bob.connections().map(({ direction }) => direction)))
  const gone = nextEvent(bob, 'peer:disconnected')
  await ada.disconnect(bob.peerId)
  await gone
  await new Promise<void>((resolve) => void setTimeout(resolve, 150))
  // Bob did not hang up and may call; ada does not.
  assert.ok(!calls.includes('inbound'))
})

test('F17: a member that comes back with its clock set back is dialled where it listens now', async (t) => {
  const book = createMemoryPeerBook()
  const ada = await openWireHost(t, 'ada', { redialBaseMs: 10, redialMaxMs: 20, peerBook: book })
  ada.admit(peerOfName('bob'))
  const openBob = async (): Promise<Host> => {
    const bob = await openWireHost(t, 'bob')
    bob.admit(ada.peerId)
    await bob.dial(ada.addresses()[0] ?? '', asking)
    const [place = ''] = bob.addresses()
    const isIdentified = (): boolean => book.load().some(({ addresses }) => addresses.some((address) => place.startsWith(address)))
    while (!isIdentified()) await new Promise<void>((resolve) => void setTimeout(resolve, 5))
    return bob
  }
  const now = Date.now.bind(Date)
  const ahead = t.mock.method(Date, 'now', () => now() + 3_600_000)
  const bob = await openBob()
  await bob[Symbol.asyncDispose]()
  ahead.mock.restore()
  const again = await openBob()
  const called = nextEvent(again, 'peer:connected')
  // Who hangs up does not call back: what comes is ada's call.
  await again.disconnect(ada.peerId)
  await called
  assert.equal(again.connections()[0]?.direction, 'inbound')
})

test('a taken port becomes an ephemeral one', async (t) => {
  const server = createServer().listen(0, '127.0.0.1')
  t.after(() => server.close())
  await once(server, 'listening')
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  const bob = await openWireHost(t, 'bob', { listen: [`/ip4/127.0.0.1/tcp/${address.port}`] })
  const [own = ''] = bob.addresses()
  assert.match(own, /^\/ip4\/127\.0\.0\.1\/tcp\/\d+\/p2p\//)
  assert.ok(!own.includes(`/tcp/${address.port}/`))
})

test('a host without any network opens, says so, and closes', async (t) => {
  const said: string[] = []
  const log = { debug: () => {}, info: () => {}, warn: (message: string) => void said.push(message), error: () => {} }
  const ada = await openWireHost(t, 'ada', { listen: ['/ip4/192.0.2.77/tcp/0'], log })
  assert.deepEqual(ada.addresses(), [])
  assert.ok(said.some((message) => message.includes('without')))
  await ada[Symbol.asyncDispose]()
})

test('the dht can be a client, and refuses to hold for others', async (t) => {
  const ada = await openWireHost(t, 'ada', { dht: 'client' })
  assert.equal(ada.routing.mode(), 'client')
})

/** The host's address on a relay, as soon as it has one; libp2p says it a second later. */
async function findPlace(host: Host): Promise<string> {
  for (;;) {
    const address = host.addresses().find((each) => each.includes('/p2p-circuit'))
    if (address !== undefined) return address
    await new Promise<void>((resolve) => void setTimeout(resolve, 10))
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  await new Promise<void>((resolve) => void server.close(() => resolve()))
  assert.ok(typeof address === 'object' && address !== null)
  return address.port
}
