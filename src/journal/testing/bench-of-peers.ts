import { openSigningKey, peerIdOfKey } from '../../identity/keys.ts'
import type { PeerId, SigningKey } from '../../identity/keys.ts'
import { encodeText } from '../../lib/bytes.ts'
import type { Cid } from '../../lib/cid.ts'
import { createCid, dagCborCodec, hashBytes } from '../../lib/cid.ts'
import type { Clock } from '../../lib/clock.ts'
import { createVirtualClock } from '../../lib/virtual-clock.ts'
import { silentLog } from '../../lib/log.ts'
import type { Database } from '../../store/database.ts'
import { openDatabase } from '../../store/database.ts'
import { formatBody, signEntry } from '../codec.ts'
import type { Entry, HiveId } from '../entry.ts'
import type { Admission, Interest, ReplicatedJournal } from '../journal.ts'
import type { JournalOptions } from '../open-journal.ts'
import { openJournal } from '../open-journal.ts'
import type { View } from '../view.ts'

/** The hive of the tests. */
export const testHive = createCid(dagCborCodec, encodeText('a hive for tests')) as HiveId

/** The key of a peer with a name: the same on every run. */
export function keyOf(name: string): SigningKey {
  return openSigningKey(hashBytes(encodeText(`key of ${name}`)))
}

export function nodeOf(name: string): PeerId {
  return peerIdOfKey(keyOf(name).publicKey)
}

/** A hive that takes everybody. */
export const admitAll: Admission = { judge: () => ({ verdict: 'admitted' }), introduce: () => ({ verdict: 'admitted' }) }

/** A view that keeps the notes of everybody: one row per entry of kind `note`. */
export const noteView: View = {
  name: 'notes',
  version: 1,
  kinds: ['note'],
  apply: (tx, entry) => {
    tx.run('create table if not exists test_note (hive text, cid text primary key, node text, text text) strict')
    const text = typeof entry.body === 'object' && entry.body !== null && 'text' in entry.body ? String(entry.body.text) : ''
    tx.run('insert into test_note (hive, cid, node, text) values (?, ?, ?, ?)', entry.hive, entry.cid, entry.node, text)
  },
  reset: (tx, hive) => {
    tx.run('create table if not exists test_note (hive text, cid text primary key, node text, text text) strict')
    tx.run('delete from test_note where hive = ?', hive)
  },
}

/** What the view of notes says, sorted: the same wherever views converged. */
export function notesOf(database: Database): readonly string[] {
  return database
    .all<{ readonly node: string; readonly text: string }>('select node, text from test_note order by node, text')
    .map((row) => `${row.node.slice(-4)} ${row.text}`)
}

export const testOptions: JournalOptions = {
  views: [noteView],
  policy: 'closed',
  maxBodyBytes: 65_536,
  ownHeadTimeoutMs: 3_000,
  maxOwnerEntries: 100_000,
  maxOwnerBytes: 67_108_864,
  maxFollowedEntries: 1_000_000,
  maxFollowedBytes: 1_073_741_824,
  reservedOwnerEntries: 0,
  reservedOwnerBytes: 0,
  maxOpenHiveEntries: 1_000_000,
  maxOpenHiveBytes: 2_147_483_648,
  maxLoosePerAuthor: 64,
  maxLooseEntries: 20_000,
  maxLooseBytes: 67_108_864,
}

export interface TestPeer {
  readonly key: SigningKey
  readonly node: PeerId
  readonly database: Database
  readonly journal: ReplicatedJournal
}

export interface TestPeerOptions extends Partial<JournalOptions> {
  readonly clock?: Clock
  readonly database?: Database
  readonly admission?: Admission
  readonly owners?: { readonly ownerOf: (node: PeerId) => string | undefined }
  readonly interest?: Interest
}

/** A journal over a database in memory, or the one given. */
export async function openPeer(name: string, options: TestPeerOptions = {}): Promise<TestPeer> {
  const { clock, database: given, admission, owners, interest, ...rest } = options
  const key = keyOf(name)
  const database = given ?? openDatabase({ path: ':memory:' })
  const journal = await openJournal(
    {
      hive: testHive,
      key,
      database,
      clock: clock ?? createVirtualClock({ startsAt: 1_760_000_000_000 }),
      admission: admission ?? admitAll,
      log: silentLog,
      ...(owners === undefined ? {} : { owners }),
      ...(interest === undefined ? {} : { interest }),
    },
    { ...testOptions, ...rest },
  )
  return { key, node: journal.node, database, journal }
}

export interface ChainOptions {
  readonly incarnation?: number
  readonly prev?: Entry
  readonly kind?: string
  readonly hive?: HiveId
}

/** Signed entries of kind `note` that follow on each other, made without a journal. */
export function signChain(name: string, texts: readonly string[], options: ChainOptions = {}): readonly Entry[] {
  const key = keyOf(name)
  const entries: Entry[] = []
  let prev: Entry | undefined = options.prev
  for (const text of texts) {
    const body = formatBody({ text })
    const seq = (prev?.header.seq ?? 0) + 1
    const previous: Cid | null = prev?.cid ?? null
    const entry = signEntry(
      key,
      {
        hive: options.hive ?? testHive,
        incarnation: options.incarnation ?? 1,
        seq,
        prev: previous,
        kind: options.kind ?? 'note',
        at: 1_760_000_000_000 + seq,
        bodyCid: body.cid,
        bodySize: body.bytes.byteLength,
      },
      body.bytes,
    )
    entries.push(entry)
    prev = entry
  }
  return entries
}
