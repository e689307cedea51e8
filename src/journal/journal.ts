import type { PeerId } from '../identity/keys.ts'
import type { Cid } from '../lib/cid.ts'
import type { Events } from '../lib/events.ts'
import type { Transaction } from '../store/database.ts'
import type { Entry, Head, HiveId, Position } from './entry.ts'

/** What the journal asks of the hive: whose entries are taken. */
export interface Admission {
  /** Admitted without end, admitted up to a position (revoked there; undefined position: nothing), or unknown. */
  readonly judge: (node: PeerId) => AdmissionVerdict
}

export type AdmissionVerdict =
  | { readonly verdict: 'admitted' }
  | { readonly verdict: 'cut'; readonly after: Position | undefined }
  | { readonly verdict: 'unknown' }

/** The journals of one hive: ours, which we append to, and copies of everybody else's. */
export interface Journal extends AsyncDisposable {
  readonly hive: HiveId
  readonly node: PeerId
  readonly events: Events<JournalEvents>
  /**
   * Appends to our own journal; views are updated in the same transaction. Resolves when it is on disk.
   *
   * `within` runs in that transaction, after the views. @throws Fault ENTRY_TOO_LARGE
   */
  readonly append: (kind: string, body: unknown, options?: AppendOptions) => Promise<Entry>
  readonly heads: () => readonly Head[]
  readonly find: (cid: Cid) => Entry | undefined
  /** Entries of one author and incarnation, `from` to `to` inclusive, in order. */
  readonly range: (node: PeerId, incarnation: number, from: number, to: number) => Iterable<Entry>
  /** Erases the body of one of our own entries here and, by a record, everywhere. */
  readonly erase: (cid: Cid) => Promise<void>
  /** Says that the verdict about an author changed: views are rebuilt where they must be. */
  readonly rejudge: (node: PeerId) => Promise<void>
  readonly status: () => JournalStatus
}

export interface AppendOptions {
  readonly within?: (tx: Transaction, entry: Entry) => void
}

export interface JournalEvents {
  /** After the commit. */
  readonly 'entry:added': readonly [entry: Entry, origin: 'own' | 'peer']
  readonly 'fork:seen': readonly [node: PeerId, position: Position]
  readonly 'incarnation:opened': readonly [incarnation: number]
}

export interface JournalStatus {
  readonly entries: number
  readonly authors: number
  readonly bytes: number
  /** Authors whose journal has an unfilled gap or a proven fork. */
  readonly troubled: readonly { readonly node: PeerId; readonly trouble: 'gap' | 'fork' }[]
  readonly quarantinedViews: readonly { readonly name: string; readonly fault: string }[]
  /** Wire bytes of replication since start. */
  readonly bytesSent: number
  readonly bytesReceived: number
}
