import type { Entry } from '../entry.ts'

/** The earliest place where two branches of one incarnation are known to part. */
export interface Fork {
  /** The position that two entries hold. */
  readonly seq: number
  /** The last entry that may be common to both: `seq - 1`, or one less when they do not even follow on the same. */
  readonly shared: number
}

/**
 * Whether two entries prove that their author signed twice for one position.
 *
 * `isSigned` must hold for both: an unsigned or half-signed pair proves nothing and frames nobody. @see docs/protocols/journal.md §6
 */
export function judgeFork(first: Entry, second: Entry, isSigned: (entry: Entry) => boolean): Fork | undefined {
  const [a, b] = [first.header, second.header]
  const isSamePlace = a.hive === b.hive && a.node === b.node && a.incarnation === b.incarnation && a.seq === b.seq
  if (!isSamePlace || first.cid === second.cid) return undefined
  if (!isSigned(first) || !isSigned(second)) return undefined
  return { seq: a.seq, shared: a.prev === b.prev ? a.seq - 1 : a.seq - 2 }
}
