import type { Cid } from '../lib/cid.ts'
import type { PeerId } from '../identity/keys.ts'

/** The name of a hive: the CID of its genesis. */
export type HiveId = Cid & { readonly __hive: true }

/** Where an entry stands: one author has one sequence per incarnation, starting at 1, without gaps. */
export interface Position {
  readonly incarnation: number
  readonly seq: number
}

/** What is signed. On the wire a dag-cbor map with these keys; `hive`, `prev` and `bodyCid` are links. */
export interface EntryHeader extends Position {
  readonly v: 1
  readonly hive: HiveId
  readonly node: PeerId
  /** The entry before this one; null for the first of an incarnation. */
  readonly prev: Cid | null
  /** What the body is, `release`, `grant`, …: 1–64 of `[a-z0-9.-]`. Unknown kinds are stored and inert. */
  readonly kind: string
  /** The author's wall time in milliseconds, strictly increasing within a journal. Never compared between authors for anything that matters. */
  readonly at: number
  readonly bodyCid: Cid
  readonly bodySize: number
}

/** One verified, signed fact. */
export interface Entry {
  /** CID of the header's bytes. */
  readonly cid: Cid
  readonly header: EntryHeader
  readonly headerBytes: Uint8Array
  /** Ed25519 over `althing-entry-v1` and the header's bytes. */
  readonly signature: Uint8Array
  /** Canonical dag-cbor, at most 64 KiB; undefined when its author erased it. */
  readonly bodyBytes: Uint8Array | undefined
}

/** The newest entry of one incarnation of one author, as far as somebody has it. */
export interface Head extends Position {
  readonly node: PeerId
  readonly cid: Cid
}
