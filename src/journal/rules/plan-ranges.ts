import type { PeerId } from '../../identity/keys.ts'
import type { Head } from '../entry.ts'
import type { EntryRange } from '../journal.ts'

/** Our side of a comparison of heads. */
export interface OurHeads {
  readonly headOf: (node: PeerId, incarnation: number) => Head | undefined
  /** Last seq worth asking for: a cut, a fork or the hive may end an incarnation. */
  readonly lastWanted: (node: PeerId, incarnation: number) => number
}

/** What we lack of what a peer has, in the order to ask for it: introductions first, then older incarnations before newer. */
export function planRanges(ours: OurHeads, theirs: readonly Head[]): readonly EntryRange[] {
  const ranges: EntryRange[] = []
  for (const their of theirs) {
    const { node, incarnation } = their
    const our = ours.headOf(node, incarnation)
    const last = Math.min(their.seq, ours.lastWanted(node, incarnation))
    const isOtherEnd = our !== undefined && our.seq === their.seq && our.cid !== their.cid && last === their.seq
    // Two heads at one height that differ: the peer's entry and ours together may prove a fork.
    const from = isOtherEnd ? our.seq : (our?.seq ?? 0) + 1
    if (from <= last) ranges.push({ node, incarnation, from, to: last })
  }
  return ranges.toSorted((a, b) => a.incarnation - b.incarnation || (a.node < b.node ? -1 : a.node > b.node ? 1 : 0))
}
