import type { PeerId } from '../identity/keys.ts'
import type { Chance } from '../lib/chance.ts'
import type { Clock } from '../lib/clock.ts'
import type { Gate, GateOptions } from './gate.ts'
import type { Channel } from './host.ts'
import type { BackoffLimits } from './rules/backoff.ts'

/** How the network between the hosts behaves. One network is one hive. */
export interface MemoryNetworkOptions {
  /** One way, in milliseconds. */
  readonly latencyMs: number
  /** Added to each message, evenly between 0 and this. Gossip is reordered by it; channels stay in order. */
  readonly jitterMs: number
  /** Share of messages lost, 0 to 1. Gossip is gone then; a channel sends again and is late. */
  readonly loss: number
  /** Share of gossip messages that arrive twice, 0 to 1. */
  readonly duplicates: number
  /** What one host can send, in bytes a second; 0 is no cap. */
  readonly bytesPerSecond: number
  /** Neighbours to whom one host passes a gossip message on. */
  readonly gossipDegree: number
  /** A link that is cut for so long is closed on both sides, as pings would, in milliseconds. */
  readonly linkTimeoutMs: number
}

/** The part of the network's options that a host of the twin obeys. */
export interface MemoryHostOptions extends GateOptions, BackoffLimits {
  /** One dial, with its handshake, in milliseconds. */
  readonly dialTimeoutMs: number
  /** Whether it holds routing records for others. */
  readonly dht: 'server' | 'client'
}

/** What went over the network since its start. */
export interface NetworkCounters {
  readonly dials: number
  readonly links: number
  readonly messages: number
  readonly gossips: number
  readonly bytes: number
}

/** What lies between the hosts, as they see it. */
export interface World {
  readonly clock: Clock
  readonly chance: Chance
  readonly options: MemoryNetworkOptions
  readonly hosts: Map<PeerId, WorldHost>
  readonly links: Set<{ readonly review: () => void }>
  readonly counters: { -readonly [Name in keyof NetworkCounters]: number }
  /** Whether nothing gets from one to the other now. */
  readonly isBlocked: (from: PeerId, to: PeerId) => boolean
  /** Milliseconds until a message arrives; undefined when it is lost. */
  readonly transit: (from: PeerId, byteLength: number) => number | undefined
  /** As `transit`, for a channel, which sends again what was lost. */
  readonly reliableTransit: (from: PeerId, byteLength: number) => number
}

/** A host as the others see it. */
export interface WorldHost {
  readonly peerId: PeerId
  readonly world: World
  readonly clock: Clock
  readonly options: MemoryHostOptions
  readonly gate: Gate
  readonly links: Map<PeerId, WorldLink>
  readonly isClosed: boolean
  readonly gossip: WorldGossip
  readonly routing: WorldRouting
  /** Whether a connection with this peer may be opened now. */
  readonly mayConnect: (peer: PeerId) => boolean
  readonly onOpened: (link: WorldLink) => void
  readonly onClosed: (link: WorldLink) => void
  /** Answers a peer that opened a channel, over the link. */
  readonly serve: (link: WorldLink, far: WorldChannel, answer: (isServed: boolean) => void) => void
}

/** One connection between two hosts. */
export interface WorldLink {
  readonly dialer: WorldHost
  readonly openedAt: number
  readonly isOpen: boolean
  readonly channels: Set<WorldChannel>
  readonly other: (host: WorldHost) => WorldHost
  /** Calls `arrive` when the message is there; in order, and never when the link is closed before. */
  readonly send: (from: WorldHost, byteLength: number, arrive: () => void) => void
  readonly close: () => void
}

/** One end of a channel, as the other end and the link see it. */
export interface WorldChannel extends Channel {
  /** Ends this side with a reason that waiting calls reject with. */
  readonly fail: (reason: Error) => void
  readonly join: (remote: WorldChannel) => void
  readonly accept: (message: Uint8Array) => void
  readonly endReceiving: () => void
  readonly wake: () => void
  remote: WorldChannel | undefined
  /** Sent to this end and not read yet. */
  unreadBytes: number
}

/** A message on its way, the same object everywhere: a thousand hosts must not hash it a thousand times. */
export interface Rumour {
  readonly id: string
  readonly topic: string
  readonly bytes: Uint8Array
}

export interface WorldGossip {
  readonly hears: (topic: string) => boolean
  readonly hasSeen: (id: string) => boolean
  readonly expect: (id: string) => void
  readonly arrive: (from: PeerId, rumour: Rumour) => void
}

export interface WorldRouting {
  /** Where the host lies among the keys. */
  readonly place: Uint8Array
  readonly mode: () => 'server' | 'client'
  readonly hold: (name: string, provider: PeerId) => void
  readonly providersOf: (name: string) => readonly PeerId[]
}
