import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Connection, PeerId as WirePeerId, Stream, Topology } from '@libp2p/interface'
import { createVirtualClock } from '../lib/virtual-clock.ts'
import { Gate } from './gate.ts'
import type { WireRegistrar } from './libp2p-admission.ts'
import { guardConnection, guardRegistrar } from './libp2p-admission.ts'
import { peerOfName } from './suite/names.ts'
import { testHostOptions } from './suite/test-options.ts'

const eve = peerOfName('eve')
/** As libp2p names her: all that is asked of it is its text. */
// The gate only writes a peer id as text.
const wireEve = { toString: () => eve } as unknown as WirePeerId

function openGate() {
  const clock = createVirtualClock({ startsAt: 0 })
  return { clock, gate: new Gate({ clock }, testHostOptions) }
}

/** A registrar that keeps what is registered with it. */
function createRegistrar() {
  const topologies: Topology[] = []
  const registrar: WireRegistrar = {
    handle: () => Promise.resolve(),
    register: (_protocol, topology) => Promise.resolve(String(topologies.push(topology))),
    getProtocols: () => ['/journal/1', '/ipfs/id/1.0.0'],
  }
  return { registrar, topologies }
}

test('S1: the list of protocols finds what a stream is for, and maps to nothing when somebody asks for all of it', () => {
  const { gate } = openGate()
  const { registrar } = createRegistrar()
  guardRegistrar(registrar, { gate, rulesOf: () => undefined })
  const protocols = registrar.getProtocols()
  assert.equal(protocols.includes('/journal/1'), true)
  // multistream-select makes the answer to "ls" of what `map` gives
  const told = protocols.map((protocol) => protocol)
  assert.deepEqual(told, [])
})

test('S1: what libp2p runs itself hears of a peer when it is a member, and of its end only then', async () => {
  const { gate } = openGate()
  const { registrar, topologies } = createRegistrar()
  guardRegistrar(registrar, { gate, rulesOf: () => undefined })
  const heard: string[] = []
  const filtered = new Set<string>()
  await registrar.register('/kad/1', {
    onConnect: () => void heard.push('connected'),
    onDisconnect: () => void heard.push('disconnected'),
    filter: { has: (peer) => filtered.has(String(peer)), add: (peer) => void filtered.add(String(peer)), remove: () => {} },
  })
  const [topology] = topologies
  const connection = {} as Connection
  await topology?.onConnect?.(wireEve, connection)
  await topology?.onDisconnect?.(wireEve)
  assert.equal(topology?.filter?.has(wireEve), true)
  assert.deepEqual(heard, [])
  gate.admit(eve)
  assert.equal(topology?.filter?.has(wireEve), false)
  await topology?.onConnect?.(wireEve, connection)
  await topology?.onDisconnect?.(wireEve)
  assert.deepEqual(heard, ['connected', 'disconnected'])
})

test('S1: what libp2p runs itself opens no stream to a peer before it is a member, and gives up on one who does not become one', async () => {
  const { gate, clock } = openGate()
  let opened = 0
  const newStream = (): Promise<Stream> => Promise.resolve({} as Stream).finally(() => (opened += 1))
  // The guard puts itself before this one method and reads no other.
  const connection = { newStream } as unknown as Connection
  const raw = guardConnection(connection, { gate, clock, peer: eve })
  const never = connection.newStream('/kad/1')
  never.catch(() => {})
  await clock.advance(9_000)
  assert.equal(opened, 0)
  await clock.advance(2_000)
  await assert.rejects(never)
  const expelled = connection.newStream('/kad/1')
  expelled.catch(() => {})
  gate.expel(eve)
  await assert.rejects(expelled, { code: 'PEER_NOT_ADMITTED' })
  const waiting = connection.newStream('/kad/1')
  gate.admit(eve)
  await waiting
  assert.equal(opened, 1)
  await raw('/join/1')
  assert.equal(opened, 2)
})
