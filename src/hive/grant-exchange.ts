import type { PeerId } from '../identity/keys.ts'
import type { EntryRange, ReplicatedJournal } from '../journal/journal.ts'
import { hiveFaults } from './faults.ts'
import type { NodePosition } from './grant.ts'
import type { HiveMembership } from './open-membership.ts'
import type { Page, Roots } from './protocol.ts'
import { maxPageBytes, maxPageEntries } from './protocol.ts'

/** What passing grants on needs of a journal. */
export type GrantJournal = Pick<ReplicatedJournal, 'heads' | 'serve' | 'receive' | 'headOf'>

export interface GrantExchangeDeps {
  readonly membership: HiveMembership
  readonly journal: GrantJournal
}

/** Nodes whose journals carry grants, in the order in which they did. */
export function rootNodes(membership: HiveMembership): readonly PeerId[] {
  const { root, segments } = membership.state()
  const nodes = segments.map(({ node }) => node)
  return [...new Set(root === undefined ? nodes : [...nodes, root.node])]
}

/** How far we have those journals. */
export function rootsOf({ membership, journal }: GrantExchangeDeps): Roots {
  const nodes = rootNodes(membership)
  const heads = journal.heads().filter(({ node }) => nodes.includes(node))
  return heads
    .map(({ node, incarnation, seq }) => ({ node, incarnation, seq }))
    .toSorted((one, other) => nodes.indexOf(one.node) - nodes.indexOf(other.node) || one.incarnation - other.incarnation)
}

/** What `ours` has beyond `theirs`. */
export function missingRanges(ours: Roots, theirs: Roots): readonly EntryRange[] {
  return ours.flatMap(({ node, incarnation, seq }) => {
    const known = theirs.find((head) => head.node === node && head.incarnation === incarnation)?.seq ?? 0
    return known >= seq ? [] : [{ node, incarnation, from: known + 1, to: seq }]
  })
}

/** One page from the beginning of a range, with the position after it; undefined when there is nothing. */
export function takeFrom(journal: GrantJournal, range: EntryRange): { readonly page: Page; readonly next: number } | undefined {
  if (range.from > range.to) return undefined
  const page = journal.serve(range, { maxEntries: maxPageEntries / 2, maxBytes: maxPageBytes })
  const last = page.entries.at(-1)
  return last === undefined ? undefined : { page, next: last.header.seq + 1 }
}

/** Whether a position is one of a journal that carries grants, as far as is known here. */
export function isRootPosition(membership: HiveMembership, position: NodePosition): boolean {
  return rootNodes(membership).includes(position.node)
}

/** Stores a page of root journals somebody handed us. @throws Fault JOIN_PROTOCOL when it holds what no honest peer sends */
export async function takePage(deps: GrantExchangeDeps, page: Page, from: PeerId): Promise<void> {
  const roots = rootNodes(deps.membership)
  const entries = page.entries.filter(({ header }) => roots.includes(header.node))
  if (entries.length === 0) return
  const reports = await deps.journal.receive(entries, from, page.evidence)
  if (reports.some(({ verdict }) => verdict === 'invalid')) {
    const message = `${from} handed over grants whose signatures or chain do not hold; it was cut`
    throw hiveFaults.create('JOIN_PROTOCOL', { message, data: { peer: from } })
  }
}
