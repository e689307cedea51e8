import type { OwnerId, PeerId } from '../../identity/keys.ts'
import type { Cid } from '../../lib/cid.ts'
import type { Position } from '../../journal/entry.ts'
import type { Grant, MemberGrant } from '../grant.ts'
import type { ReadonlyNames } from './owned-names.ts'
import { OwnedNames } from './owned-names.ts'

/** A grant with its place: the position decides its turn, the CID names it. */
export interface PlacedGrant extends Position {
  readonly cid: Cid
  readonly grant: Grant
}

/** One owner's standing. */
export interface Standing {
  readonly grant: MemberGrant
  /** Set by a revocation, taken back by a later `member` grant: last admitted position of each of the owner's nodes. */
  readonly cuts: ReadonlyMap<PeerId, Position> | undefined
}

/** The root as it is after some grants. */
export interface RootState {
  readonly owner: OwnerId
  readonly node: PeerId
  /** The entry that handed the root on and that the new root did not accept yet. */
  readonly pending: Cid | undefined
}

/** What the grants of a hive come to. */
export interface GrantsState {
  readonly root: RootState | undefined
  /** Owners in the order of their first grant. */
  readonly standings: ReadonlyMap<OwnerId, Standing>
  /** Handles of owners who are not revoked, and of revoked ones nobody replaced. */
  readonly handles: ReadonlyNames
  /** Agent names granted singly. */
  readonly names: ReadonlyNames
  /** Node keys that are out for good: last admitted position, undefined for nothing. */
  readonly revokedNodes: ReadonlyMap<PeerId, Position | undefined>
  /** Journals that carried grants, in order, each with the position of its last grant that counted. */
  readonly segments: readonly RootSegment[]
  /** Grants in a root's turn that the rules made inert, with the reason. */
  readonly inert: readonly { readonly cid: Cid; readonly reason: InertReason }[]
}

export interface RootSegment extends Position {
  readonly owner: OwnerId
  readonly node: PeerId
}

/** Why a grant by the right node in its turn has no effect. */
export type InertReason =
  | 'handle-taken'
  | 'replaces-nobody'
  | 'agent-taken'
  | 'owner-unknown'
  | 'root-stays'
  | 'unsigned-handover'
  | 'not-in-place'

/** The state before the first grant. */
export function emptyGrantsState(root: { readonly owner: OwnerId; readonly node: PeerId } | null): GrantsState {
  return {
    root: root === null ? undefined : { ...root, pending: undefined },
    standings: new Map(),
    handles: new OwnedNames(),
    names: new OwnedNames(),
    revokedNodes: new Map(),
    segments: root === null ? [] : [{ ...root, incarnation: 0, seq: 0 }],
    inert: [],
  }
}

/** Which of two positions of one author comes first. */
export function comparePositions(one: Position, other: Position): number {
  return one.incarnation - other.incarnation || one.seq - other.seq
}
