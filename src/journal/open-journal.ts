import type { SigningKey } from '../identity/keys.ts'
import { peerIdOfKey } from '../identity/keys.ts'
import type { Clock } from '../lib/clock.ts'
import { createEvents } from '../lib/events.ts'
import type { Log } from '../lib/log.ts'
import type { Database } from '../store/database.ts'
import { AuthorTable } from './author-table.ts'
import { EntryTable } from './entry-table.ts'
import type { HiveId } from './entry.ts'
import { ErasureTable } from './erasure-table.ts'
import { JournalCore } from './journal-core.ts'
import type { Admission, JournalEvents, Owners, ReplicatedJournal } from './journal.ts'
import { LocalJournal } from './local-journal.ts'
import { Quota } from './quota.ts'
import { takeRestoredMark } from './restored.ts'
import { isEffective } from './rules/standing.ts'
import type { View } from './view.ts'
import { ViewRunner } from './view-runner.ts'

export interface JournalDeps {
  readonly hive: HiveId
  /** Our node key: it signs what we append. */
  readonly key: SigningKey
  readonly database: Database
  readonly clock: Clock
  readonly admission: Admission
  readonly log: Log
  /** Needed in open hives, whose quotas are per owner. */
  readonly owners?: Owners
}

export interface JournalOptions {
  readonly views: readonly View[]
  /** Open hives bound what they keep of others. */
  readonly policy: 'closed' | 'open'
  /** Longest body we append, in bytes; others' may have the 64 KiB of the protocol. */
  readonly maxBodyBytes: number
  /** How long a start after a restore waits for peers to say our own newest entry. */
  readonly ownHeadTimeoutMs: number
  /** Bytes of entries kept of one owner in an open hive. */
  readonly maxOwnerBytes: number
  /** Bytes of entries kept of an open hive in all. */
  readonly maxOpenHiveBytes: number
}

/** Opens the journals of one hive: views are brought up to date before it resolves. The database stays the caller's. */
export async function openJournal(deps: JournalDeps, options: JournalOptions): Promise<ReplicatedJournal> {
  const { hive, database, log, admission } = deps
  const node = peerIdOfKey(deps.key.publicKey)
  const isRestored = await takeRestoredMark(database, hive)
  const events = createEvents<JournalEvents>((error) => log.error('a listener of the journal threw', { error: String(error) }))
  const entries = new EntryTable(hive, database)
  const authors = new AuthorTable(hive, database, entries)
  const erasures = new ErasureTable(hive, database, entries)
  const quota = new Quota(
    { node, owners: deps.owners ?? { ownerOf: () => undefined } },
    { isOpen: options.policy === 'open', maxOwnerBytes: options.maxOwnerBytes, maxOpenHiveBytes: options.maxOpenHiveBytes },
    entries,
  )
  const views = new ViewRunner(
    { hive, database, entries, log, isEffective: (author, position) => isEffective(authors.standing(author), position) },
    options.views,
  )
  const core = new JournalCore({ hive, node, database, admission, entries, authors, erasures, views, quota, events, log })
  await views.open()
  const journal = new LocalJournal({ core, key: deps.key, clock: deps.clock }, { ...options, isRestored })
  // Grants may have come in the moment before a crash; what they say about others is taken up now.
  await core.write((tx) => {
    for (const author of authors.authors()) core.judge(tx, author)
  })
  return journal
}
