import { identify } from '@libp2p/identify'
import type { Identify } from '@libp2p/identify'
import { gossipsub } from '@libp2p/gossipsub'
import type { GossipSub } from '@libp2p/gossipsub'
import type { Libp2p } from '@libp2p/interface'
import { kadDHT, passthroughMapper } from '@libp2p/kad-dht'
import type { KadDHT } from '@libp2p/kad-dht'
import { noise } from '@libp2p/noise'
import { ping } from '@libp2p/ping'
import type { Ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { tls } from '@libp2p/tls'
import { yamux } from '@libp2p/yamux'
import { createLibp2p } from 'libp2p'
import { versionOf } from '../harness/machine.ts'

/** A libp2p node without anything of ours. */
export type StockNode = Libp2p<{ identify: Identify; ping: Ping; dht: KadDHT; gossip: GossipSub }>

/** How a connection is encrypted. */
export type Encrypter = 'noise' | 'tls'

/**
 * Flow control under which a paused stream is not reset: at its defaults the window is larger than the read buffer.
 *
 * @see https://github.com/libp2p/js-libp2p/tree/main/packages/stream-multiplexer-yamux
 */
const streamOptions = { initialStreamWindowSize: 256 * 1024, maxStreamWindowSize: 4 * 1024 * 1024, maxReadBufferLength: 8 * 1024 * 1024 }

const manyAtOnce = 10_000
/** A hundred nodes that shake hands on one core take longer for it than any two machines. */
const setupTimeoutMs = 60_000

/** What is changed of libp2p's defaults, so that a hundred nodes behind one address are possible at all. */
const oneAddress = {
  connectionManager: {
    inboundConnectionThreshold: manyAtOnce,
    maxIncomingPendingConnections: manyAtOnce,
    maxParallelDials: 100,
    dialTimeout: setupTimeoutMs,
    addressDialTimeout: setupTimeoutMs,
    inboundUpgradeTimeout: setupTimeoutMs,
  },
}

/** Said under every figure in which this node takes part. */
export const stockDefaults =
  "stock libp2p with its defaults, except: connections from one address are not limited, handshakes may take a minute, gossipsub's penalty for peers behind one address is off, yamux windows are 256 KiB to 4 MiB, private addresses stay in the DHT"

/** A running node on loopback with TCP, yamux, identify, ping, Kademlia as a server, and gossipsub. */
export async function openStockNode(encrypter: Encrypter): Promise<StockNode> {
  const node = await createLibp2p({
    ...oneAddress,
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters: [encrypter === 'noise' ? noise() : tls()],
    streamMuxers: [yamux({ streamOptions })],
    services: {
      identify: identify(),
      // the default allows one stream, which collides with the connection monitor's own ping
      ping: ping({ maxInboundStreams: 16, maxOutboundStreams: 16 }),
      dht: kadDHT({ clientMode: false, peerInfoMapper: passthroughMapper, protocol: '/bench/kad/1.0.0' }),
      gossip: gossipsub({ allowPublishToZeroTopicPeers: true, scoreParams: { IPColocationFactorWeight: 0 } }),
    },
  })
  await node.services.dht.setMode('server')
  return node
}

/** A running node on loopback with TCP, yamux and nothing else. */
export async function openPlainNode(encrypter: Encrypter): Promise<Libp2p> {
  return createLibp2p({
    ...oneAddress,
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters: [encrypter === 'noise' ? noise() : tls()],
    streamMuxers: [yamux({ streamOptions })],
  })
}

/** The versions of what a stock node is made of. */
export function stockVersions(): string {
  return ['libp2p', '@libp2p/noise', '@libp2p/tls', '@libp2p/yamux', '@libp2p/gossipsub', '@libp2p/kad-dht'].map(versionOf).join(', ')
}
