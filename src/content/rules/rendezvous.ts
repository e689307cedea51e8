import type { PeerId } from '../../identity/keys.ts'
import { concatBytes, encodeText } from '../../lib/bytes.ts'
import { hashBytes } from '../../lib/cid.ts'

/**
 * Nodes in the order in which they are asked to keep a piece of content: by SHA-256 of its name and theirs, highest first.
 *
 * Everybody computes the same order without asking, and a node that leaves moves only its own share.
 *
 * @see Thaler, Ravishankar: A Name-Based Mapping Scheme for Rendezvous (1996)
 */
export function rankNodes(name: string, nodes: Iterable<PeerId>): readonly PeerId[] {
  return [...new Set(nodes)]
    .map((node) => ({ node, weight: hashBytes(concatBytes([encodeText(`${name} `), encodeText(node)])) }))
    .toSorted((a, b) => Buffer.compare(b.weight, a.weight))
    .map(({ node }) => node)
}

/**
 * Whether `self` may let go of a copy it keeps for others, given who signed for theirs.
 *
 * Only when `copies` signers rank above it: so those who rank highest never let go, and everybody deciding at once
 * still leaves `copies` of them.
 */
export function mayLetGo(name: string, self: PeerId, signers: Iterable<PeerId>, copies: number): boolean {
  return rankNodes(name, [self, ...signers]).indexOf(self) >= copies
}
