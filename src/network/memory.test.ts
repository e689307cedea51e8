import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { encodeText } from '../lib/bytes.ts'
import { createSeededChance } from '../lib/chance.ts'
import type { VirtualClock } from '../lib/virtual-clock.ts'
import { createVirtualClock } from '../lib/virtual-clock.ts'
import type { Channel, Host } from './host.ts'
import type { MemoryHostOptions, MemoryNetworkOptions } from './memory-contract.ts'
import type { MemoryNetwork } from './memory.ts'
import { createMemoryNetwork, quietNetwork } from './memory.ts'
import { peerOfName } from './suite/names.ts'
import { testHostOptions } from './suite/test-options.ts'

const topic = 'althing/suite/talk/v1'
const protocol = '/althing/suite/count/1'
const never = new AbortController().signal
const asking = { signal: never, maxMessageBytes: 1000 }

interface World {
  readonly clock: VirtualClock
  readonly network: MemoryNetwork
  readonly open: (name: string, changes?: Partial<MemoryHostOptions>) => Host
}

function openWorld(options: Partial<MemoryNetworkOptions> = {}, seed = 1): World {
  const clock = createVirtualClock({ startsAt: 1_700_000_000_000 })
  const network = createMemoryNetwork({ clock, chance: createSeededChance(seed) }, { ...quietNetwork, ...options })
  return { clock, network, open: (name, changes) => network.openHost(peerOfName(name), { ...testHostOptions, ...changes }) }
}

async function join({ clock }: World, hosts: readonly Host[]): Promise<void> {
  for (const host of hosts) for (const other of hosts) if (host !== other) host.admit(other.peerId)
  for (const [index, host] of hosts.entries()) {
    for (const other of hosts.slice(index + 1)) await clock.run(host.dial(other.peerId, { signal: never }))
  }
}

/** Sends numbers and hears which of them come. */
async function openCount({ clock }: World, from: Host, to: Host): Promise<{ readonly channel: Channel; readonly heard: number[] }> {
  const heard: number[] = []
  to.handle(
    protocol,
    async (channel) => {
      for (;;) {
        const message = await channel.receive()
        if (message === undefined) return
        heard.push(message[0] ?? -1)
      }
    },
    { maxMessageBytes: 1000, maxPerPeer: 4 },
  )
  return { channel: await clock.run(from.open(to.peerId, protocol, asking)), heard }
}

test('F11: over a link that is cut one way a channel stalls, and goes on in order when it is mended', async () => {
  const world = openWorld()
  const [ada, bob] = [world.open('ada'), world.open('bob')]
  await join(world, [ada, bob])
  const { channel, heard } = await openCount(world, ada, bob)
  world.network.cut(ada.peerId, bob.peerId)
  for (const number of [1, 2, 3]) await channel.send(Uint8Array.of(number))
  await world.clock.advance(10_000)
  assert.deepEqual(heard, [])
  world.network.heal()
  await channel.send(Uint8Array.of(4))
  await world.clock.advance(100)
  assert.deepEqual(heard, [1, 2, 3, 4])
})

test('F11: a link that stays cut one way is closed for both, and made again when it is mended', async () => {
  const world = openWorld()
  const [ada, bob] = [world.open('ada'), world.open('bob')]
  await join(world, [ada, bob])
  const { channel } = await openCount(world, ada, bob)
  world.network.cut(bob.peerId, ada.peerId)
  await world.clock.advance(21_000)
  assert.deepEqual([ada.connections().length, bob.connections().length], [0, 0])
  await assert.rejects(channel.send(Uint8Array.of(1)), { code: 'CHANNEL_CLOSED' })
  world.network.heal()
  await world.clock.advance(70_000)
  assert.deepEqual([ada.connections().length, bob.connections().length], [1, 1])
})

test('F12: a flapping link is dialled a bounded number of times', async () => {
  const world = openWorld({ linkTimeoutMs: 1000 })
  const [ada, bob] = [world.open('ada'), world.open('bob')]
  await join(world, [ada, bob])
  const before = world.network.counters().dials
  await world.clock.run(world.network.flap(ada.peerId, bob.peerId, { times: 60, periodMs: 10_000, signal: never }))
  const dials = world.network.counters().dials - before
  assert.ok(dials >= 2 && dials <= 60, `${dials} dials in ten minutes`)
  await world.clock.advance(61_000)
  assert.equal(ada.connections().length, 1)
})

test('F13: with 30 % loss a channel delivers everything in order, only later', async () => {
  const world = openWorld({ loss: 0.3, jitterMs: 50 })
  const [ada, bob] = [world.open('ada'), world.open('bob')]
  await join(world, [ada, bob])
  const { channel, heard } = await openCount(world, ada, bob)
  const numbers = Array.from({ length: 200 }, (_, index) => index)
  for (const number of numbers) await channel.send(Uint8Array.of(number))
  await world.clock.advance(60_000)
  assert.deepEqual(heard, numbers)
})

test('F13 F16: gossip loses, doubles and reorders, as said', async () => {
  const world = openWorld({ loss: 0.3, jitterMs: 100, duplicates: 0.3 })
  const [ada, bob] = [world.open('ada'), world.open('bob', { gossipMessagesPerSecond: 10_000 })]
  await join(world, [ada, bob])
  const heard: number[] = []
  bob.gossip.subscribe(topic, ({ bytes }) => {
    heard.push(Number(Buffer.from(bytes).toString()))
    return 'accept'
  })
  for (let number = 0; number < 1000; number++) {
    await ada.gossip.publish(topic, encodeText(String(number)))
    await world.clock.advance(1)
  }
  await world.clock.advance(1000)
  const distinct = new Set(heard).size
  assert.ok(distinct > 650 && distinct < 850, `${distinct} of 1000 came`)
  assert.ok(heard.length - distinct > 80, `${heard.length - distinct} came twice`)
  assert.ok(heard.some((number, index) => number < (heard[index - 1] ?? 0)))
})

test('F10: a partition keeps gossip, channels and lookups on its side, and healing ends that', async () => {
  const world = openWorld()
  const [ada, bob, cy] = [world.open('ada'), world.open('bob'), world.open('cy')]
  await join(world, [ada, bob, cy])
  const heard: string[] = []
  for (const [name, host] of Object.entries({ bob, cy })) host.gossip.subscribe(topic, () => (heard.push(name), 'accept'))
  world.network.partition([[ada.peerId, bob.peerId], [cy.peerId]])
  await world.clock.advance(21_000)
  await ada.gossip.publish(topic, encodeText('one'))
  await world.clock.advance(100)
  assert.deepEqual(heard, ['bob'])
  await assert.rejects(world.clock.run(ada.dial(cy.peerId, { signal: never })), { code: 'PEER_UNREACHABLE' })
  world.network.heal()
  await world.clock.advance(120_000)
  await ada.gossip.publish(topic, encodeText('two'))
  await world.clock.advance(100)
  assert.deepEqual(heard.toSorted(), ['bob', 'bob', 'cy'])
})

test('F18: a peer that slept for hours is met again when it wakes', async () => {
  const world = openWorld()
  const [ada, bob] = [world.open('ada'), world.open('bob')]
  await join(world, [ada, bob])
  world.network.sleep(bob.peerId)
  await world.clock.advance(8 * 3_600_000)
  assert.equal(ada.connections().length, 0)
  world.network.wake(bob.peerId)
  await world.clock.advance(61_000)
  assert.equal(ada.connections().length, 1)
})

test('F14: a round trip takes the latency and the jitter of the network', async () => {
  const world = openWorld({ latencyMs: 300, jitterMs: 100 })
  const [ada, bob] = [world.open('ada'), world.open('bob')]
  bob.handle(protocol, async (channel) => channel.send((await channel.receive()) ?? new Uint8Array(0)), {
    maxMessageBytes: 1000,
    maxPerPeer: 4,
  })
  await join(world, [ada, bob])
  const channel = await world.clock.run(ada.open(bob.peerId, protocol, asking))
  const begin = world.clock.monotonic()
  await channel.send(Uint8Array.of(1))
  await world.clock.run(channel.receive())
  const took = world.clock.monotonic() - begin
  assert.ok(took >= 600 && took <= 800, `${took} ms`)
})

test('F15: bytes take the time of the uplink', async () => {
  const world = openWorld({ latencyMs: 0, bytesPerSecond: 125_000 })
  const [ada, bob] = [world.open('ada'), world.open('bob')]
  await join(world, [ada, bob])
  const { channel, heard } = await openCount(world, ada, bob)
  for (let count = 0; count < 125; count++) await channel.send(new Uint8Array(1000))
  await world.clock.advance(500)
  assert.equal(heard.length, 62)
  await world.clock.advance(500)
  assert.equal(heard.length, 125)
})

test('the same seed gives the same run, and another seed another', async () => {
  const trace = async (seed: number): Promise<string> => {
    const world = openWorld({ loss: 0.2, jitterMs: 80, duplicates: 0.1 }, seed)
    const hosts = Array.from({ length: 12 }, (_, index) => world.open(`node ${index}`))
    await join(world, hosts)
    const hash = createHash('sha256')
    for (const [index, host] of hosts.entries()) {
      host.gossip.subscribe(topic, ({ bytes, from }) => {
        hash.update(`${world.clock.monotonic()} ${index} ${from} ${Buffer.from(bytes).toString()}\n`)
        return 'accept'
      })
    }
    for (let round = 0; round < 20; round++) {
      await hosts[round % 12]?.gossip.publish(topic, encodeText(`round ${round}`))
      await world.clock.advance(30)
    }
    return hash.digest('hex')
  }
  const [first, second, other] = [await trace(7), await trace(7), await trace(8)]
  assert.equal(first, second)
  assert.notEqual(first, other)
})

test('gossip reaches a thousand hosts with eight neighbours each', async () => {
  const world = openWorld({ jitterMs: 20 })
  const chance = createSeededChance(3)
  const hosts = Array.from({ length: 1000 }, (_, index) => world.open(`node ${index}`))
  const dials = hosts.flatMap((host, index) =>
    [1, 2, 3, 4].map((step) => {
      const other = hosts[step === 1 ? (index + 1) % 1000 : Math.floor(chance.fraction() * 1000)]
      if (other === undefined || other === host) return Promise.resolve()
      host.admit(other.peerId)
      other.admit(host.peerId)
      return host.dial(other.peerId, { signal: never })
    }),
  )
  await world.clock.run(Promise.all(dials))
  const heard = new Set<number>()
  for (const [index, host] of hosts.entries()) host.gossip.subscribe(topic, () => (heard.add(index), 'accept'))
  await hosts[0]?.gossip.publish(topic, encodeText('to all'))
  await world.clock.advance(2000)
  assert.ok(heard.size >= 999, `${heard.size} heard it`)
})
