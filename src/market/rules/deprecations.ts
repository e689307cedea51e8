import { isInRange } from './versions.ts'
import type { SaidWord } from './words.ts'

/** What is said of a version, of several deprecations whose ranges have it: the latest revision, then the lower range. */
export function chooseDeprecation(
  version: string,
  deprecations: readonly (readonly [range: string, word: SaidWord])[],
): string | undefined {
  const [first] = deprecations
    .filter(([range, { value }]) => value !== null && isInRange(version, range))
    .toSorted(([rangeA, a], [rangeB, b]) => b.revision - a.revision || (rangeA < rangeB ? -1 : 1))
  return first?.[1].value ?? undefined
}
