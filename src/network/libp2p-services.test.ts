import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemoryDatastore } from 'datastore-core'
import { loadWire } from './libp2p-load.ts'
import { createServices } from './libp2p-services.ts'
import { testWireOptions } from './suite/test-options.ts'

test('S4: gossipsub is told the most that one message, one packet and one peer may bring, before it decodes any', async () => {
  const wire = await loadWire()
  const given: Parameters<typeof wire.gossipsub>[0][] = []
  const gossipsub: typeof wire.gossipsub = (options) => {
    given.push(options)
    return wire.gossipsub(options)
  }
  const hooks = { gater: {}, datastore: new MemoryDatastore(), onInside: () => {}, onNeighbour: () => {}, scoreOf: () => 0 }
  createServices({ ...wire, gossipsub }, { ...testWireOptions, maxGossipBytes: 98_304 }, hooks)
  const [options] = given
  assert.equal(options?.maxInboundDataLength, 393_216)
  assert.equal(options?.maxTopicBytesPerPeer, 262_144)
  assert.deepEqual(options?.decodeRpcLimits, {
    maxSubscriptions: 512,
    maxMessages: 512,
    maxIhaveMessageIDs: 5_000,
    maxIwantMessageIDs: 5_000,
    maxIdontwantMessageIDs: 512,
    maxControlMessages: 512,
    maxPeerInfos: 16,
  })
})
