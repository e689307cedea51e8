import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { multiaddr } from '@multiformats/multiaddr'
import { peerIdFromString } from '@libp2p/peer-id'
import { concatBytes } from '../lib/bytes.ts'
import { encodeLength } from './frames.ts'
import type { Channel, Host } from './host.ts'
import { namesOf } from './libp2p-options.ts'
import { peerOfName } from './suite/names.ts'
import { testWireOptions } from './suite/test-options.ts'
import { openWireHost } from './suite/wire-world.ts'

const asking = { signal: new AbortController().signal }
const limits = { maxMessageBytes: 1_000_000, maxPerPeer: 32 }
const kad = namesOf(testWireOptions.hive).kad

test('F25 S3: a member whose DHT names thousands of peers at dead addresses hides no provider, and costs few dials', async (t) => {
  let dials = 0
  const sink = createServer((socket) => {
    dials += 1
    socket.destroy()
  }).listen(0, '127.0.0.1')
  t.after(() => sink.close())
  await once(sink, 'listening')
  const { port } = sink.address() as AddressInfo
  const [ada, dan] = [await openWireHost(t, 'ada', { lookupTimeoutMs: 2_000 }), await openWireHost(t, 'dan')]
  // As clients they serve no DHT of libp2p's, and say by its protocol what a test has them say.
  const [bob, eve] = [await openWireHost(t, 'bob', { dht: 'client' }), await openWireHost(t, 'eve', { dht: 'client' })]
  admitAll([ada, bob, dan, eve])
  const poison = Array.from({ length: 2_000 }, (_, index) => ({
    peer: peerOfName(`nobody ${index}`),
    // Every fourth leads where nobody answers. RFC 5737
    addresses: index % 4 === 3 ? ['/ip4/192.0.2.7/tcp/4001'] : [`/ip4/127.0.0.1/tcp/${port}`, '/ip4/127.0.0.1/tcp/9'],
  }))
  const isPoisoned = Promise.withResolvers<void>()
  answerWith(eve, encodeAnswer({ providers: poison, closer: poison }), () => isPoisoned.resolve())
  // What is true comes later than the lie.
  const asked: string[] = []
  answerWith(bob, encodeAnswer({ providers: [{ peer: dan.peerId, addresses: dan.addresses() }], closer: [] }), () => {
    asked.push('bob')
    return isPoisoned.promise
  })
  // Lookups of the table's own begin with the first peer.
  const startedAt = performance.now()
  for (const each of [bob, eve]) await ada.dial(each.addresses()[0] ?? '', asking)

  let found: readonly string[] = []
  const look = async (): Promise<readonly string[]> =>
    Array.fromAsync(ada.routing.findProviders(new Uint8Array(32).fill(7), { ...asking, limit: 16 }))
  // The table of peers fills when they were identified: bob may be in it later than eve.
  while (asked.length === 0) found = await look()
  assert.ok(found.includes(dan.peerId), `dan is not among the ${found.length} that were named`)
  const invented = found.filter((peer) => peer !== dan.peerId)
  assert.equal(invented.length, 4)
  await Promise.allSettled(invented.map(async (peer) => ada.dial(peer, { signal: AbortSignal.timeout(1_000) })))
  assert.equal(await ada.dial(dan.peerId, asking), dan.peerId)
  const seconds = (performance.now() - startedAt) / 1000
  // A burst of 64 and ten a second to peers that only the DHT names; those asked for are dialled beside that, also after a lookup. Twice
  // that is far below the 2,000 that were named.
  assert.ok(dials >= 3 && dials <= 2 * (64 + 10 * seconds), `${dials} dials in ${seconds} s`)
})

interface Named {
  readonly peer: string
  readonly addresses: readonly string[]
}

function admitAll(hosts: readonly Host[]): void {
  for (const host of hosts) for (const other of hosts) if (other !== host) host.admit(other.peerId)
}

function answerWith(host: Host, answer: Uint8Array, before: () => Promise<void> | void): void {
  const serve = async (channel: Channel): Promise<void> => {
    while ((await channel.receive()) !== undefined) {
      await before()
      await channel.send(answer)
    }
  }
  host.handle(kad, serve, limits)
}

/** An answer to GET_PROVIDERS. @see https://github.com/libp2p/specs/blob/master/kad-dht/README.md#rpc-messages */
function encodeAnswer({ providers, closer }: { readonly providers: readonly Named[]; readonly closer: readonly Named[] }): Uint8Array {
  const type = Uint8Array.of(0x08, 3)
  return concatBytes([type, ...closer.map((peer) => field(8, encodePeer(peer))), ...providers.map((peer) => field(9, encodePeer(peer)))])
}

function encodePeer({ peer, addresses }: Named): Uint8Array {
  return concatBytes([
    field(1, peerIdFromString(peer).toMultihash().bytes),
    ...addresses.map((address) => field(2, multiaddr(address).bytes)),
  ])
}

/** A protobuf field of bytes. */
function field(number: number, bytes: Uint8Array): Uint8Array {
  return concatBytes([Uint8Array.of((number << 3) | 2), encodeLength(bytes.byteLength), bytes])
}
