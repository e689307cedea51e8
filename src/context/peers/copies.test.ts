import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Clock } from '../../lib/clock.ts'
import type { BlobStore } from '../../store/blobs.ts'
import { storeFaults } from '../../store/faults.ts'
import { createMemoryBlobStore } from '../../store/memory-blobs.ts'
import { parseAddress } from '../../ucxl/ucxl.ts'
import type { Cluster, Member } from '../testing/cluster.ts'
import { hasNewest, useCluster } from '../testing/cluster.ts'

const why = 'ucxl://ada:dev@shop:cart/*^/why.md'
const resource = 'ucxl://ada:dev@shop:cart/why.md'

async function three(cluster: Cluster): Promise<readonly [Member, Member, Member]> {
  const members = [await cluster.open('ada'), await cluster.open('bob'), await cluster.open('cy')] as const
  await cluster.connect(...members)
  return members
}

test('a put that says three copies is on three disks, entry and bytes, and a deletion is as well', async (t) => {
  const cluster = await useCluster(t)
  const [ada, bob, cy] = await three(cluster)
  assert.deepEqual((await ada.put(why, 'one')).replicas, { wanted: 3, confirmed: 3 })
  assert.deepEqual((await ada.put(why, 'two')).replicas, { wanted: 3, confirmed: 3 })
  const deleted = await cluster.clock.run(ada.context.delete(parseAddress(why), { signal: new AbortController().signal }))
  assert.deepEqual(deleted.replicas, { wanted: 3, confirmed: 3 })
  await ada.stop()
  for (const member of [bob, cy]) {
    assert.equal(await member.read(why.replace('*^', '*~1')), 'one')
    assert.equal(await member.read(why.replace('*^', '*~2')), 'two')
    await assert.rejects(member.get(why), { code: 'RESOURCE_DELETED' })
  }
})

test('a hive of two wants two copies, and one of one wants one', async (t) => {
  const cluster = await useCluster(t)
  const ada = await cluster.open('ada')
  assert.deepEqual((await ada.put(why, 'alone')).replicas, { wanted: 1, confirmed: 1 })
  const bob = await cluster.open('bob')
  await cluster.connect(ada, bob)
  assert.deepEqual((await ada.put(why, 'together')).replicas, { wanted: 2, confirmed: 2 })
})

test('a put that was told how long to wait waits for members that come meanwhile', async (t) => {
  const cluster = await useCluster(t)
  const [ada, bob] = [await cluster.open('ada'), await cluster.open('bob')]
  const putting = ada.put(why, 'one', { replicas: 2, waitMs: 60_000 })
  await cluster.connect(ada, bob)
  assert.deepEqual((await putting).replicas, { wanted: 2, confirmed: 2 })
})

test('when a member is gone for long, the copies it held are made elsewhere, by those who are chosen alone', async (t) => {
  const cluster = await useCluster(t, { options: { replicas: 2, memberMs: 1_200_000 } })
  const names = ['ada', 'bob', 'cy', 'eve']
  const members: Member[] = []
  for (const name of names) members.push(await cluster.open(name))
  await cluster.connect(...members)
  const [ada] = members
  assert.ok(ada !== undefined)
  const resources = Array.from({ length: 12 }, (_, index) => `ucxl://ada:dev@shop:cart/n${index}`)
  for (const each of resources) await ada.put(each.replace('cart/', 'cart/*^/'), `text of ${each}`)
  await cluster.clock.advance(120_000)
  const holders = (each: string): readonly Member[] => members.filter((member) => hasNewest(member, each))
  assert.deepEqual(
    resources.map((each) => holders(each).length),
    resources.map(() => 2),
  )
  const [, ...others] = members
  const gone = others.find((member) => resources.some((each) => hasNewest(member, each)))
  assert.ok(gone !== undefined)
  const lost = resources.filter((each) => hasNewest(gone, each))
  await gone.stop()
  members.splice(members.indexOf(gone), 1)
  await cluster.clock.advance(600_000)
  assert.ok(
    lost.every((each) => holders(each).length === 1),
    'nobody takes its place before the time is over',
  )
  await cluster.clock.advance(1_200_000)
  assert.deepEqual(
    resources.map((each) => holders(each).length),
    resources.map(() => 2),
  )
  assert.equal(ada.context.status().copies?.below, 0)
})

/** Blobs of which one can go bad, as a disk would have it: found when it is read, and set aside. */
function openRottingBlobs(clock: Clock): { readonly blobs: BlobStore; readonly rot: () => void; readonly isFound: () => boolean } {
  const blobs = createMemoryBlobStore({ clock }, { maxDiskBytes: 0 })
  let rotten: Uint8Array | undefined
  const get: BlobStore['get'] = async (digest) => {
    if (rotten === undefined || !Buffer.from(digest).equals(rotten)) return blobs.get(digest)
    await blobs.remove(rotten)
    rotten = undefined
    throw storeFaults.create('BLOCK_CORRUPT', { message: 'a bit was flipped', data: { digest: '' } })
  }
  const rot = (): void => {
    rotten = [...blobs.list()][0]?.digest ?? assert.fail('there is no block')
  }
  return { blobs: { ...blobs, get }, rot, isFound: () => rotten === undefined }
}

test('F8: content that goes bad on a disk is found by the steward and fetched again, before anybody reads it', async (t) => {
  const cluster = await useCluster(t)
  const [ada, disk] = [await cluster.open('ada'), openRottingBlobs(cluster.clock)]
  const bob = await cluster.open('bob', { blobs: disk.blobs })
  await cluster.connect(ada, bob)
  await ada.put(why, 'never to be lost')
  await cluster.clock.advance(60_000)
  disk.rot()
  await cluster.until(disk.isFound)
  await cluster.until(() => hasNewest(bob, resource))
  await ada.stop()
  assert.equal(await bob.read(why), 'never to be lost')
})

test('status says which content lacks copies and who has it, until it has them', async (t) => {
  const cluster = await useCluster(t)
  const ada = await cluster.open('ada')
  const { cid } = await ada.put(why, 'one')
  const bob = await cluster.open('bob', { options: { stewardIntervalMs: 3_600_000, stewardSettleMs: 1_800_000 } })
  await cluster.connect(ada, bob)
  await cluster.clock.advance(5_000)
  assert.deepEqual(ada.context.status().copies, {
    target: 2,
    members: 2,
    below: 1,
    scarce: [{ cid, size: 3, wanted: 2, holders: [ada.node] }],
    isChecking: false,
  })
  await cluster.clock.advance(7_200_000)
  assert.deepEqual(ada.context.status().copies, { target: 2, members: 2, below: 0, scarce: [], isChecking: false })
})

test('copies that members just signed for count in the status at once', async (t) => {
  const cluster = await useCluster(t)
  const ada = await cluster.open('ada', { options: { stewardIntervalMs: 3_600_000 } })
  await ada.put(why, 'one')
  const bob = await cluster.open('bob', { options: { stewardIntervalMs: 3_600_000, stewardSettleMs: 1_800_000 } })
  await cluster.connect(ada, bob)
  await cluster.clock.advance(5_000)
  assert.equal(ada.context.status().copies?.below, 1)
  assert.deepEqual((await ada.put(why, 'one', { replicas: 2 })).replicas, { wanted: 2, confirmed: 2 })
  assert.equal(ada.context.status().copies?.below, 0)
})
