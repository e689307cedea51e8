import type { GossipSub } from '@libp2p/gossipsub'
import type { Identify } from '@libp2p/identify'
import type { ConnectionGater, Libp2p, Libp2pEvents, PeerInfo, TypedEventTarget } from '@libp2p/interface'
import type { KadDHT } from '@libp2p/kad-dht'
import type { Ping } from '@libp2p/ping'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { Datastore } from 'interface-datastore'
import { concatBytes, encodeText } from '../lib/bytes.ts'
import { hashBytes } from '../lib/cid.ts'
import type { WireRegistrar } from './libp2p-admission.ts'
import type { Libp2pHostDeps, Libp2pHostOptions } from './libp2p-options.ts'
import { namesOf } from './libp2p-options.ts'

/** The parts of a node of libp2p that a host works with. */
export interface WireServices extends Record<string, unknown> {
  readonly identify: Identify
  readonly ping: Ping
  readonly kad: KadDHT
  readonly gossip: GossipSub
  readonly inside: WireInside
}

export type WireNode = Libp2p<WireServices>

/** What libp2p keeps to its own parts, and the host needs too. */
export interface WireInside {
  readonly registrar: WireRegistrar
  readonly events: TypedEventTarget<Libp2pEvents>
  readonly listen: (address: Multiaddr) => Promise<void>
}

export interface WireHooks {
  readonly gater: ConnectionGater
  readonly datastore: Datastore
  readonly onInside: (inside: WireInside) => void
  readonly onNeighbour: (found: PeerInfo) => void
  /** Zero or less; very negative for peers whose gossip is not wanted. */
  readonly scoreOf: (peer: string) => number
}

/** Connections at most; a hive of a thousand does not keep all of them open. */
const maxConnections = 1024
/** Handshakes under way at once: a restart of fifty neighbours must not be refused. */
const maxHandshakes = 256
/** Addresses of one peer that are tried: records with hundreds of dead ones cost no more than this. */
const maxAddressesPerDial = 6
/** Memory for the topics one peer may subscribe to, about 1 KiB each. */
const maxTopicBytesPerPeer = 262_144
/** Never: provider records are put again by the host. 2^31 - 1 is the longest timer there is. */
const neverMs = 2_147_483_647
const day = 86_400_000

/** A node of libp2p, not started. Everything of libp2p is loaded here, so that commands without a network do not pay for it. */
export async function createWireNode(
  deps: Libp2pHostDeps,
  options: Libp2pHostOptions,
  hooks: WireHooks & { readonly listen: readonly string[] },
): Promise<WireNode> {
  const [{ createLibp2p }, { privateKeyFromRaw }, { tcp }, { noise }, { tls }, { yamux }, { identify }, { ping }] = await Promise.all([
    import('libp2p'),
    import('@libp2p/crypto/keys'),
    import('@libp2p/tcp'),
    import('@libp2p/noise'),
    import('@libp2p/tls'),
    import('@libp2p/yamux'),
    import('@libp2p/identify'),
    import('@libp2p/ping'),
  ])
  const [{ kadDHT, passthroughMapper }, { gossipsub }, { circuitRelayServer, circuitRelayTransport }, { mdns }] = await Promise.all([
    import('@libp2p/kad-dht'),
    import('@libp2p/gossipsub'),
    import('@libp2p/circuit-relay-v2'),
    import('@libp2p/mdns'),
  ])
  const names = namesOf(options.hive)
  const { FaultTolerance } = await import('@libp2p/interface')
  const node = await createLibp2p<WireServices>({
    start: false,
    privateKey: privateKeyFromRaw(concatBytes([deps.key.seed, deps.key.publicKey])),
    nodeInfo: { name: 'althing', version: options.agent, userAgent: options.agent },
    addresses: { listen: [...hooks.listen], announce: [...options.announce] },
    datastore: hooks.datastore,
    connectionGater: hooks.gater,
    transportManager: { faultTolerance: FaultTolerance.NO_FATAL },
    connectionManager: {
      maxConnections,
      maxIncomingPendingConnections: maxHandshakes,
      inboundConnectionThreshold: 100_000,
      inboundUpgradeTimeout: options.dialTimeoutMs,
      dialTimeout: options.dialTimeoutMs,
      addressDialTimeout: Math.ceil(options.dialTimeoutMs / 2),
      maxPeerAddrsToDial: maxAddressesPerDial,
      reconnectRetries: 0,
    },
    connectionMonitor: { pingInterval: 15_000 },
    transports: [tcp(), ...(options.relay ? [circuitRelayTransport()] : [])],
    connectionEncrypters: [noise(), tls()],
    streamMuxers: [
      yamux({
        maxInboundStreams: options.maxStreamsPerPeer,
        maxOutboundStreams: 4096,
        streamOptions: { initialStreamWindowSize: 262_144, maxStreamWindowSize: 4_194_304, maxReadBufferLength: 8_388_608 },
      }),
    ],
    peerDiscovery: options.mdns
      ? [
          (components) => {
            const neighbours = mdns({ serviceTag: names.mdns, peerName: Buffer.from(deps.chance.bytes(16)).toString('hex') })(components)
            neighbours.addEventListener('peer', (event) => hooks.onNeighbour(event.detail))
            return neighbours
          },
        ]
      : [],
    services: {
      inside: (components) => {
        const inside = {
          registrar: components.registrar,
          events: components.events,
          listen: (address: Multiaddr) => components.transportManager.listen([address]),
        }
        hooks.onInside(inside)
        return inside
      },
      identify: identify({
        runOnConnectionOpen: false,
        runOnLimitedConnection: true,
        timeout: options.dialTimeoutMs,
        maxMessageSize: 16_384,
      }),
      ping: ping({ maxInboundStreams: 16, maxOutboundStreams: 16, runOnLimitedConnection: true }),
      kad: kadDHT({
        protocol: names.kad,
        clientMode: options.dht === 'client',
        peerInfoMapper: passthroughMapper,
        providers: { provideValidity: day },
        reprovide: { interval: neverMs, validity: day, threshold: 1 },
        maxInboundStreams: 32,
        networkDialTimeout: { minTimeout: 1_000, maxTimeout: options.lookupTimeoutMs },
      }),
      gossip: gossipsub({
        globalSignaturePolicy: 'StrictNoSign',
        msgIdFn: ({ topic, data }) => hashBytes(concatBytes([encodeText(topic), Uint8Array.of(0), data])),
        allowPublishToZeroTopicPeers: true,
        ignoreDuplicatePublishError: true,
        runOnLimitedConnection: true,
        maxInboundDataLength: options.maxGossipBytes * 4,
        maxTopicBytesPerPeer,
        decodeRpcLimits: {
          maxSubscriptions: 512,
          maxMessages: 512,
          maxIhaveMessageIDs: 5_000,
          maxIwantMessageIDs: 5_000,
          maxIdontwantMessageIDs: 512,
          maxControlMessages: 512,
          maxPeerInfos: 16,
        },
        scoreParams: { IPColocationFactorWeight: 0, appSpecificScore: hooks.scoreOf, appSpecificWeight: 2 },
      }),
      ...(options.relay
        ? { relay: circuitRelayServer({ reservations: { maxReservations: maxConnections, applyDefaultLimit: false } }) }
        : {}),
    },
  })
  return node
}
