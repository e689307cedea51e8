import assert from 'node:assert/strict'
import { mkdtemp, rm, open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { equalBytes } from '../lib/bytes.ts'
import type { Cid } from '../lib/cid.ts'
import { digestOfCid } from '../lib/cid.ts'
import { Fault } from '../lib/fault.ts'
import { chunkDigest } from './chunks.ts'
import { readRepairing, repairBlocks } from './repair.ts'
import { openFleet, readAll, testBytes } from './testing/fleet.ts'
import type { Fleet, FleetNode } from './testing/fleet.ts'

const mebibyte = 1_048_576
const never = new AbortController().signal

/** Ada keeps her blocks in files, bob in memory; both have the content. */
async function openPair(
  t: TestContext,
  fleet: Fleet,
): Promise<{ readonly ada: FleetNode; readonly bob: FleetNode; readonly directory: string; readonly cid: Cid }> {
  const directory = await mkdtemp(join(tmpdir(), 'althing-repair-'))
  t.after(() => rm(directory, { recursive: true }))
  const ada = await fleet.openOnDisk('ada', directory)
  const bob = fleet.open('bob')
  await fleet.connect(ada, bob)
  const cid = await fleet.add(ada, testBytes(3 * mebibyte))
  await fleet.add(bob, testBytes(3 * mebibyte))
  return { ada, bob, directory, cid }
}

/** Flips one bit of a block on disk. */
async function damage(directory: string, digest: Uint8Array): Promise<string> {
  const name = Buffer.from(digest).toString('hex')
  await using file = await open(join(directory, name.slice(0, 2), name), 'r+')
  const byte = new Uint8Array(1)
  await file.read(byte, 0, 1, 77)
  await file.write(Uint8Array.of((byte[0] ?? 0) ^ 1), 0, 1, 77)
  return name
}

test('F8: a flipped bit is found by the read, fetched again from a member, and the read goes on', async (t) => {
  await using fleet = openFleet()
  const { ada, directory, cid } = await openPair(t, fleet)
  const list = ada.content.listOf(cid)
  assert.ok(list !== undefined)
  await damage(directory, chunkDigest(list, 1))
  await assert.rejects(fleet.clock.run(readAll(ada.content, cid)), (error) => error instanceof Fault && error.code === 'BLOCK_CORRUPT')
  const deps = { ...ada, findExchange: () => ada.exchange }
  await damage(directory, chunkDigest(list, 2))
  const parts = await fleet.clock.run(Array.fromAsync(readRepairing(deps, cid, { signal: never, start: 5 })))
  assert.ok(Buffer.concat(parts).equals(testBytes(3 * mebibyte).subarray(5)))
  assert.deepEqual(ada.content.stat(cid), { cid, size: 3 * mebibyte, isWhole: true, presentBytes: 3 * mebibyte })
})

test('F8: a damaged block is never served; whoever asks gets it elsewhere, and it is mended', async (t) => {
  await using fleet = openFleet()
  const { ada, directory, cid } = await openPair(t, fleet)
  const cy = fleet.open('cy')
  await fleet.connect(ada, cy)
  const list = ada.content.listOf(cid)
  assert.ok(list !== undefined)
  await damage(directory, chunkDigest(list, 2))
  const report = await fleet.fetch(cy, cid)
  assert.deepEqual(report.liars, [])
  assert.deepEqual(await readAll(cy.content, cid), testBytes(3 * mebibyte))
  await fleet.clock.advance(1_000)
  assert.equal(ada.content.stat(cid)?.isWhole, true)
})

test('F8: damaged content of one block is never served; it is mended, and then whoever asked gets it', async (t) => {
  await using fleet = openFleet()
  const { ada, bob, directory } = await openPair(t, fleet)
  const cid = await fleet.add(ada, testBytes(500))
  await fleet.add(bob, testBytes(500))
  await damage(directory, digestOfCid(cid))
  const cy = fleet.open('cy')
  await fleet.connect(ada, cy)
  assert.deepEqual((await fleet.fetch(cy, cid)).liars, [])
  for (const { content } of [cy, ada]) assert.deepEqual(await readAll(content, cid), testBytes(500))
})

test('F8: a damaged list block is written anew from what is known of it', async (t) => {
  await using fleet = openFleet()
  const { ada, bob, directory, cid } = await openPair(t, fleet)
  await fleet.clock.run(bob.blobs.remove(digestOfCid(cid)))
  await damage(directory, digestOfCid(cid))
  const root = await fleet.clock.run(ada.content.rootBlock(cid))
  assert.ok(root !== undefined)
  for (const again of [await fleet.clock.run(ada.blobs.get(digestOfCid(cid))), await fleet.clock.run(bob.content.rootBlock(cid))]) {
    assert.ok(again !== undefined && equalBytes(again, root))
  }
})

test('F8: the blocks that a verification found damaged are fetched again', async (t) => {
  await using fleet = openFleet()
  const { ada, directory, cid } = await openPair(t, fleet)
  const list = ada.content.listOf(cid)
  assert.ok(list !== undefined)
  const damaged = await damage(directory, chunkDigest(list, 0))
  await assert.rejects(fleet.clock.run(ada.blobs.get(chunkDigest(list, 0))))
  const lonely = await fleet.add(ada, testBytes(100, 5))
  const gone = await damage(directory, digestOfCid(lonely))
  await assert.rejects(fleet.clock.run(ada.blobs.get(digestOfCid(lonely))))
  const deps = { ...ada, findExchange: () => ada.exchange }
  assert.deepEqual(await fleet.clock.run(repairBlocks(deps, [damaged, gone], { signal: never })), { repaired: [cid], lost: [lonely] })
})
