import { concatBytes } from '../lib/bytes.ts'
import { loadWire } from './libp2p-load.ts'
import type { Libp2pHostDeps, Libp2pHostOptions } from './libp2p-options.ts'
import { namesOf } from './libp2p-options.ts'
import type { WireHooks, WireNode, WireServices } from './libp2p-services.ts'
import { createServices } from './libp2p-services.ts'

/** Connections at most; a hive of a thousand does not keep all of them open. */
const maxConnections = 1024
/** Handshakes under way at once: a restart of fifty neighbours must not be refused. */
const maxHandshakes = 256
/** Streams that may come before our side of the handshake is through; libp2p's 10 are fewer than a member opens at once, and one more costs the connection. */
const maxEarlyStreams = 64
/** Addresses of one peer that are tried: records with hundreds of dead ones cost no more than this. */
const maxAddressesPerDial = 6
/** A node of libp2p, not started. */
export async function createWireNode(
  deps: Libp2pHostDeps,
  options: Libp2pHostOptions,
  hooks: WireHooks & { readonly listen: readonly string[] },
): Promise<WireNode> {
  const wire = await loadWire()
  const { tcp, noise, tls, yamux, mdns, circuitRelayTransport } = wire
  const names = namesOf(options.hive)
  return await wire.createLibp2p<WireServices>({
    start: false,
    privateKey: wire.privateKeyFromRaw(concatBytes([deps.key.seed, deps.key.publicKey])),
    nodeInfo: { name: 'althing', version: options.agent, userAgent: options.agent },
    addresses: { listen: [...hooks.listen], announce: [...options.announce] },
    datastore: hooks.datastore,
    connectionGater: hooks.gater,
    transportManager: { faultTolerance: wire.FaultTolerance.NO_FATAL },
    connectionManager: {
      maxConnections,
      maxIncomingPendingConnections: maxHandshakes,
      inboundConnectionThreshold: 100_000,
      inboundUpgradeTimeout: options.handshakeTimeoutMs,
      dialTimeout: options.dialTimeoutMs,
      addressDialTimeout: Math.ceil(options.dialTimeoutMs / 2),
      maxPeerAddrsToDial: maxAddressesPerDial,
      reconnectRetries: 0,
    },
    // A node that agents keep busy does not run for seconds: with libp2p's own 5 s it would take all its peers for dead, dial them, and be busier still.
    connectionMonitor: { pingInterval: 15_000, pingTimeout: { minTimeout: 30_000 } },
    transports: [tcp(), ...(options.relay ? [circuitRelayTransport()] : [])],
    // Noise first: its handshake costs half of TLS's, which fifty neighbours that restart at once feel; TLS is there for others.
    connectionEncrypters: [noise(), tls()],
    streamMuxers: [
      yamux({
        maxInboundStreams: options.maxStreamsPerPeer,
        maxOutboundStreams: 4096,
        maxEarlyStreams,
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
    services: createServices(wire, options, hooks),
  })
}
