import type { Statistics } from '../../search/search-text.ts'

/** More than any hive has: who claims more distorts no more than the order, and that only so far. */
const maxCount = 10_000_000

/** What two members say together. Packages that both have count twice, rare and common words alike, so that what is rare stays rare. */
export function addStatistics(a: Statistics, b: Statistics): Statistics {
  const counts = Array.from({ length: Math.max(a.counts.length, b.counts.length) }, (_, index) =>
    add(a.counts[index] ?? 0, b.counts[index] ?? 0),
  )
  return { packages: add(a.packages, b.packages), counts }
}

function add(a: number, b: number): number {
  return Math.min(maxCount, a + Math.min(maxCount, b))
}
