/** Words of a query that are looked at. */
const maxWords = 16
/** Longest word, in characters. */
const maxWordLength = 64

/** What FTS5 is asked: every word, or any of them. */
export interface TextQuery {
  readonly words: readonly string[]
  readonly all: string
  readonly any: string
}

/**
 * Reads what a person typed. Only letters and digits reach FTS5, each word quoted and taken as a beginning; no operator of FTS5 can be written.
 *
 * Undefined when there is no word in it.
 */
export function parseTextQuery(text: string): TextQuery | undefined {
  const found =
    text
      .slice(0, 1024)
      .normalize('NFKC')
      .toLowerCase()
      .match(/[\p{L}\p{N}\p{M}]+/gu) ?? []
  const words = [...new Set(found.map((word) => word.slice(0, maxWordLength)))].slice(0, maxWords)
  if (words.length === 0) return undefined
  const quoted = words.map((word) => `"${word}"*`)
  return { words, all: quoted.join(' AND '), any: quoted.join(' OR ') }
}
