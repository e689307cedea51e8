import type { PeerId } from '../identity/keys.ts'
import type { Cid } from '../lib/cid.ts'
import type { Events } from '../lib/events.ts'
import type { Transaction } from '../store/database.ts'
import type { Entry, Head, HiveId, Position } from './entry.ts'

/** What the journal asks of the hive: whose entries are taken. */
export interface Admission {
  /** Admitted without end, admitted up to a position (revoked there; undefined position: nothing), or unknown. */
  readonly judge: (node: PeerId) => AdmissionVerdict
  /**
   * Judges an author nobody here knew by the first entry of its journal (incarnation 1, seq 1, kind `certificate`),
   * whose signature and body are checked already. `unknown` means: not stored, asked again when membership changes.
   */
  readonly introduce: (entry: Entry) => AdmissionVerdict
}

/** Who stands behind a node, for the quotas of an open hive. */
export interface Owners {
  /** Any name that is the same for all nodes of one owner. */
  readonly ownerOf: (node: PeerId) => string | undefined
}

/** Whose journals the person of this node wants more, or not at all; it counts in open hives. */
export interface Interest {
  readonly isFollowed: (owner: string) => boolean
  readonly isBlocked: (owner: string) => boolean
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
  /**
   * Takes entries from a peer: verifies, stores what follows on what is here, updates views. Never throws for what the
   * entries say. Entries of one author and incarnation that stand together are one run, proven by its last signature.
   */
  readonly receive: (entries: readonly Entry[], from: PeerId, evidence?: readonly Entry[]) => Promise<readonly RunReport[]>
  /**
   * Takes signed entries without those before them, as another member found them. Each author must be known, or be introduced by the
   * first entry of its journal in `introductions`. Returns those that are here now; the oldest of others go to make room.
   */
  readonly receiveLoose: (entries: readonly Entry[], introductions: readonly Entry[]) => Promise<readonly Entry[]>
  /** Erases the body of one of our own entries here and, by a record, everywhere. @throws Fault ENTRY_MISSING, ENTRY_NOT_OURS */
  readonly erase: (cid: Cid) => Promise<void>
  /** Says that the verdict about an author changed: views are rebuilt where they must be. */
  readonly rejudge: (node: PeerId) => Promise<void>
  readonly status: () => JournalStatus
}

/** What became of one run of received entries. */
export interface RunReport extends Position {
  readonly node: PeerId
  /**
   * `stored` and `known`: all well. `gap`: entries before `seq` are lacking. `forked`: another entry stands at `seq`.
   * `diverged`: the fork lies before `seq`. `unknown`, `cut`, `full`: the author is not admitted, not that far, or over
   * its quota. `invalid`: the peer sent what no honest peer sends.
   */
  readonly verdict: 'stored' | 'known' | 'gap' | 'forked' | 'diverged' | 'unknown' | 'cut' | 'full' | 'invalid'
  /** Entries that were new. */
  readonly stored: number
}

/** Two signed entries of one author at one position. Anybody can check it. */
export interface ForkProof {
  readonly first: Entry
  readonly second: Entry
}

/** What became of a proof: it told something, or not; `stranger`: its author has no journal here; `nothing`: it proves nothing. */
export type ForkVerdict = 'new' | 'known' | 'stranger' | 'nothing'

/** What replication needs of a journal beyond what features need. */
export interface ReplicatedJournal extends Journal {
  /** Says that other owners are followed or blocked now: journals of who is blocked go, and room is counted again. */
  readonly reconsider: () => Promise<void>
  /** Builds the views of some kinds anew, after what they leave out changed. */
  readonly rebuildViews: (kinds: readonly string[]) => Promise<void>
  /** The last entry of an incarnation worth asking for: a later incarnation or a fork may cut it. */
  readonly lastWanted: (node: PeerId, incarnation: number) => number
  /** Whether the last entries before a head are worth asking for though there is no room for all before them. Said once for each head. */
  readonly wantsNewest: (head: Head) => boolean
  /** The newest entry we hold of an incarnation. */
  readonly headOf: (node: PeerId, incarnation: number) => Head | undefined
  /** The heads of one author without what a cut, a fork or a revocation takes off: the same wherever the journal is whole. */
  readonly lineHeads: (node: PeerId) => readonly Head[]
  /** Whether an author nobody introduced was refused lately; asked again after `rejudge`. */
  readonly isRefused: (node: PeerId) => boolean
  /** Entries of a range that end with a valid signature, within the limits, and the erase records that excuse missing bodies. */
  readonly serve: (range: EntryRange, limits: ServeLimits) => ServedRange
  /** A peer told what it has of our own journal (undefined: nothing). False when that entry of ours is not here. */
  readonly peerKnowsOurHead: (head: Head | undefined) => boolean
  /** Takes a proof from a peer. */
  readonly receiveFork: (proof: ForkProof) => Promise<ForkVerdict>
  readonly forks: () => readonly ForkProof[]
  /** Adds to the wire bytes in `status`. */
  readonly countTraffic: (sentBytes: number, receivedBytes: number) => void
}

export interface EntryRange {
  readonly node: PeerId
  readonly incarnation: number
  readonly from: number
  readonly to: number
}

export interface ServeLimits {
  readonly maxEntries: number
  readonly maxBytes: number
}

export interface ServedRange {
  readonly entries: readonly Entry[]
  readonly evidence: readonly Entry[]
}

export interface AppendOptions {
  readonly within?: (tx: Transaction, entry: Entry) => void
}

export interface JournalEvents {
  /** After the commit. */
  readonly 'entry:added': readonly [entry: Entry, origin: 'own' | 'peer']
  readonly 'fork:seen': readonly [node: PeerId, position: Position, proof: ForkProof]
  /** The hive's word about an author may have changed. */
  readonly 'author:judged': readonly [node: PeerId]
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
