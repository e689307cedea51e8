import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemChance } from '../lib/chance.ts'
import { systemClock } from '../lib/clock.ts'
import { silentLog } from '../lib/log.ts'
import { openWireHost } from '../network/suite/wire-world.ts'
import { openReplication } from './replication.ts'
import { nodeOf, notesOf, openPeer } from './testing/bench-of-peers.ts'
import { fleetReplicationOptions } from './testing/fleet.ts'

test('over two real hosts a peer that was away for 2,000 records has them all, in traffic of 1.3 times what it lacks at most', async (t) => {
  const [ada, bob] = [await openPeer('ada', { clock: systemClock }), await openPeer('bob', { clock: systemClock })]
  await Promise.all(Array.from({ length: 2_000 }, (_, index) => ada.journal.append('note', { text: `record ${index}` })))
  const { promise: caughtUp, resolve } = Promise.withResolvers<void>()
  bob.journal.events.on('entry:added', (entry) => {
    if (entry.header.seq === 2_000) resolve()
  })
  // The hosts' keys are those of the journals: each knows the other by one name.
  const hosts = [await openWireHost(t, 'key of ada'), await openWireHost(t, 'key of bob')] as const
  for (const [index, { journal }] of [ada, bob].entries()) {
    const host = hosts[index]
    assert.ok(host)
    host.events.on('stranger:connected', (peer) => host.admit(peer))
    const deps = { journal, host, clock: systemClock, chance: systemChance, log: silentLog }
    const replication = openReplication(deps, fleetReplicationOptions)
    t.after(() => replication[Symbol.asyncDispose]())
  }
  assert.equal(hosts[0].peerId, nodeOf('ada'))
  const startedAt = performance.now()
  await hosts[1].dial(hosts[0].addresses()[0] ?? '', { signal: AbortSignal.timeout(10_000) })
  await caughtUp
  t.diagnostic(`${Math.round(2_000 / ((performance.now() - startedAt) / 1000))} entries a second`)
  assert.deepEqual(bob.journal.heads(), ada.journal.heads())
  assert.equal(notesOf(bob.database).length, 2_000)
  const { bytesReceived } = bob.journal.status()
  assert.ok(bytesReceived <= 1.3 * ada.journal.status().bytes + 10_000, `${bytesReceived} bytes`)
})
