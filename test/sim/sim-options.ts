import type { JournalOptions } from '../../src/journal/open-journal.ts'
import type { ReplicationOptions } from '../../src/journal/replication.ts'
import type { MemoryHostOptions } from '../../src/network/memory-contract.ts'

/** How simulated hosts are tuned. */
export const simHostOptions: MemoryHostOptions = {
  strangerGraceMs: 10_000,
  maxStrangers: 4_096,
  maxConnectionsPerPeer: 4,
  maxStreamsPerPeer: 128,
  gossipMessagesPerSecond: 2_000,
  maxGossipBytes: 98_304,
  dialTimeoutMs: 10_000,
  dht: 'client',
  redialBaseMs: 1_000,
  redialMaxMs: 15_000,
}

export const simJournalOptions: Omit<JournalOptions, 'views'> = {
  policy: 'closed',
  maxBodyBytes: 65_536,
  ownHeadTimeoutMs: 3_000,
  maxOwnerEntries: 0,
  maxOwnerBytes: 0,
  maxFollowedEntries: 0,
  maxFollowedBytes: 0,
  reservedOwnerEntries: 0,
  reservedOwnerBytes: 0,
  maxOpenHiveEntries: 0,
  maxOpenHiveBytes: 0,
  maxLoosePerAuthor: 0,
  maxLooseEntries: 0,
  maxLooseBytes: 0,
}

export const simReplicationOptions: ReplicationOptions = {
  batchEntries: 512,
  batchBytes: 1_048_576,
  headsIntervalMs: 30_000,
  stallTimeoutMs: 20_000,
  maxInvalidBatches: 3,
  gossipPerSecond: 50,
}
