/** A package that one source found, at its place among what that source found. */
export interface PlacedHit {
  readonly owner: string
  readonly name: string
  /** Whether every word was found. */
  readonly isFull: boolean
  /** 0 for the best of its source. */
  readonly rank: number
  /** Place of the source: the first is believed to know best. */
  readonly source: number
}

/** What several sources found as one list: full matches first, then as each source ranks them; a package once, as the first source that has it says. */
export function mergeHits<H extends PlacedHit>(hits: readonly H[], limit: number): readonly H[] {
  const sorted = hits.toSorted((a, b) => Number(b.isFull) - Number(a.isFull) || a.rank - b.rank || a.source - b.source)
  const known = new Map<string, H>()
  for (const hit of hits.toSorted((a, b) => a.source - b.source)) {
    const key = `${hit.owner}/${hit.name}`
    if (!known.has(key)) known.set(key, hit)
  }
  const shown = new Set<H>(sorted.map((hit) => known.get(`${hit.owner}/${hit.name}`) ?? hit))
  return [...shown].slice(0, limit)
}
