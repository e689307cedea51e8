import type { OwnerId, PeerId } from '../identity/keys.ts'
import type { Admission } from '../journal/journal.ts'
import type { HiveId } from '../journal/entry.ts'

/** What the grants of one hive say, derived from its root's journal. */
export interface Membership extends Admission {
  readonly hive: HiveId
  readonly policy: 'closed' | 'open'
  readonly members: () => readonly Member[]
  /** The owner behind a node, when its certificate is known and the owner is a member. */
  readonly ownerOf: (node: PeerId) => OwnerId | undefined
  readonly handleOf: (owner: OwnerId) => string | undefined
  /** By handle (without `@`), or by owner id. */
  readonly findOwner: (handle: string) => OwnerId | undefined
  /** Whether a node may write as an agent name: its certificate lists it, and the name is its owner's. */
  readonly mayWriteAs: (node: PeerId, agent: string) => boolean
  /** Whether an agent name is or ever was an owner's. */
  readonly hasOwned: (owner: OwnerId, agent: string) => boolean
}

/** From most to least trusted. */
export type Level = 'master' | 'decision' | 'coordination' | 'suggestion' | 'read_only'

export interface Member {
  readonly owner: OwnerId
  readonly handle: string
  readonly level: Level
  readonly roles: readonly string[]
  /** Directory globs as granted, else those of the roles; a leading `!` denies and beats every allow. */
  readonly scopes: readonly string[]
  readonly agents: readonly string[]
  readonly nodes: readonly { readonly node: PeerId; readonly label: string }[]
  /** Set when revoked. */
  readonly revoked: boolean
}
