import type { PeerId } from '../identity/keys.ts'
import type { Cid } from '../lib/cid.ts'
import type { Transaction } from '../store/database.ts'
import type { HiveId, Position } from './entry.ts'

/** An entry as a view sees it: verified, its author admitted, its body decoded. */
export interface ViewedEntry extends Position {
  readonly hive: HiveId
  readonly node: PeerId
  readonly cid: Cid
  readonly kind: string
  readonly at: number
  /** Decoded dag-cbor from a peer: parse it before use, and ignore what does not parse. */
  readonly body: unknown
}

/**
 * Tables derived from entries, which can be dropped and rebuilt.
 *
 * Entries of one author come in order; between authors any order may come and must give the same tables. An entry of
 * an author that turns out not to be admitted past some position is taken back by a rebuild.
 */
export interface View {
  /** Also the name of its row in the `view` table. */
  readonly name: string
  /** Raised whenever `apply` changes its mind; the view is then rebuilt at start. */
  readonly version: number
  readonly kinds: readonly string[]
  /** Updates the tables, in the transaction that stores the entry. A throw quarantines the view (it says so in status) and nothing else. */
  readonly apply: (tx: Transaction, entry: ViewedEntry) => void
  /**
   * Takes back one entry that `apply` was given, as if it had never come. A view with it may be given entries without those before
   * them, of the kinds in `looseKinds`; the entry it takes back may be among them.
   */
  readonly withdraw?: (tx: Transaction, entry: ViewedEntry) => void
  /** Kinds of entries that mean the same without the author's earlier ones. */
  readonly looseKinds?: readonly string[]
  /** Empties the tables for one hive. */
  readonly reset: (tx: Transaction, hive: HiveId) => void
}
