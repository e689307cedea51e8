import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PeerId } from '../identity/keys.ts'
import { peerIdOfKey } from '../identity/keys.ts'
import type { Cid } from '../lib/cid.ts'
import type { BlobStore } from '../store/blobs.ts'
import { openDatabase } from '../store/database.ts'
import { createMemoryBlobStore } from '../store/memory-blobs.ts'
import { openContentStore } from './content-store.ts'
import { collectContent } from './collect.ts'
import type { CollectReport } from './collect.ts'
import { createContentHandlers } from './handlers.ts'
import { keepReceipt } from './receipts.ts'
import { signReceipt } from './protocol.ts'
import { rankNodes } from './rules/rendezvous.ts'
import { silentLog } from '../lib/log.ts'
import type { Fleet, FleetNode } from './testing/fleet.ts'
import { openFleet, readAll, refer, testBytes, testHive, testKey } from './testing/fleet.ts'

const mebibyte = 1_048_576
const dayMs = 86_400_000
const never = new AbortController().signal

async function collect(fleet: Fleet, node: FleetNode, isDryRun = false): Promise<CollectReport> {
  const deps = { ...node, node: node.peer, clock: fleet.clock, log: silentLog }
  return await fleet.clock.run(collectContent(deps, { graceMs: dayMs, replicas: 2, isDryRun, signal: never }))
}

async function addLoose(fleet: Fleet, node: FleetNode, bytes: Uint8Array): Promise<Cid> {
  return (await fleet.clock.run(node.content.add([bytes], { signal: never }))).cid
}

test('what a record or a pin refers to stays, chunks and list; what nothing refers to goes when it is old enough', async () => {
  await using fleet = openFleet()
  const ada = fleet.open('ada')
  const kept = await fleet.add(ada, testBytes(2 * mebibyte, 1))
  const loose = await addLoose(fleet, ada, testBytes(3 * mebibyte, 2))
  assert.deepEqual(await collect(fleet, ada), {
    removedBlocks: 0,
    removedBytes: 0,
    keptBlocks: 7,
    keptBytes: ada.blobs.usage().storedBytes,
    youngBlocks: 0,
    releasedCopies: 0,
  })
  await fleet.clock.advance(dayMs + 1_000)
  const dry = await collect(fleet, ada, true)
  assert.equal(dry.removedBlocks, 4)
  assert.equal(ada.content.stat(loose)?.isWhole, true)
  const report = await collect(fleet, ada)
  assert.deepEqual(report, dry)
  assert.equal(ada.content.stat(loose), undefined)
  assert.deepEqual(await readAll(ada.content, kept), testBytes(2 * mebibyte, 1))
  assert.equal(ada.database.all('select 1 from chunk_list').length, 1)
})

test('a chunk that other content shares stays', async () => {
  await using fleet = openFleet()
  const ada = fleet.open('ada')
  const shared = testBytes(mebibyte, 1)
  const joined = new Uint8Array(Buffer.concat([shared, testBytes(mebibyte, 2)]))
  const kept = await fleet.add(ada, joined)
  await addLoose(fleet, ada, shared)
  await fleet.clock.advance(dayMs + 1_000)
  assert.equal((await collect(fleet, ada)).removedBlocks, 0)
  assert.deepEqual(await readAll(ada.content, kept), joined)
})

test('a transfer under way keeps what it has, however old', async () => {
  await using fleet = openFleet()
  const ada = fleet.open('ada')
  const cid = await addLoose(fleet, ada, testBytes(2 * mebibyte))
  const release = ada.content.hold(cid)
  await fleet.clock.advance(2 * dayMs)
  assert.equal((await collect(fleet, ada)).removedBlocks, 0)
  release()
  release()
  assert.equal((await collect(fleet, ada)).removedBlocks, 3)
})

test('a lease keeps until it ends', async () => {
  await using fleet = openFleet()
  const ada = fleet.open('ada')
  const cid = await addLoose(fleet, ada, testBytes(10))
  const until = fleet.clock.now() + 3 * dayMs
  await fleet.clock.run(
    ada.database.write((tx) => ada.content.reference(tx, { hive: testHive, cid, reason: 'lease', source: 'cy', until })),
  )
  await fleet.clock.advance(2 * dayMs)
  assert.equal((await collect(fleet, ada)).removedBlocks, 0)
  await fleet.clock.advance(dayMs + 1)
  assert.equal((await collect(fleet, ada)).removedBlocks, 1)
  assert.equal(ada.database.get('select 1 from reference'), undefined)
})

test('something referred to while a collection runs is not taken', async () => {
  await using fleet = openFleet()
  const ada = fleet.open('ada')
  const cids: Cid[] = []
  for (let seed = 1; seed <= 20; seed += 1) cids.push(await addLoose(fleet, ada, testBytes(500, seed)))
  await fleet.clock.advance(2 * dayMs)
  const last = [...ada.blobs.list()].at(-1)
  const cid = cids.find((each) => ada.content.listOf(each)?.digests.every((byte, index) => byte === last?.digest[index]))
  assert.ok(cid !== undefined)
  let isReferred = false
  const remove: BlobStore['remove'] = async (digest, options) => {
    if (!isReferred) await refer(ada, cid)
    isReferred = true
    return await ada.blobs.remove(digest, options)
  }
  const report = await collect(fleet, { ...ada, blobs: { ...ada.blobs, remove } })
  assert.equal(report.removedBlocks, 19)
  assert.equal(ada.content.stat(cid)?.isWhole, true)
})

test('a copy kept for others goes only when enough signed for theirs and rank before us, and not without a receipt', async () => {
  await using fleet = openFleet()
  const cid = await addLoose(fleet, fleet.open('eve'), testBytes(10))
  const names = ['ada', 'bob', 'cy']
  const peers = new Map<PeerId, string>(names.map((name) => [peerIdOfKey(testKey(name).publicKey), name]))
  const ranked = rankNodes(cid, peers.keys()).map((peer) => peers.get(peer) ?? '')
  const outcomes = []
  for (const name of ranked) {
    const node = fleet.open(name)
    await addLoose(fleet, node, testBytes(10))
    await fleet.clock.run(
      node.database.write((tx) => node.content.reference(tx, { hive: testHive, cid, reason: 'replica', source: 'eve' })),
    )
    await fleet.clock.advance(2 * dayMs)
    const early = await collect(fleet, node)
    for (const [peer, other] of peers) {
      if (other === name) continue
      const receipt = { hive: testHive, cid, node: peer, at: 1 }
      assert.equal(await fleet.clock.run(keepReceipt(node.database, receipt, signReceipt(testKey('eve'), receipt))), false)
      assert.equal(await fleet.clock.run(keepReceipt(node.database, receipt, signReceipt(testKey(other), receipt))), true)
    }
    const late = await collect(fleet, node)
    outcomes.push([early.removedBlocks, late.removedBlocks, late.releasedCopies])
  }
  assert.deepEqual(outcomes, [
    [0, 0, 0],
    [0, 0, 0],
    [0, 1, 1],
  ])
})

test('a copy that may go stays when a record refers to it as well', async () => {
  await using fleet = openFleet()
  const ada = fleet.open('ada')
  const cid = await fleet.add(ada, testBytes(10))
  await fleet.clock.run(ada.database.write((tx) => ada.content.reference(tx, { hive: testHive, cid, reason: 'replica', source: 'eve' })))
  for (let index = 0; index < 12; index += 1) {
    const key = testKey(`peer ${index}`)
    const receipt = { hive: testHive, cid, node: peerIdOfKey(key.publicKey), at: 1 }
    await fleet.clock.run(keepReceipt(ada.database, receipt, signReceipt(key, receipt)))
  }
  await fleet.clock.advance(2 * dayMs)
  const dry = await collect(fleet, ada, true)
  const { removedBlocks, releasedCopies } = await collect(fleet, ada)
  assert.deepEqual([dry.removedBlocks, dry.releasedCopies, removedBlocks, releasedCopies], [0, 1, 0, 1])
  assert.deepEqual(await readAll(ada.content, cid), testBytes(10))
})

test('F17: a wall clock that jumps ahead takes nothing that was just added, and one that jumps back takes nothing at all', async () => {
  await using fleet = openFleet()
  const clock = fleet.clock.withSkew(0)
  const database = openDatabase({ path: ':memory:' })
  const blobs = createMemoryBlobStore({ clock }, { maxDiskBytes: 0 })
  const content = openContentStore({ blobs, database, clock, log: silentLog }, { graceMs: dayMs, replicas: 3 })
  await content.add([testBytes(2 * mebibyte)], { signal: never })
  const options = { graceMs: dayMs, replicas: 2, isDryRun: true, signal: never }
  clock.skew(3 * dayMs)
  assert.equal((await collectContent({ blobs, database, clock, content, log: silentLog }, options)).removedBlocks, 0)
  clock.skew(-3 * dayMs)
  await fleet.clock.advance(2 * dayMs)
  assert.equal((await collectContent({ blobs, database, clock, content, log: silentLog }, options)).removedBlocks, 0)
  await database[Symbol.asyncDispose]()
})

test('`store gc` says what it removed', async () => {
  await using fleet = openFleet()
  const ada = fleet.open('ada')
  await addLoose(fleet, ada, testBytes(10))
  await fleet.clock.advance(2 * dayMs)
  const handlers = createContentHandlers(
    { ...ada, node: ada.peer, clock: fleet.clock, log: silentLog, sweepUnpacked: async () => ({ packages: 1, bytes: 13 }) },
    { graceMs: dayMs, replicas: 3 },
  )
  const context = { signal: never, hive: undefined, report: () => {} }
  const expected = { removedBlocks: 1, removedBytes: 10, keptBlocks: 0, youngBlocks: 0, removedPackages: 1, removedPackageBytes: 13 }
  assert.deepEqual(await handlers['store.gc']({ dryRun: true }, context), { isDryRun: true, ...expected })
  assert.deepEqual(await fleet.clock.run(handlers['store.gc']({ dryRun: false }, context)), { isDryRun: false, ...expected })
  assert.equal(ada.blobs.usage().blocks, 0)
})
