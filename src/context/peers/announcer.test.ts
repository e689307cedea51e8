import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keyOf, testHive } from '../../journal/testing/bench-of-peers.ts'
import { createCid, rawCodec } from '../../lib/cid.ts'
import { encodeText } from '../../lib/bytes.ts'
import { openDatabase } from '../../store/database.ts'
import { createMemoryBlobStore } from '../../store/memory-blobs.ts'
import { parseAddress, parsePattern } from '../../ucxl/ucxl.ts'
import type { AnnouncedVersion, ContextEvent, Provider } from '../context.ts'
import type { Cluster, Member } from '../testing/cluster.ts'
import { useCluster } from '../testing/cluster.ts'
import { announcementTopic, formatAnnouncements, parseAnnouncements, signAnnouncement } from './announcement.ts'

const why = 'ucxl://ada:dev@shop:cart/*^/why.md'
const resource = 'ucxl://ada:dev@shop:cart/why.md'
const { signal } = new AbortController()

async function three(cluster: Cluster): Promise<readonly [Member, Member, Member]> {
  const members = [await cluster.open('ada'), await cluster.open('bob'), await cluster.open('cy')] as const
  await cluster.connect(...members)
  return members
}

function announce({ clock }: Cluster, member: Member, address = why): Promise<AnnouncedVersion> {
  return clock.run(member.context.announce({ address: parseAddress(address) }, { signal }))
}

function providersAt(member: Member): readonly Provider[] {
  return member.context.discover(parsePattern('ucxl://any:any@shop:any'), { limit: 10 }).items.flatMap(({ providers }) => providers)
}

function announcersAt(member: Member): readonly string[] {
  return providersAt(member).flatMap(({ node, expiresAt }) => (expiresAt === undefined ? [] : [node]))
}

/** Without copies, so that whoever is shown announced. */
const options = { replicas: 1 }

test('several announce one resource, each is shown once, and each says so again before it ends', async (t) => {
  const cluster = await useCluster(t, { options })
  const [ada, bob, cy] = await three(cluster)
  await ada.put(why, 'one')
  const first = await announce(cluster, ada)
  assert.deepEqual([first.status, first.provider, first.version.version], ['announced', ada.node, 1])
  const again = await announce(cluster, ada)
  assert.deepEqual([again.status, again.expiresAt >= first.expiresAt], ['refreshed', true])
  await cluster.clock.advance(1_000)
  await announce(cluster, bob)
  await cluster.clock.advance(1_000)
  for (const member of [ada, bob, cy]) assert.deepEqual(announcersAt(member).toSorted(), [ada.node, bob.node].toSorted())
  const nodes = providersAt(cy).map(({ node }) => node)
  assert.equal(new Set(nodes).size, nodes.length)
  await cluster.clock.advance(2 * 3_600_000)
  assert.deepEqual(announcersAt(cy).toSorted(), [ada.node, bob.node].toSorted())
  await bob.stop()
  await cluster.clock.advance(3_600_000)
  assert.deepEqual(announcersAt(cy), [ada.node])
})

test('a member that comes later hears who provides what', async (t) => {
  const cluster = await useCluster(t, { options })
  const ada = await cluster.open('ada')
  await ada.put(why, 'one')
  await announce(cluster, ada)
  const bob = await cluster.open('bob')
  await cluster.connect(ada, bob)
  await cluster.clock.advance(10_000)
  assert.deepEqual(announcersAt(bob), [ada.node])
})

test('a node that ends with its command announces nothing: it would not be there to provide it', async (t) => {
  const cluster = await useCluster(t, { options })
  const [ada, bob] = [await cluster.open('ada', { isTransient: true }), await cluster.open('bob')]
  await cluster.connect(ada, bob)
  await ada.put(why, 'one')
  await assert.rejects(announce(cluster, ada), { code: 'HIVE_OFFLINE', kind: 'unavailable', message: /ends with the command.*p2p start/ })
  await cluster.clock.advance(1_000)
  assert.deepEqual(announcersAt(bob), [])
})

test('who watches is told of an announcement once, and not when it is made again', async (t) => {
  const cluster = await useCluster(t, { options })
  const [ada, bob] = await three(cluster)
  const events: ContextEvent[] = []
  const stop = new AbortController()
  const watching = (async () => {
    for await (const event of bob.context.watch(parsePattern('ucxl://any:any@shop:any'), { signal: stop.signal })) events.push(event)
  })()
  await ada.put(why, 'one')
  await cluster.clock.advance(1_000)
  await announce(cluster, ada)
  await announce(cluster, ada)
  await cluster.clock.advance(2 * 3_600_000)
  stop.abort()
  await watching
  assert.deepEqual(
    events.map(({ event, version, provider }) => [event, version.resource, provider]),
    [
      ['stored', resource, undefined],
      ['announced', resource, ada.node],
    ],
  )
})

test('only what there is can be announced, as it is, and not without end', async (t) => {
  const cluster = await useCluster(t, { options: { ...options, announcesPerMinute: 3 } })
  const ada = await cluster.open('ada')
  await assert.rejects(announce(cluster, ada), { code: 'RESOURCE_MISSING' })
  await assert.rejects(announce(cluster, ada, 'ucxl://ada:dev@shop:cart/*~1/why.md'), { code: 'ADDRESS_NOT_CONCRETE' })
  const { version } = await ada.put(why, 'one').then((stored) => ({ version: stored }))
  const address = parseAddress(why)
  const other = createCid(rawCodec, encodeText('another'))
  for (const wrong of [{ checksum: other }, { mediaType: 'text/html' }, { metadata: { topic: 'x' } }])
    await assert.rejects(cluster.clock.run(ada.context.announce({ address, ...wrong }, { signal })), { code: 'CHECKSUM_DIFFERS' })
  const right = { checksum: version.cid ?? undefined, mediaType: 'text/plain', metadata: {} }
  assert.equal((await cluster.clock.run(ada.context.announce({ address, ...right }, { signal }))).status, 'announced')
  for (let count = 0; count < 2; count += 1) await announce(cluster, ada)
  await assert.rejects(announce(cluster, ada), { code: 'ANNOUNCE_LIMITED' })
  await ada.context.delete(address, { signal })
  await assert.rejects(announce(cluster, ada), { code: 'RESOURCE_DELETED' })
})

test('what is provided no more takes the place of nothing: not in this run, and not in the next', async (t) => {
  await using database = openDatabase({ path: ':memory:' })
  const cluster = await useCluster(t, { options: { ...options, maxAnnounced: 1 } })
  const blobs = createMemoryBlobStore({ clock: cluster.clock }, { maxDiskBytes: 0 })
  const ada = await cluster.open('ada', { database, blobs })
  const other = why.replace('why', 'zoo')
  for (const address of [why, other]) await ada.put(address, address)
  await announce(cluster, ada)
  await assert.rejects(announce(cluster, ada, other), { code: 'ANNOUNCE_LIMITED' })
  await cluster.clock.run(ada.context.delete(parseAddress(why), { signal }))
  assert.equal((await announce(cluster, ada, other)).status, 'announced')
  await ada.stop()
  const again = await cluster.open('ada', { database, blobs })
  await cluster.clock.advance(1_000)
  assert.deepEqual(again.context.status().announced, { own: 1, known: 1 })
  const rows = database.all<{ readonly resource: string }>('select resource from context_announced')
  assert.deepEqual(
    rows.map((row) => row.resource),
    [resource.replace('why', 'zoo')],
  )
})

test('S5: announcements that are forged, repeated, or of another version are not shown', async (t) => {
  const cluster = await useCluster(t, { options })
  const [ada, bob, eve] = await three(cluster)
  const { entry, cid } = await ada.put(why, 'one')
  await cluster.clock.advance(1_000)
  assert.ok(cid !== null)
  const said = { resource, version: 1, entry, cid, at: 5, ttlMs: 60_000 }
  const genuine = signAnnouncement(keyOf('cy'), testHive, said)
  const send = async (...messages: readonly Uint8Array[]): Promise<void> => {
    for (const message of messages)
      await cluster.clock.run(eve.host?.gossip.publish(announcementTopic(testHive), message) ?? Promise.resolve(0))
    await cluster.clock.advance(1_000)
  }
  await send(
    ...formatAnnouncements([{ ...genuine, provider: ada.node }]),
    ...formatAnnouncements([{ ...genuine, at: 6 }]),
    encodeText('nonsense'),
  )
  assert.deepEqual(announcersAt(bob), [])
})

test('announcements fill messages that gossip takes, and are read as they were written', () => {
  const cid = createCid(rawCodec, encodeText('content'))
  const long = `ucxl://ada:dev@shop:cart/${'x'.repeat(1_900)}`
  const many = Array.from({ length: 100 }, (_, index) =>
    signAnnouncement(keyOf('ada'), testHive, { resource: `${long}${index}`, version: 1, entry: cid, cid, at: index, ttlMs: 1 }),
  )
  const messages = formatAnnouncements(many)
  assert.ok(messages.every(({ byteLength }) => byteLength <= 49_152))
  assert.deepEqual(
    messages.flatMap((message) => parseAnnouncements(message) ?? []),
    many,
  )
})
