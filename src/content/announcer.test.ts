import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PeerId } from '../identity/keys.ts'
import { encodeText } from '../lib/bytes.ts'
import type { Cid } from '../lib/cid.ts'
import { createCid, rawCodec } from '../lib/cid.ts'
import { routingKey } from './search.ts'
import type { Fleet, FleetNode } from './testing/fleet.ts'
import { openFleet, testBytes, testHive } from './testing/fleet.ts'

const never = new AbortController().signal

async function lookUp(fleet: Fleet, node: FleetNode, cid: Cid): Promise<readonly PeerId[]> {
  return await fleet.clock.run(Array.fromAsync(node.host.routing.findProviders(routingKey(cid), { signal: never, limit: 8 })))
}

test('what is whole and referred to is announced to the first peer, and again every interval', async () => {
  await using fleet = openFleet()
  const [ada, bob] = [fleet.open('ada', { provideIntervalMs: 60_000 }), fleet.open('bob')]
  const cid = await fleet.add(ada, testBytes(100))
  await fleet.connect(ada, bob)
  await fleet.clock.advance(10_000)
  assert.deepEqual(await lookUp(fleet, bob, cid), [ada.peer])
  const later = await fleet.add(ada, testBytes(200))
  assert.deepEqual(await lookUp(fleet, bob, later), [])
  await fleet.clock.advance(70_000)
  assert.deepEqual(await lookUp(fleet, bob, later), [ada.peer])
})

test('all that is whole and referred to is announced, however much it stands behind in the order of names', async () => {
  await using fleet = openFleet()
  const [ada, bob] = [fleet.open('ada'), fleet.open('bob')]
  const named = Array.from({ length: 10_001 }, (_, seed) => createCid(rawCodec, encodeText(`content ${seed}`))).toSorted()
  const last = Array.from({ length: 10_001 }, (_, seed) => `content ${seed}`).find(
    (text) => createCid(rawCodec, encodeText(text)) === named.at(-1),
  )
  await fleet.clock.run(
    ada.database.write((tx) => {
      for (const cid of named) ada.content.reference(tx, { hive: testHive, cid, reason: 'entry', source: 'test' })
    }),
  )
  const cid = await fleet.add(ada, encodeText(last ?? assert.fail('no name is the last')))
  await fleet.connect(ada, bob)
  await fleet.clock.advance(10_000)
  assert.deepEqual(await lookUp(fleet, bob, cid), [ada.peer])
})

test('an announcement without anybody to hold it is no failure', async () => {
  await using fleet = openFleet()
  const ada = fleet.open('ada')
  const cid = await fleet.add(ada, testBytes(100))
  await fleet.clock.run(ada.exchange.announce(cid, { signal: never }))
})

test('holders are found by asking members, and beyond them by the DHT', async () => {
  await using fleet = openFleet()
  const [ada, bob, cy] = [fleet.open('ada'), fleet.open('bob'), fleet.open('cy')]
  await fleet.connect(ada, bob)
  await fleet.connect(bob, cy)
  ada.host.admit(cy.peer)
  cy.host.admit(ada.peer)
  const cid = await fleet.add(cy, testBytes(100))
  await fleet.clock.run(cy.exchange.announce(cid, { signal: never }))
  assert.deepEqual(await fleet.clock.run(ada.exchange.findHolders(cid, { signal: never, deep: false })), [])
  assert.deepEqual(await fleet.clock.run(ada.exchange.findHolders(cid, { signal: never, deep: true })), [cy.peer])
})
