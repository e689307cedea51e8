import type { PeerId } from '../../identity/keys.ts'

/** A node whose journal says, as far as it is known here, that it may write as an agent now. */
export interface NameBearer {
  readonly node: PeerId
  /** Wall time of the entry with which that began, without an interruption since, in milliseconds. */
  readonly since: number
  /** Whether it wrote as the agent since then. */
  readonly isUsed: boolean
}

/**
 * The one node that writes as an agent name, of all that are certified for it.
 *
 * Who has written stays before who has not; then who was certified first. A name moves when the one that has it is certified without
 * it, or is revoked: both stand in journals, behind everything it wrote.
 */
export function chooseWriter(bearers: readonly NameBearer[]): PeerId | undefined {
  return bearers.toSorted(compareBearers)[0]?.node
}

function compareBearers(one: NameBearer, other: NameBearer): number {
  const byUse = Number(other.isUsed) - Number(one.isUsed)
  if (byUse !== 0) return byUse
  return one.since - other.since || (one.node < other.node ? -1 : 1)
}
