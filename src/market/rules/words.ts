import type { OwnerId, PeerId } from '../../identity/keys.ts'
import type { Position } from '../../journal/entry.ts'

/** What can be said of a package beside its releases; each is a kind of journal entry. */
export const wordKinds = ['yank', 'deprecate', 'tag', 'maintainer', 'transfer'] as const
export type WordKind = (typeof wordKinds)[number]

/** The last position of one node that still counts. */
export interface NodeCut extends Position {
  readonly node: PeerId
}

/** One word of somebody on one subject. */
export interface SaidWord extends Position {
  readonly node: PeerId
  /** The owner of that node. */
  readonly author: OwnerId
  /** Counts up with each word on a subject, as its author knew them. */
  readonly revision: number
  /** The author's wall time in milliseconds; only shown. */
  readonly at: number
  /** What is said; null takes an earlier word back. */
  readonly value: string | null
}

/** Whether a maintainer is one without end, up to some positions of their nodes, or not at all. */
export type MaintainerStanding =
  | { readonly standing: 'maintainer' }
  | { readonly standing: 'former'; readonly cuts: readonly NodeCut[] }
  | { readonly standing: 'stranger' }

/** Whether what a node of a maintainer said at a position counts. */
export function allows(standing: MaintainerStanding, { node, ...position }: NodeCut): boolean {
  if (standing.standing !== 'former') return standing.standing === 'maintainer'
  const cut = standing.cuts.find((each) => each.node === node)
  return cut !== undefined && comparePositions(position, cut) <= 0
}

/** Below zero when `a` comes before `b` in one author's journal. */
export function comparePositions(a: Position, b: Position): number {
  return a.incarnation - b.incarnation || a.seq - b.seq
}

/**
 * The one of several words on a subject that counts, whatever order they came in.
 *
 * Of one node the last it said. Between nodes the highest revision; of equal ones the careful word (yanked, deprecated, no maintainer,
 * no tag), then the lower node.
 */
export function chooseWord(kind: WordKind, words: readonly SaidWord[]): SaidWord | undefined {
  const latest = new Map<PeerId, SaidWord>()
  for (const word of words) {
    const known = latest.get(word.node)
    if (known === undefined || comparePositions(known, word) < 0) latest.set(word.node, word)
  }
  return [...latest.values()].toSorted((a, b) => b.revision - a.revision || care(kind, b) - care(kind, a) || (a.node < b.node ? -1 : 1))[0]
}

/** The kinds of which a word is more careful than none. */
const careful: ReadonlySet<WordKind> = new Set(['yank', 'deprecate'])

function care(kind: WordKind, { value }: SaidWord): number {
  if (kind === 'maintainer') return value === addedMaintainer ? 0 : 1
  return Number((value !== null) === careful.has(kind))
}

/** The value of a word that makes somebody a maintainer; that of one which ends it are the cuts. */
export const addedMaintainer = 'add'
