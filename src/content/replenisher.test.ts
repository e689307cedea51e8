import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { createSeededChance } from '../lib/chance.ts'
import type { Cid } from '../lib/cid.ts'
import { silentLog } from '../lib/log.ts'
import { findSigners } from './receipts.ts'
import { Replenisher } from './replenisher.ts'
import type { Fleet, FleetNode } from './testing/fleet.ts'
import { openFleet, testBytes, testHive } from './testing/fleet.ts'

const options = { replicas: 3, copyDelayMs: 5_000, copyRetryMs: 600_000 }

/** Ada, who published while she was alone. */
async function openAlone(t: TestContext, count = 1, isMember: (node: string) => boolean = () => true) {
  const fleet = openFleet()
  const ada = fleet.open('ada')
  const own: Cid[] = []
  for (let seed = 1; seed <= count; seed++) own.push(await fleet.add(ada, testBytes(5_000, seed)))
  const asked: Cid[] = []
  const exchange = {
    replicate: async (...given: Parameters<FleetNode['exchange']['replicate']>) => {
      asked.push(given[0])
      return ada.exchange.replicate(...given)
    },
  }
  const deps = { ...ada, exchange, hive: testHive, clock: fleet.clock, chance: createSeededChance(3), log: silentLog }
  const replenisher = new Replenisher({ ...deps, listOwn: (limit) => own.slice(0, limit), isMember }, options)
  t.after(async () => {
    await fleet.clock.run(replenisher[Symbol.asyncDispose]())
    await fleet[Symbol.asyncDispose]()
  })
  return { fleet, ada, own, asked }
}

function signersOf({ ada }: { readonly ada: FleetNode }, cid: Cid | undefined): readonly string[] {
  return cid === undefined ? [] : findSigners(ada.database, testHive, cid)
}

async function meet(fleet: Fleet, ...nodes: readonly FleetNode[]): Promise<void> {
  await fleet.connect(...nodes)
  await fleet.clock.advance(30_000)
}

test('what was published alone is copied to members that connect later, up to the wished number', async (t) => {
  const world = await openAlone(t)
  const { fleet, ada, own } = world
  const [bob, cy, dora] = ['bob', 'cy', 'dora'].map((name) => fleet.open(name)) as [FleetNode, FleetNode, FleetNode]
  await meet(fleet, ada, bob)
  assert.deepEqual(signersOf(world, own[0]), [bob.peer])
  await meet(fleet, ada, cy)
  await meet(fleet, ada, dora)
  assert.deepEqual(signersOf(world, own[0]), [bob.peer, cy.peer].toSorted())
  assert.equal(dora.content.stat(own[0] ?? ('' as Cid)), undefined)
})

test('nobody is asked where nobody who could is there, nor at once when somebody comes', async (t) => {
  const { fleet, ada, asked } = await openAlone(t)
  await fleet.clock.advance(3_600_000)
  assert.deepEqual(asked, [])
  await fleet.connect(ada, fleet.open('bob'))
  await fleet.clock.advance(2_000)
  assert.deepEqual(asked, [])
  await fleet.clock.advance(30_000)
  assert.equal(asked.length, 1)
  await fleet.clock.advance(3_600_000)
  assert.equal(asked.length, 1)
})

test('where nobody takes copies few are offered in a round, and again later', async (t) => {
  const { fleet, ada, asked } = await openAlone(t, 20)
  await fleet.connect(ada, fleet.open('bob', { maxReplicaBytes: 0 }))
  await fleet.clock.advance(400_000)
  assert.ok(asked.length >= 3 && asked.length <= 4, `${asked.length} were offered`)
  await fleet.clock.advance(1_500_000)
  assert.ok(asked.length > 4, `${asked.length} were offered`)
})

test('the copy of a node that is no member any more does not count', async (t) => {
  const gone = new Set<string>()
  const world = await openAlone(t, 1, (node) => !gone.has(node))
  const { fleet, ada, own } = world
  const [bob, cy, dora] = ['bob', 'cy', 'dora'].map((name) => fleet.open(name)) as [FleetNode, FleetNode, FleetNode]
  await meet(fleet, ada, bob)
  await meet(fleet, ada, cy)
  gone.add(bob.peer)
  await fleet.clock.run(Promise.resolve(bob.host[Symbol.asyncDispose]()))
  await meet(fleet, ada, dora)
  assert.ok(signersOf(world, own[0]).includes(dora.peer))
})
