import type { Events } from '../lib/events.ts'
import type { PeerId } from '../identity/keys.ts'

/**
 * What a hive needs from the network. One host per hive; `libp2p.ts` and `memory.ts` implement it and pass one suite.
 *
 * Everybody is a stranger until the hive calls `admit`: a stranger may open and be sent only protocols handled with
 * `strangers: true`, hears no gossip, is asked nothing, and is cut after `strangerGraceMs`.
 */
export interface Host extends AsyncDisposable {
  readonly peerId: PeerId
  readonly events: Events<HostEvents>
  /** Multiaddrs others can dial, each ending in `/p2p/<peer id>`. */
  readonly addresses: () => readonly string[]
  /** Open connections, strangers included; one row per peer. */
  readonly connections: () => readonly Connection[]
  /** Connects to a multiaddr, or to a peer id whose addresses are known. Resolves when the handshake is done. @throws Fault PEER_UNREACHABLE with `why` */
  readonly dial: (target: string, options: DialOptions) => Promise<PeerId>
  /** Lets the peer take part. Idempotent; holds for later connections of this run too. */
  readonly admit: (peer: PeerId) => void
  /** Takes that back, cuts the peer, and refuses its handshake from now on. */
  readonly expel: (peer: PeerId) => void
  /** Lets an expelled peer come again as a stranger, so that it can be told why it was cut. */
  readonly pardon: (peer: PeerId) => void
  readonly disconnect: (peer: PeerId) => Promise<void>
  /** Opens a framed channel. @throws Fault PEER_UNREACHABLE, PROTOCOL_UNSUPPORTED, or the signal's reason */
  readonly open: (peer: PeerId, protocol: string, options: OpenOptions) => Promise<Channel>
  /** Serves a protocol until the returned function is called. The handler owns the channel; when it returns or throws, the channel is closed or aborted. */
  readonly handle: (protocol: string, handler: ChannelHandler, options: HandleOptions) => () => void
  readonly gossip: Gossip
  readonly routing: Routing
}

export interface DialOptions {
  readonly signal: AbortSignal
  /** Dials the address itself also when its peer is connected at another one. */
  readonly again?: boolean
}

export interface HostEvents {
  /** A handshake is done with a peer not admitted yet. `outbound` when we dialled. */
  readonly 'stranger:connected': readonly [peer: PeerId, direction: 'inbound' | 'outbound']
  /** An admitted peer is connected (now, or just admitted). */
  readonly 'peer:connected': readonly [peer: PeerId]
  readonly 'peer:disconnected': readonly [peer: PeerId]
  readonly 'addresses:changed': readonly []
}

export interface Connection {
  readonly peer: PeerId
  readonly address: string
  readonly direction: 'inbound' | 'outbound'
  readonly admitted: boolean
  readonly relayed: boolean
  /** Wall time. */
  readonly openedAt: number
  /** Last measured round trip, in milliseconds. */
  readonly latencyMs: number | undefined
}

/** A two-way sequence of messages with back-pressure. Frames on the wire: unsigned varint length, then bytes. */
export interface Channel {
  readonly peer: PeerId
  readonly protocol: string
  /** Resolves when the transport takes more. Parts are sent as one message without being joined. @throws when the channel is gone */
  readonly send: (...parts: readonly Uint8Array[]) => Promise<void>
  /** The next message; undefined after the peer closed its side. @throws when the channel is gone, or the message is over `maxMessageBytes` */
  readonly receive: (options?: { readonly signal?: AbortSignal }) => Promise<Uint8Array | undefined>
  /** Lets a received message's memory be used for another. Whoever calls it reads the message no more; for bulk, where it saves most of the garbage. */
  readonly giveBack?: (message: Uint8Array) => void
  /** Says that nothing more will be sent, and lets go after the peer did the same. */
  readonly close: () => Promise<void>
  readonly abort: (reason: Error) => void
}

export interface OpenOptions {
  readonly signal: AbortSignal
  /** Longest message received; a longer one aborts the channel before it is buffered. */
  readonly maxMessageBytes: number
}

export interface HandleOptions {
  readonly maxMessageBytes: number
  /** Inbound channels of this protocol that one peer may have open at once. */
  readonly maxPerPeer: number
  /** Whether peers not admitted may speak it. Only the join protocol says true. */
  readonly strangers?: boolean
}

export type ChannelHandler = (channel: Channel, options: { readonly signal: AbortSignal }) => Promise<void>

/** Small signed messages to everybody. May be lost, doubled and reordered. */
export interface Gossip {
  /** Bytes at most 64 KiB. Resolves with how many peers it was handed to; 0 is no failure. */
  readonly publish: (topic: string, bytes: Uint8Array) => Promise<number>
  /** `listen` judges each message: `reject` counts against the peer who forwarded it. */
  readonly subscribe: (topic: string, listen: (message: GossipMessage) => GossipVerdict | Promise<GossipVerdict>) => () => void
  /** Peers known to listen on a topic. */
  readonly listeners: (topic: string) => readonly PeerId[]
}

export interface GossipMessage {
  /** Who forwarded it to us; authors sign inside the bytes. */
  readonly from: PeerId
  readonly bytes: Uint8Array
}

export type GossipVerdict = 'accept' | 'ignore' | 'reject'

/** Kademlia over this hive's members. Never needed alone: members are asked first. */
export interface Routing {
  readonly mode: () => 'server' | 'client'
  /** Records held for the hive. */
  readonly recordCount: () => number
  /** Says that we have what `key` (32 bytes) names; kept up until `unprovide`. */
  readonly provide: (key: Uint8Array, options: { readonly signal: AbortSignal }) => Promise<void>
  readonly unprovide: (key: Uint8Array) => void
  /** Providers as they are found. Ends at the signal, or when the lookup is through. Bounded; dead and private addresses cost a capped number of dials. */
  readonly findProviders: (key: Uint8Array, options: { readonly signal: AbortSignal; readonly limit: number }) => AsyncIterable<PeerId>
}
