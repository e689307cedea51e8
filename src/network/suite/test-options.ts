import type { Libp2pHostOptions } from '../libp2p-options.ts'
import type { MemoryHostOptions } from '../memory-contract.ts'

/** Options for tests: complete, generous, and quick to lose patience. */
export const testHostOptions: MemoryHostOptions = {
  strangerGraceMs: 10_000,
  maxStrangers: 64,
  maxConnectionsPerPeer: 4,
  maxStreamsPerPeer: 128,
  gossipMessagesPerSecond: 200,
  maxGossipBytes: 98_304,
  dialTimeoutMs: 5_000,
  dht: 'server',
  redialBaseMs: 1_000,
  redialMaxMs: 60_000,
}

/** As above, on loopback. */
export const testWireOptions: Libp2pHostOptions = {
  ...testHostOptions,
  hive: 'bafyreihivefortestsonly',
  agent: 'althing/test',
  listen: ['/ip4/127.0.0.1/tcp/0'],
  announce: [],
  bootstrap: [],
  mdns: false,
  relay: false,
  handshakeTimeoutMs: 5_000,
  lookupTimeoutMs: 4_000,
}
