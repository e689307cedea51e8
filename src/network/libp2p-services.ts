import type { GossipSub } from '@libp2p/gossipsub'
import type { Identify } from '@libp2p/identify'
import type { ConnectionGater, Libp2p, Libp2pEvents, PeerInfo, TypedEventTarget } from '@libp2p/interface'
import type { KadDHT } from '@libp2p/kad-dht'
import type { Ping } from '@libp2p/ping'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { Datastore } from 'interface-datastore'
import type { Libp2pInit } from 'libp2p'
import { concatBytes, encodeText } from '../lib/bytes.ts'
import { hashBytes } from '../lib/cid.ts'
import type { WireRegistrar } from './libp2p-admission.ts'
import { boundAnswers } from './libp2p-kad.ts'
import type { Wire } from './libp2p-load.ts'
import type { Libp2pHostOptions } from './libp2p-options.ts'
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

/** Memory for the topics one peer may subscribe to, about 1 KiB each. */
const maxTopicBytesPerPeer = 262_144
/** Never: provider records are put again by the host. 2^31 - 1 is the longest timer there is. */
const neverMs = 2_147_483_647
const day = 86_400_000

/** Places on this relay at once, one for each member that needs it. */
const maxReservations = 1024
/**
 * A relay says by its wall clock how long it keeps a place, and libp2p at the other end compares that with its own: what is
 * hours apart must not matter. F17
 */
const reservationTtl = 7 * day

type Services = NonNullable<Libp2pInit<WireServices>['services']>

/** The services of a node, and a look inside it. */
export function createServices(wire: Wire, options: Libp2pHostOptions, hooks: WireHooks): Services {
  const { identify, ping, circuitRelayServer } = wire
  return {
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
    kad: createKad(wire, options),
    gossip: createGossip(wire, options, hooks),
    ...(options.relay
      ? { relay: circuitRelayServer({ reservations: { maxReservations, reservationTtl, applyDefaultLimit: false } }) }
      : {}),
  }
}

function createKad({ kadDHT, passthroughMapper }: Wire, options: Libp2pHostOptions): Services['kad'] {
  const create = kadDHT({
    protocol: namesOf(options.hive).kad,
    clientMode: options.dht === 'client',
    peerInfoMapper: passthroughMapper,
    providers: { provideValidity: day },
    reprovide: { interval: neverMs, validity: day, threshold: 1 },
    maxInboundStreams: 32,
    networkDialTimeout: { minTimeout: 1_000, maxTimeout: options.lookupTimeoutMs },
  })
  return (components) => {
    const kad = create(components)
    boundAnswers(kad)
    return kad
  }
}

function createGossip({ gossipsub }: Wire, options: Libp2pHostOptions, hooks: WireHooks): Services['gossip'] {
  return gossipsub({
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
  })
}
