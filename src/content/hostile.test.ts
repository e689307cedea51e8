import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeCanonical } from '../lib/canonical.ts'
import { createCid, dagCborCodec, linkOfCid, rawCodec } from '../lib/cid.ts'
import { encodeText } from '../lib/bytes.ts'
import { Fault } from '../lib/fault.ts'
import type { HiveId } from '../journal/entry.ts'
import { contentProtocol, encodeAnswer, encodeRequest, maxMessageBytes, parseAnswer } from './protocol.ts'
import { routingKey } from './search.ts'
import { openFleet, readAll, refer, testBytes, testHive } from './testing/fleet.ts'
import { contentOf, forEver, sendPieces, serveScript } from './testing/scripted.ts'

const mebibyte = 1_048_576
const never = new AbortController().signal

function isFault(code: string): (error: unknown) => boolean {
  return (error) => error instanceof Fault && error.code === code
}

test('F23: a provider of wrong bytes is dropped after one chunk, remembered, and the fetch succeeds', async () => {
  await using fleet = openFleet()
  const [ada, bob] = [fleet.open('ada', { uploadBytesPerSecond: 20_000_000 }), fleet.open('bob')]
  const eve = fleet.openHost('eve')
  await fleet.connect(ada, bob)
  await fleet.connect(bob, { host: eve })
  const bytes = testBytes(24 * mebibyte)
  const cid = await fleet.add(ada, bytes)
  let wrong = 0
  const heard = serveScript(eve, contentOf(ada.content, cid, bytes), {
    get: async (channel, request) => {
      await channel.send(encodeAnswer({ t: 'get', id: request.id, count: request.count }))
      for (let index = 0; index < request.count; index += 1) {
        wrong += 1
        await sendPieces(channel, new Uint8Array(mebibyte))
      }
    },
  })
  const report = await fleet.fetch(bob, cid)
  assert.deepEqual(report.liars, [eve.peerId])
  assert.deepEqual(report.providers, [{ peer: ada.peer, bytes: 24 * mebibyte }])
  assert.deepEqual(await readAll(bob.content, cid), bytes)
  assert.ok(wrong <= 2, `${wrong} wrong chunks were taken`)

  const asked = heard.requests.length
  const other = await fleet.add(ada, testBytes(3 * mebibyte, 9))
  await fleet.fetch(bob, other)
  assert.equal(heard.requests.length, asked)
})

test('F23: a list, or content of one block, that is not what it should be is taken from the next provider', async () => {
  await using fleet = openFleet()
  const [ada, bob] = [fleet.open('ada'), fleet.open('bob')]
  const [eve, mallory] = [fleet.openHost('eve'), fleet.openHost('mallory')]
  await fleet.connect(bob, { host: eve }, { host: mallory })
  for (const [bytes, seed] of [
    [testBytes(2 * mebibyte), 1],
    [testBytes(500), 2],
  ] as const) {
    const cid = await fleet.add(ada, bytes)
    if (seed === 1) {
      const content = contentOf(ada.content, cid, bytes)
      serveScript(eve, { ...content, root: new Uint8Array(content.root.byteLength) }, {})
      serveScript(mallory, content, { root: (channel, { id }) => channel.send(encodeAnswer({ t: 'no', id, why: 'busy' })) })
      fleet.clock.schedule(400, () => {
        ada.host.admit(bob.peer)
        bob.host.admit(ada.peer)
        void bob.host.dial(ada.peer, { signal: never })
      })
    }
    const report = await fleet.fetch(bob, cid)
    assert.deepEqual(report.liars, seed === 1 ? [eve.peerId] : [])
    assert.deepEqual(report.providers, [{ peer: ada.peer, bytes: bytes.byteLength }])
  }
})

test('F24: the last chunk of a provider that stalls is given to another within twice the median time of a chunk', async () => {
  await using fleet = openFleet()
  const perSecond = 2_097_152
  const ada = fleet.open('ada', { uploadBytesPerSecond: perSecond })
  const [cy, bob] = [fleet.open('cy', { uploadBytesPerSecond: perSecond }), fleet.open('bob')]
  const eve = fleet.openHost('eve')
  await fleet.connect(bob, ada, cy)
  await fleet.connect(bob, { host: eve })
  const bytes = testBytes(48 * mebibyte)
  const cid = await fleet.add(ada, bytes)
  await fleet.add(cy, bytes)
  let given = 0
  let stalledAt = 0
  serveScript(eve, contentOf(ada.content, cid, bytes), {
    get: async (_, request, honest) => {
      if (given + request.count > 12) {
        await honest(0)
        stalledAt ||= fleet.clock.monotonic()
        return await forEver()
      }
      given += request.count
      await fleet.clock.sleep(request.count * 500, { signal: never })
      await honest(request.count)
    },
  })
  const startedAt = fleet.clock.monotonic()
  const report = await fleet.fetch(bob, cid)
  assert.ok(stalledAt > 0)
  assert.deepEqual(await readAll(bob.content, cid), bytes)
  assert.ok(report.providers.some(({ peer }) => peer === eve.peerId))
  const alone = (48 - given) * 250 + 12 * 20
  assert.ok(fleet.clock.monotonic() - startedAt < alone + 1_000, `took ${fleet.clock.monotonic() - startedAt} ms, with two alone ${alone}`)
})

test('F24: a provider that trickles holds nobody up', async () => {
  await using fleet = openFleet()
  const [ada, bob, eve] = [fleet.open('ada', { uploadBytesPerSecond: 4_194_304 }), fleet.open('bob'), fleet.openHost('eve')]
  await fleet.connect(ada, bob)
  await fleet.connect(bob, { host: eve })
  const bytes = testBytes(16 * mebibyte)
  const cid = await fleet.add(ada, bytes)
  serveScript(eve, contentOf(ada.content, cid, bytes), {
    get: async (channel, request) => {
      await channel.send(encodeAnswer({ t: 'get', id: request.id, count: request.count }))
      for (let offset = 0; offset < request.count * mebibyte; offset += 1_000) {
        await channel.send(bytes.subarray(request.from * mebibyte + offset, request.from * mebibyte + offset + 1_000))
        await fleet.clock.sleep(9_000, { signal: never })
      }
    },
  })
  const startedAt = fleet.clock.monotonic()
  await fleet.fetch(bob, cid)
  assert.ok(fleet.clock.monotonic() - startedAt < 5_500, `took ${fleet.clock.monotonic() - startedAt} ms, alone it would be 4,000`)
})

test('a provider that goes away half-way is replaced, and nothing it gave is asked again', async () => {
  await using fleet = openFleet()
  const caps = { uploadBytesPerSecond: 4_194_304 }
  const [ada, bob, cy] = [fleet.open('ada', caps), fleet.open('bob'), fleet.open('cy', caps)]
  await fleet.connect(bob, ada, cy)
  const bytes = testBytes(32 * mebibyte)
  const cid = await fleet.add(ada, bytes)
  await fleet.add(cy, bytes)
  const fetching = fleet.fetch(bob, cid)
  fleet.clock.schedule(2_000, () => bob.host.expel(ada.peer))
  const report = await fetching
  assert.deepEqual(await readAll(bob.content, cid), bytes)
  const given = report.providers.reduce((sum, { bytes: count }) => sum + count, 0)
  assert.equal(given, 32 * mebibyte)
  assert.equal(report.providers.length, 2)
})

test('an interrupted fetch goes on where it was', async () => {
  await using fleet = openFleet()
  const [ada, bob] = [fleet.open('ada', { uploadBytesPerSecond: 4_194_304 }), fleet.open('bob')]
  await fleet.connect(bob, ada)
  const cid = await fleet.add(ada, testBytes(16 * mebibyte))
  const stop = new AbortController()
  fleet.clock.schedule(2_000, () => stop.abort(new Error('interrupted')))
  await assert.rejects(fleet.fetch(bob, cid, { signal: stop.signal }), /interrupted/)
  const before = bob.content.stat(cid)?.presentBytes ?? 0
  assert.ok(before > 4 * mebibyte && before < 12 * mebibyte)
  const report = await fleet.fetch(bob, cid)
  assert.deepEqual(report.providers, [{ peer: ada.peer, bytes: 16 * mebibyte - before }])
})

test('a provider that comes while a fetch is starving is used', async () => {
  await using fleet = openFleet()
  const [ada, bob, cy] = [fleet.open('ada'), fleet.open('bob'), fleet.open('cy')]
  await fleet.connect(bob, cy)
  const cid = await fleet.add(ada, testBytes(2 * mebibyte))
  const fetching = fleet.fetch(bob, cid)
  fleet.clock.schedule(1_200, () => {
    ada.host.admit(bob.peer)
    bob.host.admit(ada.peer)
    void ada.host.dial(bob.peer, { signal: never })
  })
  assert.deepEqual((await fetching).providers, [{ peer: ada.peer, bytes: 2 * mebibyte }])
})

test('content that nobody has is unavailable, with who was asked, in a few seconds', async () => {
  await using fleet = openFleet()
  const [ada, bob] = [fleet.open('ada'), fleet.open('bob')]
  await fleet.connect(bob, ada)
  const cid = createCid(rawCodec, encodeText('nobody has this'))
  await assert.rejects(fleet.fetch(bob, cid), (error) => {
    assert.ok(error instanceof Fault && error.code === 'CONTENT_UNAVAILABLE')
    assert.deepEqual(error.data['asked'], { [ada.peer]: 'does not have it, or did not answer' })
    return true
  })
  assert.ok(fleet.clock.monotonic() < 20_000)
})

test('F25: provider records that point to dead peers cost a few capped dials, and the living provider is found', async () => {
  await using fleet = openFleet()
  const [ada, bob, cy] = [fleet.open('ada'), fleet.open('bob'), fleet.open('cy')]
  await fleet.connect(ada, cy)
  await fleet.connect(bob, cy)
  const cid = await fleet.add(ada, testBytes(2 * mebibyte))
  bob.host.admit(ada.peer)
  ada.host.admit(bob.peer)
  for (const name of ['dead1', 'dead2', 'dead3', 'dead4', 'dead5', 'dead6']) {
    const dead = fleet.openHost(name)
    await fleet.connect({ host: dead }, cy)
    bob.host.admit(dead.peerId)
    await fleet.clock.run(dead.routing.provide(routingKey(cid), { signal: never }))
    await fleet.clock.run(Promise.resolve(dead[Symbol.asyncDispose]()))
  }
  await fleet.clock.run(ada.exchange.announce(cid, { signal: never }))
  const dialsBefore = fleet.network.counters().dials
  const report = await fleet.fetch(bob, cid)
  assert.deepEqual(report.providers, [{ peer: ada.peer, bytes: 2 * mebibyte }])
  assert.ok(fleet.network.counters().dials - dialsBefore <= 16)
})

test('S1: content of another hive, unreferenced content and content for strangers is absent', async () => {
  await using fleet = openFleet()
  const [ada, bob, eve] = [fleet.open('ada'), fleet.open('bob'), fleet.openHost('eve')]
  await fleet.connect(ada, bob)
  const { cid } = await fleet.clock.run(ada.content.add([encodeText('private')], { signal: never }))
  await fleet.clock.run(refer(ada, cid, createCid(rawCodec, encodeText('another hive')) as HiveId))
  await assert.rejects(fleet.fetch(bob, cid), isFault('CONTENT_UNAVAILABLE'))
  const { cid: loose } = await fleet.clock.run(ada.content.add([encodeText('referenced nowhere')], { signal: never }))
  await assert.rejects(fleet.fetch(bob, loose), isFault('CONTENT_UNAVAILABLE'))
  await fleet.clock.run(eve.dial(ada.peer, { signal: never }))
  eve.admit(ada.peer)
  await assert.rejects(fleet.clock.run(eve.open(ada.peer, contentProtocol(testHive), { signal: never, maxMessageBytes })))
})

test('S4 S31: a flood of requests on one channel is answered one at a time, and channels of one peer are bounded', async () => {
  await using fleet = openFleet()
  const [ada, eve] = [fleet.open('ada'), fleet.openHost('eve')]
  await fleet.connect(ada, { host: eve })
  const cid = await fleet.add(ada, testBytes(8 * mebibyte))
  const protocol = contentProtocol(testHive)
  const open = async () => await eve.open(ada.peer, protocol, { signal: never, maxMessageBytes })
  const channels = []
  for (let count = 0; count < 24; count += 1) channels.push(await fleet.clock.run(open()))
  await assert.rejects(fleet.clock.run(open()))
  const before = fleet.network.counters().bytes
  for (const channel of channels) {
    for (let id = 0; id < 1_000; id += 1) channel.send(encodeRequest({ t: 'get', id, root: cid, from: 0, count: 8 })).catch(() => {})
  }
  await fleet.clock.advance(5_000)
  const sent = fleet.network.counters().bytes - before
  assert.ok(sent < 24 * 2 * mebibyte, `${sent} bytes were sent to a peer that reads nothing`)
  await fleet.clock.advance(120_000)
  await assert.rejects(fleet.clock.run(readToEnd(channels[0])))
})

async function readToEnd(channel: { readonly receive: () => Promise<Uint8Array | undefined> } | undefined): Promise<void> {
  while ((await channel?.receive()) !== undefined);
}

test('S4: what is no request ends the channel', async () => {
  await using fleet = openFleet()
  const [ada, eve] = [fleet.open('ada'), fleet.openHost('eve')]
  await fleet.connect(ada, { host: eve })
  const channel = await fleet.clock.run(eve.open(ada.peer, contentProtocol(testHive), { signal: never, maxMessageBytes }))
  await fleet.clock.run(channel.send(encodeCanonical({ t: 'root', id: 1, root: 'no link' })))
  await assert.rejects(fleet.clock.run(channel.receive()), isFault('CHANNEL_CLOSED'))
  assert.ok(fleet.clock.monotonic() < 10_000, 'at once, and not after the idle time')
})

test('S31: a peer that asks nothing is cut after the idle time', async () => {
  await using fleet = openFleet()
  const [ada, eve] = [fleet.open('ada'), fleet.openHost('eve')]
  await fleet.connect(ada, { host: eve })
  const channel = await fleet.clock.run(eve.open(ada.peer, contentProtocol(testHive), { signal: never, maxMessageBytes }))
  await fleet.clock.advance(61_000)
  await assert.rejects(fleet.clock.run(channel.receive()), isFault('CHANNEL_CLOSED'))
})

test('S31: a peer that takes nothing of what it asked for is cut after the idle time', async () => {
  await using fleet = openFleet()
  const [ada, eve] = [fleet.open('ada'), fleet.openHost('eve')]
  await fleet.connect(ada, { host: eve })
  const root = await fleet.add(ada, testBytes(16 * mebibyte))
  const channel = await fleet.clock.run(eve.open(ada.peer, contentProtocol(testHive), { signal: never, maxMessageBytes }))
  await fleet.clock.run(channel.send(encodeRequest({ t: 'get', id: 1, root, from: 0, count: 16 })))
  await fleet.clock.advance(61_000)
  const takeAll = async (): Promise<void> => {
    for (let n = 0; n < 1 + 16 * 4; n += 1) await channel.receive()
  }
  await assert.rejects(fleet.clock.run(takeAll()), isFault('CHANNEL_CLOSED'))
})

test('S30: a list that lies about its size is refused, and its bytes are not asked for', async () => {
  await using fleet = openFleet()
  const bob = fleet.open('bob')
  const chunk = linkOfCid(createCid(rawCodec, new Uint8Array(mebibyte)))
  const bomb = encodeCanonical({ v: 1, size: 3 * mebibyte, chunks: [chunk, chunk] })
  const cid = createCid(dagCborCodec, bomb)
  const eve = fleet.openHost('eve')
  await fleet.connect(bob, { host: eve })
  const heard = serveScript(eve, { cid, bytes: bomb, root: bomb }, {})
  await assert.rejects(fleet.fetch(bob, cid), isFault('CONTENT_INVALID'))
  assert.equal(heard.requests.filter(({ t }) => t === 'get').length, 0)
  assert.equal(bob.content.stat(cid), undefined)
})

test('content longer than wanted is refused before it is asked for', async () => {
  await using fleet = openFleet()
  const [ada, bob] = [fleet.open('ada'), fleet.open('bob')]
  await fleet.connect(ada, bob)
  const cid = await fleet.add(ada, testBytes(3 * mebibyte))
  const before = fleet.network.counters().bytes
  await assert.rejects(fleet.fetch(bob, cid, { maxBytes: 2 * mebibyte }), isFault('CONTENT_TOO_LARGE'))
  assert.ok(fleet.network.counters().bytes - before < 10_000)
})

test('S3: a peer that claims to have everything and gives nothing delays a fetch and does not prevent it', async () => {
  await using fleet = openFleet()
  const [ada, bob, eve] = [fleet.open('ada'), fleet.open('bob'), fleet.openHost('eve')]
  await fleet.connect(bob, ada)
  await fleet.connect(bob, { host: eve })
  const bytes = testBytes(5 * mebibyte)
  const cid = await fleet.add(ada, bytes)
  serveScript(eve, contentOf(ada.content, cid, bytes), { root: forEver, get: forEver })
  const startedAt = fleet.clock.monotonic()
  await fleet.fetch(bob, cid)
  assert.ok(fleet.clock.monotonic() - startedAt < 3_000)
})

test('an answer that is none counts as a failure, not as content', () => {
  assert.equal(parseAnswer(encodeCanonical({ t: 'get', id: 1, count: 65 })), undefined)
})
