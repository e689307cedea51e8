import type { Chance } from '../lib/chance.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import type { Host } from '../network/host.ts'
import { Gossiper } from './gossiper.ts'
import type { ReplicatedJournal } from './journal.ts'
import { Links } from './links.ts'
import type { GossipNews } from './protocol.ts'
import { parseNews } from './protocol.ts'
import { Replicator } from './replicator.ts'

export interface ReplicationDeps {
  readonly journal: ReplicatedJournal
  readonly host: Host
  readonly clock: Clock
  readonly chance: Chance
  readonly log: Log
  /** How gossip is read; another than the plain reader where one process simulates many nodes and need not read all of it in each. */
  readonly parseNews?: (bytes: Uint8Array) => GossipNews | undefined
}

export interface ReplicationOptions {
  /** Entries in one message at most. */
  readonly batchEntries: number
  /** Length of one message at most, in bytes; one entry and its excuses may come on top. */
  readonly batchBytes: number
  /** How often heads are compared again with a connected peer, in milliseconds. */
  readonly headsIntervalMs: number
  /** A question unanswered for so long goes to another peer, in milliseconds. */
  readonly stallTimeoutMs: number
  /** Wrong batches or messages of one peer after which it is dropped. */
  readonly maxInvalidBatches: number
  /** Own entries told one by one, per second. */
  readonly gossipPerSecond: number
}

export interface Replication extends AsyncDisposable {
  /** Compares heads with every connected peer now instead of at the next interval. */
  readonly compareNow: () => void
  readonly status: () => ReplicationStatus
}

export interface ReplicationStatus {
  /** Peers with an open channel. */
  readonly peers: number
  /** Incarnations of which somebody offered more than we have. */
  readonly wanted: number
  /** Wrong batches and messages since start. */
  readonly invalid: number
  /** Peers not listened to any more. */
  readonly dropped: number
}

/** Keeps the journals of a hive equal among its connected members, until it is disposed. @see docs/protocols/journal.md */
export function openReplication(deps: ReplicationDeps, options: ReplicationOptions): Replication {
  const replicator = new Replicator(deps, options)
  const gossiper = new Gossiper({ parseNews, ...deps, replicator }, options)
  const links = new Links({ ...deps, replicator }, options)
  return {
    compareNow: () => replicator.compareAll(),
    status: () => ({ ...replicator.status(), peers: links.count() }),
    [Symbol.asyncDispose]: async () => {
      gossiper.close()
      replicator.close()
      await links.close()
    },
  }
}
