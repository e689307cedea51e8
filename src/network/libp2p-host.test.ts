import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Connection } from '@libp2p/interface'
import { createSeededChance } from '../lib/chance.ts'
import { silentLog } from '../lib/log.ts'
import { createVirtualClock } from '../lib/virtual-clock.ts'
import { Gate } from './gate.ts'
import { Libp2pHost } from './libp2p-host.ts'
import type { Libp2pParts } from './libp2p-host.ts'
import type { Libp2pHostOptions } from './libp2p-options.ts'
import { createMemoryPeerBook } from './peer-book.ts'
import { keyOf, peerOfName } from './suite/names.ts'
import { testWireOptions } from './suite/test-options.ts'

/** A host whose libp2p does what a test writes down. */
function openBare(changes: Partial<Libp2pHostOptions>) {
  const options = { ...testWireOptions, ...changes }
  const clock = createVirtualClock({ startsAt: 0 })
  const open: Connection[] = []
  const never = Promise.withResolvers<never>().promise
  const node = {
    addEventListener: () => {},
    getPeers: () => [],
    getConnections: (peer?: string) => open.filter(({ remotePeer }) => peer === undefined || remotePeer.toString() === peer),
    // js-libp2p #3289: a dial that hears neither its signal nor its own time-outs
    dial: () => never,
    services: { inside: { listen: () => never } },
  }
  const gate = new Gate({ clock }, options)
  const tools = { parsePeer: (text: string) => text, parseMultiaddr: (text: string) => text }
  const deps = { key: keyOf('bob'), clock, chance: createSeededChance(1), log: silentLog, peerBook: createMemoryPeerBook() }
  // a stand-in for what the host asks of libp2p, which has far more
  const parts = { ...deps, node, gate, tools } as unknown as Libp2pParts
  const arrive = (name: string): Connection => {
    const connection = {
      remotePeer: peerOfName(name),
      status: 'open',
      direction: 'inbound',
      newStream: () => never,
      abort: () => {
        connection.status = 'aborted'
        open.splice(open.indexOf(listed), 1)
      },
    }
    const listed = connection as unknown as Connection
    open.push(listed)
    return listed
  }
  return { host: new Libp2pHost(parts, options), clock, open, arrive }
}

test('S31: of two handshakes that were let in at once where there is place for one, one goes when both are listed', async () => {
  const { host, open, arrive } = openBare({ maxStrangers: 1 })
  const strangers: string[] = []
  host.events.on('stranger:connected', (peer) => strangers.push(peer))
  const connections = [arrive('cy'), arrive('dan')]
  for (const connection of connections) host.onOpened(connection)
  await Promise.resolve()
  assert.deepEqual(
    connections.map(({ status }) => status),
    ['aborted', 'open'],
  )
  assert.deepEqual(strangers, [peerOfName('dan')])
  assert.equal(open.length, 1)
})

test('a dial that libp2p never ends is over at its deadline', async () => {
  const { host, clock } = openBare({ dialTimeoutMs: 5_000 })
  const dialled = assert.rejects(host.dial(peerOfName('cy'), { signal: new AbortController().signal }), { code: 'PEER_UNREACHABLE' })
  await clock.run(dialled, { maxMs: 6_000 })
  assert.ok(clock.monotonic() >= 5_000)
})
