import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemChance } from '../lib/chance.ts'
import { systemClock } from '../lib/clock.ts'
import { silentLog } from '../lib/log.ts'
import type { Host } from '../network/host.ts'
import { openLibp2pHost } from '../network/libp2p.ts'
import { createMemoryPeerBook } from '../network/peer-book.ts'
import { testHostOptions } from '../network/suite/test-options.ts'
import { openDatabase } from '../store/database.ts'
import { createMemoryBlobStore } from '../store/memory-blobs.ts'
import { chunkDigest } from './chunks.ts'
import { openContentStore } from './content-store.ts'
import type { FleetNode } from './testing/fleet.ts'
import { openExchange } from './exchange.ts'
import { readAll, refer, testBytes, testExchangeOptions, testHive, testKey } from './testing/fleet.ts'

const mebibyte = 1_048_576
const never = new AbortController().signal

/** A node whose host speaks libp2p on loopback. */
async function open(stack: AsyncDisposableStack, name: string): Promise<FleetNode> {
  const key = testKey(name)
  const common = { clock: systemClock, chance: systemChance, log: silentLog }
  const host: Host = stack.use(
    await openLibp2pHost(
      { ...common, key, peerBook: createMemoryPeerBook() },
      {
        ...testHostOptions,
        hive: testHive,
        agent: 'althing/test',
        listen: ['/ip4/127.0.0.1/tcp/0'],
        announce: [],
        bootstrap: [],
        mdns: false,
        relay: false,
        handshakeTimeoutMs: 5_000,
        lookupTimeoutMs: 2_000,
      },
    ),
  )
  const database = stack.use(openDatabase({ path: ':memory:' }))
  const blobs = createMemoryBlobStore(common, { maxDiskBytes: 0 })
  const content = openContentStore({ ...common, blobs, database }, { graceMs: 86_400_000, replicas: 3 })
  const exchange = stack.use(openExchange({ ...common, hive: testHive, host, content, blobs, database, key }, testExchangeOptions))
  return { peer: host.peerId, key, host, blobs, database, content, exchange }
}

async function connect(from: FleetNode, to: FleetNode): Promise<void> {
  const admitted = [from, to].map(async ({ host }) => {
    const { promise, resolve } = Promise.withResolvers<void>()
    host.events.on('peer:connected', () => resolve())
    await promise
  })
  from.host.admit(to.peer)
  to.host.admit(from.peer)
  await from.host.dial(to.host.addresses()[0] ?? '', { signal: never })
  await Promise.all(admitted)
}

test('over libp2p content comes whole, a copy is signed for, and who lacks a chunk is made good by another', async () => {
  await using stack = new AsyncDisposableStack()
  const [ada, bob, cy] = [await open(stack, 'ada'), await open(stack, 'bob'), await open(stack, 'cy')]
  await connect(bob, ada)
  const bytes = testBytes(9 * mebibyte + 5)
  const { cid } = await ada.content.add([bytes], { signal: never })
  await refer(ada, cid)
  assert.deepEqual(await ada.exchange.replicate(cid, { copies: 1, signal: never }), [bob.peer])
  assert.deepEqual(await readAll(bob.content, cid), bytes)

  const list = ada.content.listOf(cid)
  assert.ok(list !== undefined)
  await ada.blobs.remove(chunkDigest(list, 2))
  await connect(cy, ada)
  await connect(cy, bob)
  const { size, liars } = await cy.exchange.fetch(cid, { signal: never, maxBytes: 1e9 })
  assert.equal(size, 9_437_189)
  assert.deepEqual(liars, [])
  assert.deepEqual(await readAll(cy.content, cid), bytes)
})
