import { editDistance } from '../../../lib/nearest.ts'

/** Letters at the beginning of a word that are compared; errors behind them cost nothing to keep and are checked in the end. */
const prefixLength = 7

/** Edits within which a word may have been meant: none for very short ones, one up to five letters, then two. */
export function allowedEdits(word: string): 0 | 1 | 2 {
  if (word.length < 3) return 0
  return word.length < 6 ? 1 : 2
}

/**
 * All that is left of a word's beginning when as many letters go as edits are allowed, itself included.
 *
 * Two words within that many edits share one at least.
 *
 * @see W. Garbe, SymSpell: symmetric delete spelling correction
 */
export function deletesOf(word: string): readonly string[] {
  let ring = new Set([word.slice(0, prefixLength)])
  const all = new Set(ring)
  for (let edit = allowedEdits(word); edit > 0; edit -= 1) {
    ring = new Set([...ring].flatMap((text) => withoutOne(text)))
    for (const text of ring) all.add(text)
  }
  return [...all]
}

/** The edits between what was typed and a word, when few enough that it may have been meant; a swap of neighbours is one. */
export function nearnessOf(typed: string, word: string): number | undefined {
  const allowed = allowedEdits(typed)
  if (Math.abs(typed.length - word.length) > allowed) return undefined
  const distance = editDistance(typed, word)
  return distance <= allowed ? distance : undefined
}

function withoutOne(text: string): readonly string[] {
  return Array.from({ length: text.length }, (_, index) => text.slice(0, index) + text.slice(index + 1))
}
