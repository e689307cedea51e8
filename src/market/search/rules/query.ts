import { splitWords } from './words.ts'

/** Characters of a query that are looked at. */
const maxLength = 1_024
/** Words of a query that are looked at. */
const maxWords = 16

/** What a person is looking for. */
export interface TextQuery {
  /** Different ones, in the order they were typed; one at least. */
  readonly words: readonly string[]
  /** Names that are exactly this. */
  readonly names: readonly string[]
}

/**
 * Reads what a person typed. Only letters and digits are left of it, so that no operator of FTS5 can be written.
 *
 * Undefined when there is no word in it.
 */
export function parseTextQuery(text: string): TextQuery | undefined {
  const typed = text.slice(0, maxLength)
  const found = splitWords(typed)
  const words = [...new Set(found)].slice(0, maxWords)
  if (words.length === 0) return undefined
  const names = [typed.trim().toLowerCase(), ...['-', '', '_', '.'].map((joint) => found.join(joint))]
  return { words, names: [...new Set(names)].filter((name) => name.length <= 64) }
}
