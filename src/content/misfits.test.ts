import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeCanonical } from '../lib/canonical.ts'
import { createCid, dagCborCodec, digestOfCid, linkOfCid, rawCodec } from '../lib/cid.ts'

import { silentLog } from '../lib/log.ts'
import type { BlobStore } from '../store/blobs.ts'
import { storeFaults } from '../store/faults.ts'
import { collectContent } from './collect.ts'
import type { Answer, Request } from './protocol.ts'
import { contentProtocol, encodeAnswer, encodeRequest, maxMessageBytes, parseAnswer } from './protocol.ts'
import { readRepairing, repairBlocks } from './repair.ts'
import type { FleetNode } from './testing/fleet.ts'
import { openFleet, readAll, testBytes, testHive } from './testing/fleet.ts'
import { contentOf, sendPieces, serveScript } from './testing/scripted.ts'

const mebibyte = 1_048_576
const dayMs = 86_400_000
const never = new AbortController().signal

const misfits: readonly (readonly [what: string, answer: (request: Extract<Request, { t: 'get' }>) => Answer])[] = [
  ['to another question', ({ id, count }) => ({ t: 'get', id: id + 1, count })],
  ['with more than was asked', ({ id, count }) => ({ t: 'get', id, count: count + 1 })],
]

for (const [what, answer] of misfits) {
  test(`S5: an answer ${what} counts as a failure, and nothing of it is taken`, async () => {
    await using fleet = openFleet()
    const [ada, bob, eve] = [fleet.open('ada'), fleet.open('bob'), fleet.openHost('eve')]
    await fleet.connect(bob, { host: eve })
    await fleet.connect(ada, bob)
    const bytes = testBytes(8 * mebibyte)
    const cid = await fleet.add(ada, bytes)
    const heard = serveScript(eve, contentOf(ada.content, cid, bytes), {
      get: async (channel, request) => {
        const said = answer(request)
        await channel.send(encodeAnswer(said))
        const count = said.t === 'get' ? said.count : 0
        for (let index = request.from; index < request.from + count; index += 1) {
          await sendPieces(channel, bytes.subarray(index * mebibyte, (index + 1) * mebibyte))
        }
      },
    })
    const report = await fleet.fetch(bob, cid)
    assert.ok(heard.requests.some(({ t }) => t === 'get'))
    assert.deepEqual(report, { cid, size: bytes.byteLength, providers: [{ peer: ada.peer, bytes: bytes.byteLength }], liars: [] })
  })
}

test('F23: who gave wrong bytes is asked nothing when it connects again', async () => {
  await using fleet = openFleet()
  const [ada, bob, eve] = [fleet.open('ada'), fleet.open('bob'), fleet.openHost('eve')]
  const [first, second] = [testBytes(500, 1), testBytes(3 * mebibyte, 2)]
  const [one, two] = [await fleet.add(ada, first), await fleet.add(ada, second)]
  await fleet.connect(bob, { host: eve })
  const heard = serveScript(eve, contentOf(ada.content, one, first), {
    root: async (channel, request) => {
      await channel.send(encodeAnswer({ t: 'root', id: request.id, size: 500 }))
      await sendPieces(channel, new Uint8Array(500))
    },
  })
  await assert.rejects(fleet.fetch(bob, one), { code: 'CONTENT_UNAVAILABLE' })
  await fleet.clock.run(bob.host.disconnect(eve.peerId))
  const asked = heard.requests.length
  assert.ok(asked > 0)
  const fetching = bob.exchange.fetch(two, { signal: never, maxBytes: 2 ** 40 })
  fetching.catch(() => {})
  await fleet.clock.advance(100)
  await fleet.connect(bob, { host: eve })
  await fleet.connect(ada, bob)
  await fleet.clock.run(fetching)
  assert.equal(heard.requests.length, asked)
  assert.deepEqual(await readAll(bob.content, two), second)
})

test('S31: who serves as many answers as it may says that it is busy', async () => {
  await using fleet = openFleet()
  const [ada, eve] = [fleet.open('ada', { maxServed: 1 }), fleet.openHost('eve')]
  await fleet.connect(ada, { host: eve })
  const root = await fleet.add(ada, testBytes(64 * mebibyte))
  const open = () => fleet.clock.run(eve.open(ada.peer, contentProtocol(testHive), { signal: never, maxMessageBytes }))
  const [slow, other] = [await open(), await open()]
  await fleet.clock.run(slow.send(encodeRequest({ t: 'get', id: 1, root, from: 0, count: 64 })))
  await fleet.clock.advance(1_000)
  await fleet.clock.run(other.send(encodeRequest({ t: 'get', id: 2, root, from: 0, count: 1 })))
  const answer = await fleet.clock.run(other.receive())
  assert.deepEqual(answer && parseAnswer(answer), { t: 'no', id: 2, why: 'busy' })
})

test('S30: a list that is none does not stay on the disk', async () => {
  await using fleet = openFleet()
  const bob = fleet.open('bob')
  const chunk = linkOfCid(createCid(rawCodec, new Uint8Array(mebibyte)))
  const bomb = encodeCanonical({ v: 1, size: 3 * mebibyte, chunks: [chunk, chunk] })
  const cid = createCid(dagCborCodec, bomb)
  await assert.rejects(fleet.clock.run(bob.content.putRoot(cid, bomb)), { code: 'CONTENT_INVALID' })
  assert.equal(bob.blobs.has(digestOfCid(cid)), false)
})

test('S30: a block that is here for another reason stays when it is offered as a list, which it is not', async () => {
  await using fleet = openFleet()
  const bob = fleet.open('bob')
  const bytes = testBytes(500)
  const raw = await fleet.add(bob, bytes)
  await assert.rejects(fleet.clock.run(bob.content.putRoot(createCid(dagCborCodec, bytes), bytes)), { code: 'CONTENT_INVALID' })
  assert.deepEqual(await readAll(bob.content, raw), bytes)
  const other = createCid(dagCborCodec, testBytes(600))
  await assert.rejects(fleet.clock.run(bob.content.putRoot(other, bytes)), { code: 'BLOCK_MISMATCH' })
})

test('what is put again while a collection looks at it is not taken', async () => {
  await using fleet = openFleet()
  const ada = fleet.open('ada')
  const bytes = testBytes(500)
  const { cid } = await fleet.clock.run(ada.content.add([bytes], { signal: never }))
  await fleet.clock.advance(3 * dayMs)
  const remove: BlobStore['remove'] = async (digest, options) => {
    await ada.blobs.put(digest, bytes)
    return ada.blobs.remove(digest, options)
  }
  const deps = { ...ada, blobs: { ...ada.blobs, remove }, clock: fleet.clock, log: silentLog }
  const options = { graceMs: dayMs, replicas: 2, isDryRun: false, signal: never }
  const report = await fleet.clock.run(collectContent(deps, options))
  assert.equal(report.removedBlocks, 0)
  assert.deepEqual(await readAll(ada.content, cid), bytes)
})

test('a collection that only looks counts what a lease that ended kept', async () => {
  await using fleet = openFleet()
  const ada = fleet.open('ada')
  const { cid } = await fleet.clock.run(ada.content.add([testBytes(500)], { signal: never }))
  const lease = { hive: testHive, cid, reason: 'lease', source: 'test', until: fleet.clock.now() + 5 * dayMs } as const
  await fleet.clock.run(ada.database.write((tx) => ada.content.reference(tx, lease)))
  const look = () =>
    fleet.clock.run(
      collectContent({ ...ada, clock: fleet.clock, log: silentLog }, { graceMs: dayMs, replicas: 2, isDryRun: true, signal: never }),
    )
  await fleet.clock.advance(4 * dayMs)
  assert.equal((await look()).removedBlocks, 0)
  await fleet.clock.advance(2 * dayMs)
  assert.equal((await look()).removedBlocks, 1)
})

test('F8: a disk that damages whatever is written to it is not read from for ever', async () => {
  await using fleet = openFleet()
  const ada = fleet.open('ada')
  const cid = await fleet.add(ada, testBytes(500))
  let fetches = 0
  const corrupt = storeFaults.create('BLOCK_CORRUPT', { message: 'damaged', data: { digest: '' } })
  const content: FleetNode['content'] = {
    ...ada.content,
    read: async function* () {
      yield await Promise.reject<Uint8Array>(corrupt)
    },
  }
  const fetch = async () => {
    fetches += 1
    return { cid, size: 500, providers: [], liars: [] }
  }
  const deps = { ...ada, content, findExchange: () => ({ ...ada.exchange, fetch }) }
  await assert.rejects(fleet.clock.run(Array.fromAsync(readRepairing(deps, cid, { signal: never }))), { code: 'BLOCK_CORRUPT' })
  assert.equal(fetches, 8)
})

test('F8: of all that is here only what has a damaged block is fetched again', async () => {
  await using fleet = openFleet()
  const ada = fleet.open('ada')
  const [bad, good] = [await fleet.add(ada, testBytes(500, 1)), await fleet.add(ada, testBytes(500, 2))]
  const damaged = [Buffer.from(digestOfCid(bad)).toString('hex')]
  const deps = { ...ada, findExchange: () => undefined }
  const report = await fleet.clock.run(repairBlocks(deps, damaged, { signal: never }))
  assert.deepEqual(report, { repaired: [bad], lost: [] })
  assert.notEqual(good, bad)
})
