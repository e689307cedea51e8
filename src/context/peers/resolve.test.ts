import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parsePattern } from '../../ucxl/ucxl.ts'
import type { Cluster, Member } from '../testing/cluster.ts'
import { useCluster } from '../testing/cluster.ts'
import { textOf } from '../testing/stand.ts'

const why = 'ucxl://ada:dev@shop:cart/*^/why.md'

/** Bob knows nothing of what ada wrote: its view was emptied, as if her journal were not here yet. */
async function forgetful(cluster: Cluster, bob: Member): Promise<void> {
  const { database } = bob
  await cluster.clock.run(
    database.write((tx) => {
      tx.run('delete from context_version')
      tx.run('delete from context_word')
      tx.run('delete from context_resource')
    }),
  )
}

async function pair(cluster: Cluster): Promise<readonly [Member, Member]> {
  const members = [await cluster.open('ada'), await cluster.open('bob')] as const
  await cluster.connect(...members)
  return members
}

test('what no journal here says yet is told by members, under its writer’s signature, with its content', async (t) => {
  const cluster = await useCluster(t)
  const [ada, bob] = await pair(cluster)
  for (const text of ['one', 'two', 'three']) await ada.put(why, text)
  await forgetful(cluster, bob)
  const asked = { '*^': 'three', '*~': 'one', '*~2': 'two', '~~1': 'two', '2026-01-01T00:00:00Z': 'three' }
  for (const [temporal, text] of Object.entries(asked)) assert.equal(await bob.read(why.replace('*^', temporal)), text, temporal)
  const read = await bob.get(why)
  assert.deepEqual([read.first, read.last, read.writer, read.knownUntil === read.at], [1, 3, ada.node, true])
  await assert.rejects(bob.get(why.replace('*^', '~~3')), { code: 'TEMPORAL_OUT_OF_BOUNDS' })
  await assert.rejects(bob.get(why.replace('*^', '*~4')), { code: 'RESOURCE_MISSING' })
})

test('answers are remembered for a while, that there was none for a shorter while', async (t) => {
  const cluster = await useCluster(t)
  const [ada, bob] = await pair(cluster)
  await ada.put(why, 'one')
  await forgetful(cluster, bob)
  const asked = (): number | undefined => bob.context.status().resolver?.asked
  for (let count = 0; count < 3; count += 1) assert.equal(await bob.read(why), 'one')
  assert.equal(asked(), 1)
  await cluster.clock.advance(30_000)
  assert.equal(await bob.read(why), 'one')
  assert.equal(asked(), 2)
  const nowhere = 'ucxl://ada:dev@shop:cart/*^/nowhere'
  for (let count = 0; count < 3; count += 1) await assert.rejects(bob.get(nowhere), { code: 'RESOURCE_MISSING' })
  const missed = asked() ?? 0
  await cluster.clock.advance(2_000)
  await assert.rejects(bob.get(nowhere), { code: 'RESOURCE_MISSING' })
  assert.ok((asked() ?? 0) > missed)
})

test('many who ask for one address at once are one question', async (t) => {
  const cluster = await useCluster(t)
  const [ada, bob] = await pair(cluster)
  await ada.put(why, 'one')
  await forgetful(cluster, bob)
  const reads = Array.from({ length: 20 }, () => bob.context.get(parsePattern(why), { signal: new AbortController().signal }).then(textOf))
  assert.deepEqual(new Set(await cluster.clock.run(Promise.all(reads))), new Set(['one']))
  assert.equal(bob.context.status().resolver?.asked, 1)
})

test('a member that is not connected is found by the DHT, where it announced what it has', async (t) => {
  const cluster = await useCluster(t)
  const [ada, bob, cy] = [await cluster.open('ada'), await cluster.open('bob'), await cluster.open('cy')]
  await cluster.connect(ada, bob)
  await cluster.connect(bob, cy)
  await ada.put(why, 'one')
  await cluster.clock.run(ada.context.announce({ address: parsePattern(why) }, { signal: new AbortController().signal }))
  await cluster.clock.advance(1_000)
  await forgetful(cluster, bob)
  await forgetful(cluster, cy)
  assert.equal(
    cy.host?.connections().some(({ peer }) => peer === ada.node),
    false,
  )
  assert.equal(await cy.read(why), 'one')
  assert.equal(
    cy.host?.connections().some(({ peer }) => peer === ada.node),
    true,
  )
})
