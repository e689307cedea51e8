import type { Cid } from '../../lib/cid.ts'
import type { EntryHeader } from '../entry.ts'

/** The end of our copy of one incarnation. */
export interface ChainEnd {
  readonly seq: number
  readonly cid: Cid
  readonly at: number
}

/**
 * How an entry stands to our copy of its chain.
 *
 * `extends` it · `known` already · `gap`: others come before · `fork`: another entry has its place · `diverged`: it follows
 * on an entry that is not our last, so the fork lies before · `stale`: dated no later than the one before ·
 * `wrong-incarnation`: an incarnation after the first opens with kind `incarnation`, and that kind stands nowhere else.
 */
export type NextVerdict = 'extends' | 'known' | 'gap' | 'fork' | 'diverged' | 'stale' | 'wrong-incarnation'

/** Kind of the first entry of every incarnation after the first. */
export const incarnationKind = 'incarnation'

/** Judges an entry against the end of its chain; `held` is the CID we hold at its position, if any. */
export function judgeNext(
  end: ChainEnd | undefined,
  entry: { readonly cid: Cid; readonly header: EntryHeader },
  held: Cid | undefined,
): NextVerdict {
  const { header } = entry
  const mustOpen = header.seq === 1 && header.incarnation > 1
  if ((header.kind === incarnationKind) !== mustOpen) return 'wrong-incarnation'
  if (held !== undefined) return held === entry.cid ? 'known' : 'fork'
  const next = (end?.seq ?? 0) + 1
  if (header.seq > next) return 'gap'
  if (header.prev !== (end?.cid ?? null)) return 'diverged'
  return end !== undefined && header.at <= end.at ? 'stale' : 'extends'
}
