import type { PeerId } from '../identity/keys.ts'
import type { Cid } from '../lib/cid.ts'

/** What is known of keys for sealed content, and of what is sealed. */
export interface SealStatus {
  /** Of this node's key; null while it said none here. */
  readonly epoch: number | null
  /** Nodes of members with a key, ours counted. */
  readonly keys: number
  /** Age of the oldest of these keys, in milliseconds by the wall times of their nodes; null without any. */
  readonly oldestMs: number | null
  /** Nodes of members without a key. */
  readonly unreachable: number
  /** Resources whose newest version is sealed. */
  readonly sealed: number
  /** Those sealed to other keys than they would be now. */
  readonly outdated: number
}

/** Content that has fewer copies than it should. */
export interface ScarceCopy {
  readonly cid: Cid
  /** In bytes. */
  readonly size: number
  readonly wanted: number
  /** Who has it, as they signed. */
  readonly holders: readonly PeerId[]
}

/** Copies of what this node looks after. */
export interface CopyStatus {
  /** Copies there should be: the knob, or as many as there are members about. */
  readonly target: number
  /** Members about, this node counted. */
  readonly members: number
  /** Pieces of content with too few, and some of them. */
  readonly below: number
  readonly scarce: readonly ScarceCopy[]
  /** Whether this node is still going through what there is. */
  readonly isChecking: boolean
}

/** What the resolver did since it was opened. */
export interface ResolverFigures {
  /** Questions that went out to members. */
  readonly asked: number
  /** Addresses answered out of memory, and those that members told. */
  readonly cached: number
  readonly told: number
  /** Addresses that nobody knew. */
  readonly missed: number
  /** Answers that were none: unsigned, another's, or not what was asked for. */
  readonly refused: number
  /** Answers remembered now. */
  readonly remembered: number
}

export interface ContextStatus {
  readonly resources: number
  readonly versions: number
  /** Resources whose newest version is a deletion. */
  readonly deleted: number
  /** Numbers that two nodes gave to different versions. @see docs/decisions/0005-one-writer-per-name.md */
  readonly contested: number
  readonly sessions: number
  /** Agent names this node may write as. */
  readonly agents: readonly string[]
  readonly seals: SealStatus
  /** Undefined where no host is open, or the node goes away when the call is done. */
  readonly copies: CopyStatus | undefined
  /** Resources that this node announces, and announcements it knows. */
  readonly announced: { readonly own: number; readonly known: number }
  /** Undefined where no host is open. */
  readonly resolver: ResolverFigures | undefined
}
