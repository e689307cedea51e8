import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeText } from '../lib/bytes.ts'
import type { Channel } from '../network/host.ts'
import { contentProtocol, encodeAnswer, maxMessageBytes, parseRequest } from './protocol.ts'
import { openFleet, testBytes, testHive } from './testing/fleet.ts'
import type { Fleet, FleetNode } from './testing/fleet.ts'
import { createCid, rawCodec } from '../lib/cid.ts'

const short = [1, 2, 3].map((seed) => testBytes(5_000, seed))

interface Server {
  /** Channels that were opened to it, and how many are still open. */
  readonly opened: number
  readonly open: number
}

/** Gives the short contents; after each answer it may close the channel. */
function serveShort(
  fleet: Fleet,
  name: string,
  after: (channel: Channel) => void = () => {},
): { host: ReturnType<Fleet['openHost']>; seen: Server } {
  const host = fleet.openHost(name)
  const seen = { opened: 0, open: 0 }
  host.handle(
    contentProtocol(testHive),
    async (channel) => {
      seen.opened += 1
      seen.open += 1
      for (
        let bytes = await channel.receive().catch(() => undefined);
        bytes !== undefined;
        bytes = await channel.receive().catch(() => undefined)
      ) {
        const request = parseRequest(bytes)
        const content = short.find((each) => createCid(rawCodec, each) === request?.root)
        if (request === undefined || content === undefined) throw new Error('not asked for')
        await channel.send(encodeAnswer({ t: request.t === 'have' ? 'have' : 'root', id: request.id, size: content.byteLength }))
        if (request.t === 'root') await channel.send(content)
        after(channel)
      }
      seen.open -= 1
    },
    { maxMessageBytes, maxPerPeer: 64 },
  )
  return { host, seen }
}

async function fetchAll(fleet: Fleet, node: FleetNode): Promise<void> {
  for (const bytes of short) await fleet.fetch(node, createCid(rawCodec, bytes))
}

test('short contents come over the same two channels, one after the other', async () => {
  await using fleet = openFleet()
  const { host, seen } = serveShort(fleet, 'ada')
  const bob = fleet.open('bob')
  await fleet.connect({ host }, bob)
  await fetchAll(fleet, bob)
  assert.equal(seen.opened, 2)
})

test('a channel that died while it waited is replaced, and the question put again', async () => {
  await using fleet = openFleet()
  const { host, seen } = serveShort(fleet, 'ada', (channel) => channel.abort(new Error('gone')))
  const bob = fleet.open('bob')
  await fleet.connect({ host }, bob)
  await fetchAll(fleet, bob)
  assert.equal(seen.opened, 6)
})

test('a channel nobody uses is closed after five seconds, and at once with the exchange', async () => {
  await using fleet = openFleet()
  const { host, seen } = serveShort(fleet, 'ada')
  const bob = fleet.open('bob')
  await fleet.connect({ host }, bob)
  await fetchAll(fleet, bob)
  await fleet.clock.advance(4_900)
  assert.equal(seen.open, 2)
  await fleet.clock.advance(200)
  assert.equal(seen.open, 0)
  const again = testBytes(10, 4)
  short.push(again)
  await fleet.fetch(bob, createCid(rawCodec, again))
  assert.equal(seen.open, 2)
  await fleet.clock.run(Promise.resolve(bob.exchange[Symbol.asyncDispose]()))
  await fleet.clock.advance(100)
  assert.equal(seen.open, 0)
})

test('while a member gives quickly the DHT is not asked; where nobody has it, it is asked at once', async () => {
  await using fleet = openFleet()
  const { host } = serveShort(fleet, 'ada')
  const bob = fleet.open('bob')
  await fleet.connect({ host }, bob)
  const lookups: number[] = []
  const { routing } = bob.host
  const findProviders = routing.findProviders
  Object.assign(routing, {
    findProviders: (...input: Parameters<typeof findProviders>) => {
      lookups.push(fleet.clock.monotonic())
      return findProviders(...input)
    },
  })
  await fetchAll(fleet, bob)
  assert.deepEqual(lookups, [])
  const startedAt = fleet.clock.monotonic()
  const nowhere = createCid(rawCodec, encodeText('nobody has this'))
  await assert.rejects(fleet.fetch(bob, nowhere))
  assert.ok((lookups[0] ?? Infinity) - startedAt < 1_000)
})
