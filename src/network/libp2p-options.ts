import type { SigningKey } from '../identity/keys.ts'
import type { Chance } from '../lib/chance.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import type { GateOptions } from './gate.ts'
import type { PeerBook } from './peer-book.ts'
import type { BackoffLimits } from './rules/backoff.ts'

export interface Libp2pHostDeps {
  /** The node key: its peer id is the node's name. */
  readonly key: SigningKey
  readonly clock: Clock
  readonly chance: Chance
  readonly log: Log
  readonly peerBook: PeerBook
}

/** The group `network` of the configuration, and the hive. */
export interface Libp2pHostOptions extends GateOptions, BackoffLimits {
  /** The hive's id; its first 16 characters are in every name on the wire. */
  readonly hive: string
  /** What peers are told of the software, `althing/0.1.0`. */
  readonly agent: string
  /** Multiaddrs to listen on. */
  readonly listen: readonly string[]
  /** Multiaddrs to tell instead; empty: those listened on. */
  readonly announce: readonly string[]
  /** Multiaddrs to dial at the start and whenever nobody is connected. */
  readonly bootstrap: readonly string[]
  readonly mdns: boolean
  readonly dht: 'server' | 'client'
  readonly relay: boolean
  /** One dial, with its handshake, in milliseconds. */
  readonly dialTimeoutMs: number
  /** The handshake of one who dials us, in milliseconds. */
  readonly handshakeTimeoutMs: number
  /** One DHT operation, in milliseconds. */
  readonly lookupTimeoutMs: number
}

/** The names of a hive on the wire. @see docs/protocols/network.md */
export function namesOf(hive: string): { readonly kad: string; readonly mdns: string } {
  const short = hive.slice(0, 16)
  return { kad: `/althing/${short}/kad/1.0.0`, mdns: `_${short}._sub._althing._udp.local` }
}
