import type { Connection as WireConnection, PeerId as WirePeerId, Stream } from '@libp2p/interface'
import type { TopicValidatorResult } from '@libp2p/gossipsub'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { Uint8ArrayList } from 'uint8arraylist'
import type { PeerId } from '../identity/keys.ts'
import { parsePeerId, peerIdOfKey } from '../identity/keys.ts'
import { untilAborted, withDeadline } from '../lib/deadline.ts'
import { createEvents } from '../lib/events.ts'
import { describeError } from '../lib/fault.ts'
import { parseAddress } from './address.ts'
import { toUnreachable } from './dial-failure.ts'
import { networkFaults } from './faults.ts'
import type { Gate } from './gate.ts'
import type {
  Channel,
  ChannelHandler,
  Connection,
  DialOptions,
  GossipVerdict,
  HandleOptions,
  Host,
  HostEvents,
  OpenOptions,
} from './host.ts'
import type { RawNewStream } from './libp2p-admission.ts'
import { guardConnection, peerOf } from './libp2p-admission.ts'
import { StreamChannel } from './libp2p-channel.ts'
import { StreamGossip } from './libp2p-gossip.ts'
import { Introductions } from './libp2p-introductions.ts'
import { Keeper } from './libp2p-keeper.ts'
import { closeOrAbort } from './libp2p-close.ts'
import type { WireNode } from './libp2p-services.ts'
import type { Libp2pHostDeps, Libp2pHostOptions } from './libp2p-options.ts'
import { StreamRouting } from './libp2p-routing.ts'
import type { ProtocolTable } from './protocol-table.ts'
import type { RecordStore } from './record-store.ts'
import { Redialer } from './redialer.ts'
import { isLoopback } from './rules/address.ts'
import { runHandler } from './run-handler.ts'

export interface Libp2pParts extends Libp2pHostDeps {
  readonly node: WireNode
  readonly gate: Gate
  readonly table: ProtocolTable
  readonly records: RecordStore
  readonly verdicts: Readonly<Record<GossipVerdict, TopicValidatorResult>>
  readonly tools: { readonly parseMultiaddr: (text: string) => Multiaddr; readonly parsePeer: (text: string) => WirePeerId }
  readonly ByteList: typeof Uint8ArrayList
}

/** Time for an orderly end, in milliseconds. */
const stopTimeoutMs = 3_000
/** A host on a node of libp2p. */
export class Libp2pHost implements Host {
  readonly peerId: PeerId
  readonly events = createEvents<HostEvents>()
  readonly gossip: StreamGossip
  readonly routing: StreamRouting
  readonly #parts: Libp2pParts
  readonly #options: Libp2pHostOptions
  readonly #ending = new AbortController()
  readonly #rawStreams = new WeakMap<WireConnection, RawNewStream>()
  readonly #asked = new Set<PeerId>()
  readonly #wasConnected = new Set<PeerId>()
  /** Peers we hung up on: they may come back, we do not call. */
  readonly #left = new Set<PeerId>()
  readonly #redialer: Redialer
  readonly #introductions: Introductions
  readonly #keeper: Keeper

  constructor(parts: Libp2pParts, options: Libp2pHostOptions) {
    this.#parts = parts
    this.#options = options
    this.peerId = peerIdOfKey(parts.key.publicKey)
    const { node, clock } = parts
    const ending = this.#ending.signal
    this.gossip = new StreamGossip(parts, options)
    this.routing = new StreamRouting({ ...parts, ending }, options)
    const dial = (target: string, { signal }: { readonly signal: AbortSignal }): Promise<PeerId> => this.dial(target, { signal })
    this.#redialer = new Redialer({ clock, chance: parts.chance, dial }, options)
    const onMember = (): void => this.routing.onMember()
    this.#introductions = new Introductions({ ...parts, onMember, ending }, options)
    const learn = (peer: PeerId, addresses: readonly string[]): Promise<void> => this.#introductions.learn(peer, addresses)
    this.#keeper = new Keeper({ ...parts, ending, dial, learn, countConnected: () => node.getPeers().length }, options)
    node.addEventListener('self:peer:update', () => this.events.emit('addresses:changed'))
  }

  /** Listens, and dials what is known, which goes on behind. */
  async begin(): Promise<void> {
    const { node, log } = this.#parts
    await node.start()
    if (this.#options.dht === 'server') await node.services.kad.setMode('server')
    const addresses = this.addresses()
    if (addresses.length === 0) log.warn('listening nowhere: without network others are reached only by dialling them')
    else if (this.#options.mdns && addresses.every(isLoopback)) log.warn('no address but loopback: mDNS finds nobody on other machines')
    this.#keeper.begin().catch((error: unknown) => log.warn('dialling the peers of the last run failed', { why: describeError(error) }))
  }

  addresses(): readonly string[] {
    return this.#parts.node.getMultiaddrs().map(String)
  }

  connections(): readonly Connection[] {
    const rows = new Map<PeerId, Connection>()
    for (const connection of this.#parts.node.getConnections()) {
      const peer = peerOf(connection.remotePeer)
      if (peer === undefined || connection.status !== 'open') continue
      const known = rows.get(peer)
      if (known !== undefined && !known.relayed) continue
      rows.set(peer, {
        peer,
        address: connection.remoteAddr.toString(),
        direction: connection.direction,
        admitted: this.#parts.gate.isAdmitted(peer),
        relayed: !connection.direct,
        openedAt: connection.timeline.open,
        latencyMs: connection.rtt,
      })
    }
    return [...rows.values()]
  }

  async dial(target: string, { signal, again = false }: DialOptions): Promise<PeerId> {
    this.#checkOpen()
    signal.throwIfAborted()
    const { node, gate, tools } = this.#parts
    const id = parsePeerId(target)
    const peer = id ?? parseAddress(target).peer
    if (peer !== undefined && gate.standing(peer) === 'expelled') {
      throw networkFaults.create('PEER_EXPELLED', { message: `${peer} was expelled from this hive`, data: { peer } })
    }
    if (peer === this.peerId)
      throw networkFaults.create('ADDRESS_INVALID', { message: `"${target}" is this node itself`, data: { address: target } })
    const bounded = withDeadline(this.#parts.clock, this.#options.dialTimeoutMs, signal, this.#ending.signal)
    if (peer !== undefined) this.#asked.add(peer)
    try {
      const connection = await untilAborted(
        node.dial(id === undefined ? tools.parseMultiaddr(target) : tools.parsePeer(id), { signal: bounded, force: again }),
        bounded,
      )
      if (again) await this.#keepOne(connection, bounded)
      return peerOf(connection.remotePeer) ?? this.#refuse(target)
    } catch (error) {
      signal.throwIfAborted()
      this.#checkOpen()
      // of two that came about at once libp2p closes one, and says so to whoever waited for that one
      if (!again && peer !== undefined && this.#connectionsOf(peer).length > 0) return peer
      throw toUnreachable(target, error)
    } finally {
      if (peer !== undefined) this.#asked.delete(peer)
    }
  }

  admit(peer: PeerId): void {
    if (!this.#parts.gate.admit(peer)) return
    const connections = this.#connectionsOf(peer)
    if (connections.length === 0) return
    this.#redialer.connected(peer)
    this.events.emit('peer:connected', peer)
    for (const connection of connections) void this.#introductions.identify(connection, peer)
  }

  expel(peer: PeerId): void {
    const { gate, peerBook } = this.#parts
    const wasAdmitted = gate.isAdmitted(peer)
    if (!gate.expel(peer)) return
    peerBook.forget(peer)
    this.#redialer.forget(peer)
    const connections = this.#connectionsOf(peer)
    for (const connection of connections) connection.abort(new Error('expelled'))
    if (wasAdmitted && connections.length > 0) this.events.emit('peer:disconnected', peer)
  }

  readonly pardon = (peer: PeerId): void => this.#parts.gate.pardon(peer)

  async disconnect(peer: PeerId): Promise<void> {
    this.#left.add(peer)
    this.#redialer.forget(peer)
    const signal = withDeadline(this.#parts.clock, stopTimeoutMs)
    await Promise.all(this.#connectionsOf(peer).map((connection) => closeOrAbort(connection, signal)))
  }

  async open(peer: PeerId, protocol: string, options: OpenOptions): Promise<Channel> {
    this.#checkOpen()
    const { gate, table, clock, ByteList } = this.#parts
    if (!gate.isAdmitted(peer) && table.rulesOf(protocol)?.isForStrangers === false) {
      throw networkFaults.create('PEER_NOT_ADMITTED', {
        message: `${peer} is not a member, and ${protocol} is for members`,
        data: { peer, protocol },
      })
    }
    const signal = withDeadline(clock, this.#options.dialTimeoutMs, options.signal, this.#ending.signal)
    if (this.#connectionsOf(peer).length === 0) await this.dial(peer, { signal })
    const connection = this.#connectionsOf(peer).toSorted((a, b) => Number(b.direct) - Number(a.direct))[0]
    const newStream = connection === undefined ? undefined : this.#rawStreams.get(connection)
    if (newStream === undefined) throw toUnreachable(peer, undefined)
    try {
      const stream = await newStream(protocol, {
        signal,
        runOnLimitedConnection: true,
        maxOutboundStreams: this.#options.maxStreamsPerPeer,
      })
      return new StreamChannel({ stream, peer, clock, ByteList }, options)
    } catch (error) {
      options.signal.throwIfAborted()
      this.#checkOpen()
      if (error instanceof Error && error.name === 'UnsupportedProtocolError') {
        const message = `${peer} does not speak ${protocol} with us; it may run another version, or not have admitted this node`
        throw networkFaults.create('PROTOCOL_UNSUPPORTED', { message, data: { peer, protocol }, cause: error })
      }
      throw toUnreachable(peer, error)
    }
  }

  handle(protocol: string, handler: ChannelHandler, options: HandleOptions): () => void {
    const { node, table, clock, ByteList } = this.#parts
    table.add(protocol, options)
    const serve = (stream: Stream, connection: WireConnection): void => {
      const peer = peerOf(connection.remotePeer)
      if (peer === undefined) return stream.abort(new Error('not an Ed25519 peer'))
      const channel = new StreamChannel({ stream, peer, clock, ByteList }, options)
      void runHandler({ clock, signal: this.#ending.signal }, channel, handler)
    }
    const report = (error: unknown): void =>
      this.#parts.log.error('a protocol could not be served', { protocol, why: describeError(error) })
    const wire = {
      maxInboundStreams: options.maxPerPeer,
      maxOutboundStreams: this.#options.maxStreamsPerPeer,
      runOnLimitedConnection: true,
    }
    const handling = node.handle(protocol, serve, wire).catch(report)
    return () => {
      table.remove(protocol)
      if (!this.#ending.signal.aborted) void handling.then(() => node.unhandle(protocol)).catch(report)
    }
  }

  /** Whether this peer is being dialled because somebody here asked for it. */
  isAsked(peer: PeerId): boolean {
    return this.#asked.has(peer)
  }

  /** Whether anything of libp2p may dial this peer: not one expelled, and one we hung up on only when asked to. */
  mayDial(peer: PeerId): boolean {
    return this.#parts.gate.standing(peer) !== 'expelled' && (!this.#left.has(peer) || this.isAsked(peer))
  }

  /** Whether a connection of this peer may be kept, as the gate says. */
  mayConnect(peer: PeerId): boolean {
    const { gate, node } = this.#parts
    const strangers = node.getConnections().filter((connection) => !isAdmittedConnection(gate, connection))
    return gate.judgeConnection(peer, { ofPeer: this.#connectionsOf(peer).length, ofStrangers: strangers.length }) === 'accept'
  }

  onOpened(connection: WireConnection): void {
    const { gate, clock } = this.#parts
    const peer = peerOf(connection.remotePeer)
    if (peer === undefined) return connection.abort(new Error('not an Ed25519 peer'))
    this.#rawStreams.set(connection, guardConnection(connection, { gate, clock, peer }))
    // libp2p lists a connection in a later listener of the same event.
    queueMicrotask(() => this.#onListed(connection, peer))
  }

  onClosed(connection: WireConnection): void {
    const peer = peerOf(connection.remotePeer)
    if (peer === undefined) return
    queueMicrotask(() => {
      if (this.#connectionsOf(peer).length > 0 || !this.#wasConnected.delete(peer)) return
      this.#parts.gate.forget(peer)
      this.#introductions.onDisconnected(peer)
      if (!this.#parts.gate.isAdmitted(peer)) return
      if (!this.#ending.signal.aborted && !this.#left.has(peer)) this.#redialer.lost(peer)
      this.events.emit('peer:disconnected', peer)
    })
  }

  /** Somebody on the local network says that it is of this hive. */
  onNeighbour(wirePeer: WirePeerId, addresses: readonly Multiaddr[]): void {
    const peer = peerOf(wirePeer)
    if (peer === undefined || peer === this.peerId || this.#connectionsOf(peer).length > 0 || this.#ending.signal.aborted) return
    this.#introductions
      .learn(peer, addresses.map(String))
      .then(() =>
        this.#parts.node.dial(wirePeer, { signal: withDeadline(this.#parts.clock, this.#options.dialTimeoutMs, this.#ending.signal) }),
      )
      .catch((error: unknown) => this.#parts.log.debug('a neighbour could not be dialled', { peer, why: describeError(error) }))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#ending.signal.aborted) return
    this.#ending.abort(networkFaults.create('HOST_CLOSED', { message: 'this host is closing' }))
    this.#redialer[Symbol.dispose]()
    const { node, clock, log } = this.#parts
    try {
      await untilAborted(Promise.resolve(node.stop()), withDeadline(clock, stopTimeoutMs))
    } catch (error) {
      log.warn('the network did not close in order', { why: describeError(error) })
    }
  }

  #onListed(connection: WireConnection, peer: PeerId): void {
    const { gate, clock } = this.#parts
    if (connection.status !== 'open') return
    const isAdmitted = gate.isAdmitted(peer)
    // The gate was asked before the connection was listed: of two that came at once, both were let in.
    if (!this.#mayStay(peer)) return connection.abort(new Error('too many connections'))
    const isFirst = !this.#wasConnected.has(peer)
    this.#wasConnected.add(peer)
    this.#left.delete(peer)
    if (isAdmitted) {
      this.#redialer.connected(peer)
      if (isFirst) this.events.emit('peer:connected', peer)
      void this.#introductions.identify(connection, peer)
      return
    }
    clock.schedule(this.#options.strangerGraceMs, () => {
      if (!gate.isAdmitted(peer) && connection.status === 'open') connection.abort(new Error('not admitted in time'))
    })
    if (isFirst) this.events.emit('stranger:connected', peer, connection.direction)
  }

  #mayStay(peer: PeerId): boolean {
    const { gate, node } = this.#parts
    const strangers = node.getConnections().filter((connection) => !isAdmittedConnection(gate, connection))
    const ofPeer = this.#connectionsOf(peer).length - 1
    const ofStrangers = strangers.length - (gate.isAdmitted(peer) ? 0 : 1)
    return gate.judgeConnection(peer, { ofPeer, ofStrangers }) === 'accept'
  }

  /** What was dialled only to see whether the address is right goes again where the peer has another connection. */
  async #keepOne(connection: WireConnection, signal: AbortSignal): Promise<void> {
    const peer = peerOf(connection.remotePeer)
    if (peer !== undefined && this.#connectionsOf(peer).length > 1) await closeOrAbort(connection, signal)
  }

  #connectionsOf(peer: PeerId): WireConnection[] {
    return this.#parts.node.getConnections(this.#parts.tools.parsePeer(peer)).filter((connection) => connection.status === 'open')
  }

  #checkOpen(): void {
    if (this.#ending.signal.aborted) throw networkFaults.create('HOST_CLOSED', { message: 'this host is closed' })
  }

  #refuse(target: string): never {
    throw networkFaults.create('PEER_UNREACHABLE', { message: `${target} is not a node with an Ed25519 key`, data: { target } })
  }
}

function isAdmittedConnection(gate: Gate, connection: WireConnection): boolean {
  const peer = peerOf(connection.remotePeer)
  return peer !== undefined && gate.isAdmitted(peer)
}
