import type {
  Connection,
  ConnectionGater,
  NewStreamOptions,
  PeerId as WirePeerId,
  StreamHandler,
  StreamHandlerOptions,
  Topology,
} from '@libp2p/interface'
import type { PeerId } from '../identity/keys.ts'
import { parsePeerId } from '../identity/keys.ts'
import type { Clock } from '../lib/clock.ts'
import { untilAborted, withDeadline } from '../lib/deadline.ts'
import { networkFaults } from './faults.ts'
import type { Gate } from './gate.ts'

/** What the guard changes of libp2p's registrar. */
export interface WireRegistrar {
  handle: (protocol: string, handler: StreamHandler, options?: StreamHandlerOptions) => Promise<void>
  register: (protocol: string, topology: Topology) => Promise<string>
  getProtocols: () => string[]
}

/** What is said of a protocol when it is first handled. */
export interface ProtocolRules {
  readonly maxPerPeer: number
  readonly isForStrangers: boolean
}

/** Inbound streams of one peer in a protocol of libp2p itself; Kademlia opens one for each question. */
const maxPerPeerInside = 32
/** How long libp2p's own parts wait for a peer to be admitted before they count it as dead, in milliseconds. */
const outboundWaitMs = 10_000

/** The peer id in our words; undefined for other keys than Ed25519, which are not let in. */
export function peerOf(peer: WirePeerId): PeerId | undefined {
  return parsePeerId(peer.toString())
}

/**
 * Puts the gate before every handler and every topology, libp2p's own included: Kademlia, gossip, identify, ping and relay are for members.
 *
 * A stream of a stranger is paused until its peer is admitted, and reset when it is not; a topology hears only of members.
 */
export function guardRegistrar(
  registrar: WireRegistrar,
  deps: { readonly gate: Gate; readonly rulesOf: (protocol: string) => ProtocolRules | undefined },
): void {
  const handle = registrar.handle.bind(registrar)
  const register = registrar.register.bind(registrar)
  const getProtocols = registrar.getProtocols.bind(registrar)
  registrar.handle = (protocol, handler, options) => {
    const rules = deps.rulesOf(protocol) ?? { maxPerPeer: maxPerPeerInside, isForStrangers: false }
    return handle(protocol, guardHandler(handler, { gate: deps.gate, protocol, rules }), options)
  }
  registrar.register = (protocol, topology) => register(protocol, guardTopology(topology, deps.gate))
  // multistream-select answers "ls" with what this list maps to; a stranger has no business knowing what is spoken here.
  registrar.getProtocols = () => Object.defineProperty(getProtocols(), 'map', { value: () => [], enumerable: false })
}

function guardHandler(
  handler: StreamHandler,
  { gate, protocol, rules }: { readonly gate: Gate; readonly protocol: string; readonly rules: ProtocolRules },
): StreamHandler {
  return (stream, connection) => {
    const peer = peerOf(connection.remotePeer)
    const request = { protocol, isForStrangers: rules.isForStrangers, maxOfProtocol: rules.maxPerPeer }
    const entered = peer === undefined ? undefined : gate.enter({ ...request, peer })
    const serve = (leave: (() => void) | undefined): void | Promise<void> => {
      if (leave === undefined || stream.status !== 'open') {
        leave?.()
        stream.abort(new Error('refused: not admitted, or too many streams'))
        return
      }
      stream.addEventListener('close', leave)
      return handler(stream, connection)
    }
    if (!(entered instanceof Promise)) return serve(entered)
    stream.pause()
    const serveLater = async (): Promise<void> => {
      const served = serve(await entered)
      // Only after the handler attached its reader: what came meanwhile is dispatched now.
      if (stream.status === 'open') stream.resume()
      await served
    }
    return serveLater()
  }
}

function guardTopology(topology: Topology, gate: Gate): Topology {
  const told = new Set<string>()
  const mayTell = (peer: WirePeerId): boolean => {
    const own = peerOf(peer)
    return own !== undefined && gate.isAdmitted(own)
  }
  return {
    ...topology,
    onConnect: async (peer, connection) => {
      if (!mayTell(peer)) return
      told.add(peer.toString())
      await topology.onConnect?.(peer, connection)
    },
    onDisconnect: async (peer) => {
      if (told.delete(peer.toString())) await topology.onDisconnect?.(peer)
    },
    filter: {
      has: (peer) => !mayTell(peer) || topology.filter?.has(peer) === true,
      add: (peer) => topology.filter?.add(peer),
      remove: (peer) => topology.filter?.remove(peer),
    },
  }
}

/** Opens a stream whatever the peer's standing; for what the host itself is asked to do. */
export type RawNewStream = Connection['newStream']

/** Makes libp2p's own parts wait for admission before they open a stream to a peer. Gives the way around it. */
export function guardConnection(
  connection: Connection,
  deps: { readonly gate: Gate; readonly clock: Clock; readonly peer: PeerId },
): RawNewStream {
  const raw = connection.newStream.bind(connection)
  connection.newStream = async (protocols: string | string[], options?: NewStreamOptions) => {
    if (!deps.gate.isAdmitted(deps.peer)) {
      const signal = withDeadline(deps.clock, outboundWaitMs, ...(options?.signal === undefined ? [] : [options.signal]))
      const isAdmitted = await untilAborted(deps.gate.whenAdmitted(deps.peer), signal)
      if (!isAdmitted)
        throw networkFaults.create('PEER_NOT_ADMITTED', { message: `${deps.peer} is not a member`, data: { peer: deps.peer } })
    }
    return raw(protocols, options)
  }
  return raw
}

/** Who may connect at all. Asked after the encrypted handshake, when the identity is proven. */
export function createGater(deps: {
  readonly mayConnect: (peer: PeerId) => boolean
  readonly mayDial: (peer: PeerId) => boolean
  readonly mayRelay: (peer: PeerId) => boolean
  /** Whether a connection over a relay is even begun. */
  readonly mayMeet: (peer: PeerId) => boolean
}): ConnectionGater {
  return {
    denyDialPeer: deny(deps.mayDial),
    denyDialMultiaddr: () => false,
    denyInboundEncryptedConnection: deny(deps.mayConnect),
    denyOutboundEncryptedConnection: deny(deps.mayConnect),
    denyInboundRelayReservation: deny(deps.mayRelay),
    denyInboundRelayedConnection: (relay, source) => deny(deps.mayRelay)(relay) || deny(deps.mayMeet)(source),
    denyOutboundRelayedConnection: (source, destination) => deny(deps.mayRelay)(source) || deny(deps.mayRelay)(destination),
  }
}

function deny(judge: (peer: PeerId) => boolean): (wirePeer: WirePeerId) => boolean {
  return (wirePeer) => {
    const peer = peerOf(wirePeer)
    return peer === undefined || !judge(peer)
  }
}
