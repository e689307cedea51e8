import { rankNodes } from '../../content/rules/rendezvous.ts'
import type { PeerId } from '../../identity/keys.ts'

export interface HoldersRequest {
  /** Nodes that wrote versions with this content. */
  readonly writers: readonly PeerId[]
  /** Nodes that may keep copies: members seen lately, ourselves among them. */
  readonly members: ReadonlySet<PeerId>
  /** Copies in all. */
  readonly replicas: number
}

/**
 * The members that keep some content: those of its writers that are about, then those that rank highest for it.
 *
 * Who sees the same members chooses the same holders without asking, and a member that goes moves only its own share.
 */
export function chooseHolders(name: string, { writers, members, replicas }: HoldersRequest): readonly PeerId[] {
  const writing = writers.filter((node) => members.has(node))
  const others = [...members].filter((node) => !writing.includes(node))
  return [...rankNodes(name, writing), ...rankNodes(name, others)].slice(0, replicas)
}
