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
import type { Admission, Interest, JournalEvents, Owners, ReplicatedJournal } from './journal.ts'
import { LocalJournal } from './local-journal.ts'
import { Quota } from './quota.ts'
import { takeRestoredMark } from './restored.ts'
import { LooseTable } from './loose-table.ts'
import type { QuotaLimits } from './rules/judge-room.ts'
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
  /** Nobody is followed or blocked without. */
  readonly interest?: Interest
}

export interface JournalOptions {
  readonly views: readonly View[]
  /** Open hives bound what they keep of others. */
  readonly policy: 'closed' | 'open'
  /** Longest body we append, in bytes; others' may have the 64 KiB of the protocol. */
  readonly maxBodyBytes: number
  /** How long a start after a restore waits for peers to say our own newest entry. */
  readonly ownHeadTimeoutMs: number
  /** Entries, and their bytes, kept of one owner in an open hive. */
  readonly maxOwnerEntries: number
  readonly maxOwnerBytes: number
  /** The same of an owner who is followed. */
  readonly maxFollowedEntries: number
  readonly maxFollowedBytes: number
  /** Kept free for each owner who is here. */
  readonly reservedOwnerEntries: number
  readonly reservedOwnerBytes: number
  /** Entries, and their bytes, kept of an open hive in all, without those of owners who are followed. */
  readonly maxOpenHiveEntries: number
  readonly maxOpenHiveBytes: number
  /** Entries without their chain, of one author and in all. */
  readonly maxLoosePerAuthor: number
  readonly maxLooseEntries: number
  readonly maxLooseBytes: number
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
  const loose = new LooseTable(hive, database, {
    maxPerAuthor: options.maxLoosePerAuthor,
    maxEntries: options.maxLooseEntries,
    maxBytes: options.maxLooseBytes,
  })
  const quota = new Quota(
    {
      node,
      owners: deps.owners ?? { ownerOf: () => undefined },
      interest: deps.interest ?? { isFollowed: () => false, isBlocked: () => false },
    },
    { isOpen: options.policy === 'open', limits: limitsOf(options) },
    entries,
  )
  const views = new ViewRunner(
    { hive, database, entries, loose, log, isEffective: (author, position) => isEffective(authors.standing(author), position) },
    options.views,
  )
  const core = new JournalCore({ hive, node, database, admission, entries, loose, authors, erasures, views, quota, events, log })
  await views.open()
  const journal = new LocalJournal({ core, key: deps.key, clock: deps.clock }, { ...options, isRestored })
  // Grants may have come in the moment before a crash; what they say about others is taken up now.
  await core.write((tx) => {
    for (const author of authors.authors()) core.judge(tx, author)
  })
  return journal
}

function limitsOf(options: JournalOptions): QuotaLimits {
  return {
    owner: { entries: options.maxOwnerEntries, bytes: options.maxOwnerBytes },
    followed: { entries: options.maxFollowedEntries, bytes: options.maxFollowedBytes },
    reserved: { entries: options.reservedOwnerEntries, bytes: options.reservedOwnerBytes },
    hive: { entries: options.maxOpenHiveEntries, bytes: options.maxOpenHiveBytes },
  }
}
