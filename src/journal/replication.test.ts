import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createFleet, stateOf } from './testing/fleet.ts'
import { notesOf } from './testing/bench-of-peers.ts'

test('a new entry reaches every connected peer within a second', async (t) => {
  const fleet = createFleet(t)
  const [ada, bob, cy] = [await fleet.open('ada'), await fleet.open('bob'), await fleet.open('cy')]
  await fleet.connect(ada, bob, cy)
  await fleet.clock.run(ada.journal.append('note', { text: 'hello' }))
  await fleet.advance(1000)
  assert.equal(notesOf(bob.database).length, 1)
  assert.deepEqual(stateOf(bob), stateOf(ada))
  assert.deepEqual(stateOf(cy), stateOf(ada))
})

test('a peer that was away for 10,000 records catches up with traffic of 1.3 times what it lacks at most', async (t) => {
  const fleet = createFleet(t)
  const [ada, bob] = [await fleet.open('ada'), await fleet.open('bob')]
  const appends = Array.from({ length: 10_000 }, (_, index) => ada.journal.append('note', { text: `record ${index}` }))
  await fleet.clock.run(Promise.all(appends))
  const before = bob.journal.status().bytesReceived
  await fleet.connect(ada, bob)
  await fleet.advance(20_000)
  assert.deepEqual(stateOf(bob), stateOf(ada))
  const { bytes } = ada.journal.status()
  const received = bob.journal.status().bytesReceived - before
  assert.ok(received <= 1.3 * bytes + 10_000, `${received} bytes for ${bytes}`)
})
