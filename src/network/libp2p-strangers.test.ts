import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import type { TestContext } from 'node:test'
import { test } from 'node:test'
import { gossipsub } from '@libp2p/gossipsub'
import { identify } from '@libp2p/identify'
import type { Connection, Libp2p, Stream } from '@libp2p/interface'
import { noise } from '@libp2p/noise'
import { ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { encodeText } from '../lib/bytes.ts'
import type { Host } from './host.ts'
import { openWireHost } from './suite/wire-world.ts'

const limits = { maxMessageBytes: 1000, maxPerPeer: 64 }
const members = ['/althing/bafyreihivefortes/journal/1', '/althing/bafyreihivefortes/content/1']
const inside = [
  '/ipfs/id/1.0.0',
  '/ipfs/id/push/1.0.0',
  '/ipfs/ping/1.0.0',
  '/meshsub/1.1.0',
  '/meshsub/1.2.0',
  '/floodsub/1.0.0',
  '/althing/bafyreihivefortes/kad/1.0.0',
  '/libp2p/circuit/relay/0.2.0/hop',
  '/libp2p/circuit/relay/0.2.0/stop',
]

/** A node of plain libp2p that follows no rule of ours. */
async function openRaw(t: TestContext): Promise<Libp2p> {
  const node = await createLibp2p({
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionMonitor: { enabled: false },
  })
  t.after(() => node.stop())
  return node
}

async function dialRaw(node: Libp2p, host: Host): Promise<Connection> {
  return node.dial(multiaddr(host.addresses()[0]))
}

function untilClosed(connection: Connection): Promise<unknown> {
  return connection.status === 'open' ? once(connection, 'close') : Promise.resolve()
}

/** Everything a stream gives until its end. */
function listen(stream: Stream): { readonly bytes: () => number; readonly ended: Promise<void> } {
  let bytes = 0
  const { promise, resolve } = Promise.withResolvers<void>()
  stream.addEventListener('message', ({ data }) => {
    bytes += data.byteLength
  })
  stream.addEventListener('close', () => resolve())
  if (stream.status !== 'open') resolve()
  return { bytes: () => bytes, ended: promise }
}

test('S1: a stranger that tries every protocol gets no byte, and is cut after its grace', async (t) => {
  const bob = await openWireHost(t, 'bob', { strangerGraceMs: 600, relay: true })
  let served = 0
  for (const protocol of members) bob.handle(protocol, () => Promise.resolve(void served++), limits)
  bob.gossip.subscribe('althing/suite/v1', () => 'accept')
  const eve = await openRaw(t)
  const connection = await dialRaw(eve, bob)
  const closed = untilClosed(connection)
  const heard: (() => number)[] = []
  let refused = 0
  const attempts = [...members, ...inside].map(async (protocol) => {
    try {
      const stream = await connection.newStream(protocol, { signal: AbortSignal.timeout(5000) })
      const ears = listen(stream)
      heard.push(ears.bytes)
      stream.send(Uint8Array.of(4, 1, 2, 3, 4))
      await ears.ended
    } catch {
      refused += 1
    }
  })
  await closed
  await Promise.all(attempts)
  assert.equal(heard.length + refused, members.length + inside.length)
  assert.ok(heard.length >= members.length)
  assert.deepEqual(
    heard.map((bytes) => bytes()),
    heard.map(() => 0),
  )
  assert.equal(served, 0)
  assert.deepEqual(bob.connections(), [])
})

test('S1: a host opens no stream to a stranger, and answers no question what it speaks', async (t) => {
  const bob = await openWireHost(t, 'bob', { strangerGraceMs: 400, relay: true })
  bob.gossip.subscribe('althing/suite/v1', () => 'accept')
  const eve = await createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    services: { identify: identify({ runOnConnectionOpen: false }), ping: ping(), gossip: gossipsub() },
  })
  t.after(() => eve.stop())
  const opened: string[] = []
  for (const protocol of inside) {
    await eve.handle(protocol, (stream) => void opened.push(stream.protocol), { force: true }).catch(() => undefined)
  }
  const closed = once(eve, 'connection:close')
  await bob.dial(eve.getMultiaddrs()[0]?.toString() ?? '', { signal: AbortSignal.timeout(5000) })
  await closed
  assert.deepEqual(opened, [])
})

test('S1: gossip of an unadmitted subscriber is neither sent nor heard', async (t) => {
  const bob = await openWireHost(t, 'bob', { strangerGraceMs: 500 })
  let heard = 0
  bob.gossip.subscribe('althing/suite/v1', () => (heard++, 'accept'))
  const eve = await createLibp2p({
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    services: {
      identify: identify(),
      gossip: gossipsub({ globalSignaturePolicy: 'StrictNoSign', allowPublishToZeroTopicPeers: true, floodPublish: true }),
    },
  })
  t.after(() => eve.stop())
  let overheard = 0
  eve.services.gossip.addEventListener('message', () => overheard++)
  eve.services.gossip.subscribe('althing/suite/v1')
  const connection = await dialRaw(eve, bob)
  const closed = untilClosed(connection)
  await eve.services.gossip.publish('althing/suite/v1', encodeText('let me in'))
  await bob.gossip.publish('althing/suite/v1', encodeText('secret'))
  await closed
  assert.deepEqual([heard, overheard], [0, 0])
  assert.deepEqual(bob.gossip.listeners('althing/suite/v1'), [])
})

test('S31: a member holds no more streams than one identity may have, over all its connections', async (t) => {
  const bob = await openWireHost(t, 'bob', { maxStreamsPerPeer: 20, maxConnectionsPerPeer: 2 })
  let held = 0
  let most = 0
  const hold = async (channel: { readonly receive: () => Promise<unknown> }): Promise<void> => {
    most = Math.max(most, ++held)
    await channel.receive().catch(() => undefined)
    held -= 1
  }
  for (const protocol of members) bob.handle(protocol, hold, limits)
  const eve = await openRaw(t)
  const address = multiaddr(bob.addresses()[0])
  bob.events.on('stranger:connected', (peer) => bob.admit(peer))
  await Promise.allSettled([1, 2, 3, 4].map(() => eve.dial(address, { force: true })))
  const open60 = (connection: Connection): Promise<Stream>[] =>
    Array.from({ length: 60 }, (_, index) =>
      connection.newStream(members[index % 2] ?? '', { signal: AbortSignal.timeout(3000), maxOutboundStreams: 1000 }),
    )
  const alive = eve.getConnections().filter((each) => each.status === 'open')
  const streams = alive.flatMap(open60)
  await Promise.allSettled(streams)
  assert.ok(eve.getConnections().filter((each) => each.status === 'open').length <= 2)
  assert.ok(most >= 10 && most <= 20, `${most} at once`)
})

test('S31: sockets that say nothing are closed, and members still get in', async (t) => {
  const bob = await openWireHost(t, 'bob', { dialTimeoutMs: 700 })
  const port = Number(bob.addresses()[0]?.split('/')[4])
  const sockets = Array.from({ length: 60 }, () => connect({ host: '127.0.0.1', port }))
  t.after(() => sockets.forEach((socket) => socket.destroy()))
  const closed = Promise.all(
    sockets.map(
      (socket) =>
        new Promise<void>(
          (resolve) =>
            void socket
              .on('error', () => resolve())
              .on('close', () => resolve())
              .resume(),
        ),
    ),
  )
  const cy = await openWireHost(t, 'cy')
  assert.equal(await cy.dial(bob.addresses()[0] ?? '', { signal: AbortSignal.timeout(5000) }), bob.peerId)
  await closed
})
