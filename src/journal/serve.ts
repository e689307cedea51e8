import { formatWire, isSigned } from './codec.ts'
import type { EntryTable, StoredEntry } from './entry-table.ts'
import type { Entry } from './entry.ts'
import type { ErasureTable } from './erasure-table.ts'
import type { EntryRange, ServedRange, ServeLimits } from './journal.ts'
import { sizeOf } from './quota.ts'

export interface ServeDeps {
  readonly entries: EntryTable
  readonly erasures: ErasureTable
  /** Remembers what checking a stored signature gave. */
  readonly remember: (stored: StoredEntry, isGood: boolean) => void
}

/** What the lists around an entry add to its bytes on the wire. */
const wireOverheadBytes = 16

/**
 * The beginning of a range, within the limits, that ends with an entry whose own signature is good: only so can the
 * receiver check it. Where none is in reach the range goes past its end to the next good one.
 */
export function serveRange(deps: ServeDeps, range: EntryRange, limits: ServeLimits): ServedRange {
  const taken: StoredEntry[] = []
  // Each is checked once: an author may have spoilt all of them, and whoever asks must not make us check them again and again. S4
  const checked = new Map<StoredEntry, boolean>()
  const isGood = (stored: StoredEntry): boolean => {
    const good = checked.get(stored) ?? isSignedAsStored(deps, stored)
    checked.set(stored, good)
    return good
  }
  let bytes = 0
  // Somebody who applied a batch holds a good signature at its end, so one more batch's length reaches the next.
  for (const stored of deps.entries.range({ ...range, to: range.to + limits.maxEntries })) {
    const size = sizeOf(stored.entry) + wireOverheadBytes
    const isWithin = taken.length < limits.maxEntries && bytes + size <= limits.maxBytes && stored.entry.header.seq <= range.to
    if (!isWithin && taken.length > 0 && dropUnproven(taken, isGood) > 0) break
    if (!isWithin && taken.length > 2 * limits.maxEntries) break
    taken.push(stored)
    bytes += size
  }
  dropUnproven(taken, isGood)
  const entries = taken.map((stored) => stored.entry)
  return { entries, evidence: evidenceFor(deps, entries) }
}

/** Length of an entry in a message. */
export function wireSize(entry: Entry): number {
  return formatWire(entry).reduce((sum, part) => sum + (part?.byteLength ?? 0), wireOverheadBytes)
}

/** Takes entries off the end until one with a good signature stands there; gives how many are left. Leaves all if none has. */
function dropUnproven(taken: StoredEntry[], isGood: (stored: StoredEntry) => boolean): number {
  const last = taken.findLastIndex(isGood)
  if (last >= 0) taken.length = last + 1
  return last + 1
}

function isSignedAsStored(deps: ServeDeps, stored: StoredEntry): boolean {
  if (stored.proven !== 0) return stored.proven === 1
  const good = isSigned(stored.entry)
  deps.remember(stored, good)
  return good
}

function evidenceFor(deps: ServeDeps, entries: readonly Entry[]): readonly Entry[] {
  const records = new Map<string, Entry>()
  for (const entry of entries) {
    if (entry.bodyBytes !== undefined) continue
    const record = deps.erasures.evidence(entry.header.node, entry.cid)
    if (record !== undefined) records.set(record.cid, record)
  }
  return [...records.values()]
}
