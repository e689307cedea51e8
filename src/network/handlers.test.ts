import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { test } from 'node:test'
import type { PeerId } from '../identity/keys.ts'
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
  const nameOf = (peer: PeerId) => (peer === bobId ? { label: 'laptop', handle: 'bob' } : undefined)
  const handlers = createNetworkHandlers({ networkOf: () => ({ host: ada, peerBook, topics: [topic, 'althing/suite/none/v1'], nameOf }) })
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
  assert.deepEqual(
    [answer.label, answer.handle, answer.connection?.direction, answer.topics, answer.knownAddresses],
    ['laptop', 'bob', 'outbound', [topic], ['/ip4/192.0.2.7/tcp/4001']],
  )
  assert.deepEqual(networkOperations[1].output(z).parse(answer), answer)
})

test('a peer is named by the label of its machine or the beginning of its id; what means several or nobody is said', async (t) => {
  const { clock, ada, cy, handlers } = await openScene(t)
  const ask = async (id: string): Promise<string> => (await handlers['p2p.peer']({ id }, call)).peer
  assert.deepEqual([await ask('laptop'), await ask('@bob'), await ask(bobId.slice(0, 16))], [bobId, bobId, bobId])
  await assert.rejects(ask(cyId), { code: 'PEER_UNKNOWN' })
  await assert.rejects(ask('desk'), { code: 'PEER_UNKNOWN' })
  await clock.run(ada.dial(cy.peerId, call))
  await assert.rejects(ask('12D3KooW'), { code: 'PEER_AMBIGUOUS', message: new RegExp(`laptop ${bobId}`) })
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
  await assert.rejects(clock.run(handlers['p2p.bootstrap']({ addresses: [gone] }, call)), {
    code: 'PEER_UNREACHABLE',
    message: new RegExp(`Dialled ${gone}: `),
  })
  await assert.rejects(handlers['p2p.bootstrap']({ addresses: ['somewhere'] }, call), { code: 'ADDRESS_INVALID' })
})
