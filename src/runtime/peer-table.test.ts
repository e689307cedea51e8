import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openSigningKey, peerIdOfKey } from '../identity/keys.ts'
import type { HiveId } from '../journal/entry.ts'
import { systemClock } from '../lib/clock.ts'
import { openDatabase } from '../store/database.ts'
import { createPeerTable } from './peer-table.ts'

const workbench = 'bafyreicgi7pvsse6773ct6yg4dzstzxqjo5preilwbwbxcjthfvcvxjcz4' as HiveId
const other = 'bafyreiaqz5xzr7m2m6qvzqkcnlq2mvvkq2d5n4ouovqx4wj5nbqqv4xq4e' as HiveId
const peerOf = (number: number) => peerIdOfKey(openSigningKey(new Uint8Array(32).fill(number)).publicKey)
const [bob, cy] = [peerOf(1), peerOf(2)]

test('peers of the last run are given newest first, each hive by itself', async () => {
  await using database = openDatabase({ path: ':memory:' })
  let now = 1_000
  const clock = { ...systemClock, now: () => (now += 1) }
  const table = createPeerTable({ database, clock }, workbench)
  table.save(bob, ['/ip4/127.0.0.1/tcp/1'])
  table.save(cy, ['/ip4/127.0.0.1/tcp/2'])
  table.save(bob, ['/ip4/127.0.0.1/tcp/3'])
  await database.write(() => {})
  assert.deepEqual(table.load(), [
    { peer: bob, addresses: ['/ip4/127.0.0.1/tcp/3'] },
    { peer: cy, addresses: ['/ip4/127.0.0.1/tcp/2'] },
  ])
  assert.deepEqual(createPeerTable({ database, clock }, other).load(), [])
})

test('a forgotten peer is not dialled at the next start', async () => {
  await using database = openDatabase({ path: ':memory:' })
  const table = createPeerTable({ database, clock: systemClock }, workbench)
  table.save(bob, ['/ip4/127.0.0.1/tcp/1'])
  table.forget(bob)
  await database.write(() => {})
  assert.deepEqual(table.load(), [])
})

test('of very many peers the 256 seen last are remembered', async () => {
  await using database = openDatabase({ path: ':memory:' })
  let now = 0
  const clock = { ...systemClock, now: () => (now += 1) }
  const table = createPeerTable({ database, clock }, workbench)
  const chosen = Array.from({ length: 260 }, (_, index) => peerIdOfKey(new Uint8Array(32).fill(index % 256).with(0, index >> 8)))
  for (const peer of chosen) table.save(peer, [])
  await database.write(() => {})
  assert.equal(table.load().length, 256)
  assert.equal(table.load()[0]?.peer, chosen.at(-1))
})
