import type { PeerId } from '../identity/keys.ts'
import type { HiveId } from '../journal/entry.ts'
import type { Cid } from '../lib/cid.ts'
import type { Transaction } from '../store/database.ts'

/** Immutable bytes by name, on our own disk. One for all hives of a node; what may be served where is a matter of references. */
export interface ContentStore {
  /** Chunks, hashes and stores a stream; resolves after fsync. Up to 1 MiB is one raw block, more a dag-cbor list of 1 MiB chunks. @throws Fault DISK_FULL, QUOTA_EXCEEDED, CONTENT_MISMATCH */
  readonly add: (source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>, options: AddOptions) => Promise<ContentSize>
  /** Like `add`, but short content is durable only with the `Database.write` that follows: for who records it next. */
  readonly addSoon: ContentStore['add']
  /** Size and presence, without reading the bytes. */
  readonly stat: (cid: Cid) => ContentStat | undefined
  /** Verified bytes, block by block. @throws Fault CONTENT_MISSING, BLOCK_CORRUPT (the bad block is set aside and may be fetched again) */
  readonly read: (cid: Cid, options: ReadOptions) => AsyncIterable<Uint8Array>
  /** Keeps content, and lets members of the hive ask for it. Part of the transaction that stores the record. */
  readonly reference: (tx: Transaction, reference: Reference) => void
  readonly dereference: (tx: Transaction, reference: Omit<Reference, 'until'>) => void
}

export interface ContentSize {
  readonly cid: Cid
  readonly size: number
}

export interface ContentStat extends ContentSize {
  readonly isWhole: boolean
  readonly presentBytes: number
}

export interface AddOptions {
  readonly signal: AbortSignal
  /** What it must be named; of anything else, and of what breaks off, nothing is kept. */
  readonly expected?: Cid
}

export interface ReadOptions {
  readonly signal: AbortSignal
  readonly start?: number
  /** Exclusive. */
  readonly end?: number
}

/** Why content is kept in a hive. */
export interface Reference {
  readonly hive: HiveId
  readonly cid: Cid
  readonly reason: 'entry' | 'pin' | 'lease' | 'replica'
  /** The entry's CID, or who set the pin or the lease. */
  readonly source: string
  /** Monotonic leases end; a wall time in milliseconds, only ever used to keep longer. */
  readonly until?: number
}

/** Bytes to and from the members of one hive. */
export interface Exchange extends AsyncDisposable {
  /**
   * Makes content whole on our disk, from as many members as have it: connected members are asked first, then the DHT.
   *
   * Chunks that are here stay; an interrupted fetch goes on where it was. @throws Fault CONTENT_UNAVAILABLE with who was asked and what they said
   */
  readonly fetch: (cid: Cid, options: FetchOptions) => Promise<FetchReport>
  /** Members that hold the content whole, by asking the connected ones and, if `deep`, the DHT. */
  readonly findHolders: (cid: Cid, options: { readonly signal: AbortSignal; readonly deep: boolean }) => Promise<readonly PeerId[]>
  /** Says in the DHT that we hold this. */
  readonly announce: (cid: Cid, options: { readonly signal: AbortSignal }) => Promise<void>
  /** Asks members to keep a copy; resolves when `copies` of them signed for the bytes, or at the signal with those that did. */
  readonly replicate: (cid: Cid, options: { readonly copies: number; readonly signal: AbortSignal }) => Promise<readonly PeerId[]>
}

export interface FetchOptions {
  readonly signal: AbortSignal
  /** More is refused before it is asked for. */
  readonly maxBytes: number
  readonly onProgress?: (progress: { readonly receivedBytes: number; readonly totalBytes: number; readonly providers: number }) => void
}

export interface FetchReport extends ContentSize {
  /** Who gave how much. Empty when all was here. */
  readonly providers: readonly { readonly peer: PeerId; readonly bytes: number }[]
  /** The content itself where it came now and is one block: hashed when it came, so that it need not be read back from the disk. */
  readonly bytes?: Uint8Array
  /** Who gave wrong bytes and is no longer asked. */
  readonly liars: readonly PeerId[]
}
