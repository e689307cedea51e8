/** Names longer than this are not compared: nobody meant one of ours, and the work grows with the length. */
const maxLength = 64

/** The candidate closest to `text`, when few enough edits away to have been meant; transpositions count as one. */
export function findNearest(text: string, candidates: Iterable<string>): string | undefined {
  if (text.length > maxLength) return undefined
  let best: { readonly name: string; readonly distance: number } | undefined
  for (const name of candidates) {
    const allowed = Math.max(1, Math.floor(Math.max(text.length, name.length) / 3))
    // so many letters must come or go at least: the table need not be made to know
    if (Math.abs(text.length - name.length) > Math.min(allowed, (best?.distance ?? Infinity) - 1)) continue
    const distance = editDistance(text, name)
    if (distance <= allowed && (best === undefined || distance < best.distance)) best = { name, distance }
  }
  return best?.name
}

/** Optimal string alignment distance: insertions, deletions, substitutions and swaps of neighbours. */
export function editDistance(a: string, b: string): number {
  let beforeLast: readonly number[] = []
  let last: readonly number[] = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    for (let column = 1; column <= b.length; column++) {
      const cost = a[row - 1] === b[column - 1] ? 0 : 1
      let distance = Math.min(at(last, column) + 1, at(current, column - 1) + 1, at(last, column - 1) + cost)
      const isSwap = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]
      if (isSwap) distance = Math.min(distance, at(beforeLast, column - 2) + 1)
      current.push(distance)
    }
    beforeLast = last
    last = current
  }
  return at(last, b.length)
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY
}
