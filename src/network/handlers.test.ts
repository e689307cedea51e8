import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { test } from 'node:test'
import { z } from 'zod'
import { createSeededChance } from '../lib/chance.ts'
import { createVirtualClock } from '../lib/virtual-clock.ts'
import { createNetworkHandlers } from './handlers.ts'
import { createMemoryNetwork, quietNetwork } from './memory.ts'
import { networkOperations } from './operations.ts'
import { createMemoryPeerBook } from './peer-book.ts'
import { peerOfName } from './suite/names.ts'
import { testHostOptions } from './suite/test-options.ts'

const call = { signal: new AbortController().signal, hive: undefined, report: () => {} }
const [bobId, cyId] = [peerOfName('bob'), peerOfName('cy')]

async function openScene(t: TestContext) {
  const clock = createVirtualClock({ startsAt: 1_700_000_000_000 })
  const network = createMemoryNetwork({ clock, chance: createSeededChance(1) }, quietNetwork)
  const [ada, bob, cy] = [peerOfName('ada'), bobId, cyId].map((peer) => network.openHost(peer, testHostOptions))
  assert.ok(ada && bob && cy)
  t.after(() => Promise.all([ada, bob, cy].map((host) => host[Symbol.asyncDispose]())))
  const peerBook = createMemoryPeerBook([{ peer: bobId, addresses: ['/ip4/192.0.2.7/tcp/4001'] }])
  const topic = 'althing/suite/talk/v1'
  bob.gossip.subscribe(topic, () => 'accept')
  const handlers = createNetworkHandlers({ networkOf: () => ({ host: ada, peerBook, topics: [topic, 'althing/suite/none/v1'] }) })
  return { clock, ada, bob, cy, handlers, topic }
}

test('peers are listed with members first, in the shape that is declared', async (t) => {
  const { clock, ada, bob, cy, handlers } = await openScene(t)
  await clock.run(ada.dial(cy.peerId, call))
  await clock.run(ada.dial(bob.peerId, call))
  ada.admit(bob.peerId)
  const answer = await handlers['p2p.peers']({}, call)
  assert.deepEqual(
    answer.peers.map(({ peer, admitted }) => [peer, admitted]),
    [
      [bobId, true],
      [cyId, false],
    ],
  )
  assert.deepEqual(networkOperations[0].output(z).parse(answer), answer)
})

test('one peer is shown with its connection, topics and known addresses', async (t) => {
  const { clock, ada, bob, handlers, topic } = await openScene(t)
  await clock.run(ada.dial(bob.peerId, call))
  ada.admit(bob.peerId)
  bob.admit(ada.peerId)
  const answer = await handlers['p2p.peer']({ id: bobId }, call)
  assert.deepEqual([answer.connection?.direction, answer.topics, answer.knownAddresses], ['outbound', [topic], ['/ip4/192.0.2.7/tcp/4001']])
  assert.deepEqual(networkOperations[1].output(z).parse(answer), answer)
})

test('a peer nothing is known of is missing, and a text that is no peer id invalid', async (t) => {
  const { handlers } = await openScene(t)
  const ask = async (id: string): Promise<unknown> => handlers['p2p.peer']({ id }, call)
  await assert.rejects(ask(cyId), { code: 'PEER_UNKNOWN' })
  await assert.rejects(ask('bob'), { code: 'ADDRESS_INVALID' })
})

test('bootstrap says of each address who answered, and is a fault when nobody did', async (t) => {
  const { clock, bob, handlers } = await openScene(t)
  const gone = `/memory/x/p2p/${peerOfName('eve')}`
  const answer = await clock.run(handlers['p2p.bootstrap']({ addresses: [bob.addresses()[0] ?? '', gone] }, call))
  assert.equal(answer.connected, 1)
  assert.deepEqual(
    answer.results.map(({ peer, error }) => [peer, error !== undefined]),
    [
      [bobId, false],
      [undefined, true],
    ],
  )
  await assert.rejects(clock.run(handlers['p2p.bootstrap']({ addresses: [gone] }, call)), { code: 'PEER_UNREACHABLE' })
  await assert.rejects(handlers['p2p.bootstrap']({ addresses: ['somewhere'] }, call), { code: 'ADDRESS_INVALID' })
})
