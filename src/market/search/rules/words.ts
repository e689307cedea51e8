/** Longest word that is kept, in characters: what is longer is found by its beginning. */
export const maxWordLength = 64
/** Words that are kept of one package. */
const maxWords = 512
/** Words at the beginning of a description that say what a package is; what follows explains. */
const leadWords = 24

/**
 * How much a word says about a package by where it stands: 5 a name of one or two words, 4 a longer name, 3 the beginning of the
 * description, 2 keywords, category and kind, 1 the rest of the description.
 */
export type Impact = 1 | 2 | 3 | 4 | 5

/** From the heaviest on. */
export const impacts: readonly Impact[] = [5, 4, 3, 2, 1]

/** What of a package is searched. */
export interface SearchedText {
  readonly name: string
  readonly description: string
  readonly keywords: readonly string[]
  readonly category: string | null
  readonly kind: string
}

/** The words of a text, in order: runs of letters and digits, lower case, without accents. Linear in the length of the text. */
export function splitWords(text: string): readonly string[] {
  const folded = text
    .normalize('NFKD')
    .replaceAll(/\p{M}+/gu, '')
    .toLowerCase()
    .normalize('NFC')
  return (folded.match(/[\p{L}\p{N}]+/gu) ?? []).map((word) => clip(word))
}

/** The words of a name: split at `-`, `_` and `.`, and where letters meet digits both whole and apart (`word2vec`, `word`, `2`, `vec`). */
export function splitName(name: string): readonly string[] {
  return splitWords(name).flatMap((word) => {
    const parts = word.match(/\p{N}+|\P{N}+/gu) ?? []
    return parts.length > 1 ? [word, ...parts] : [word]
  })
}

/** Every word of a package once, with the greatest impact it has there. */
export function weighWords(text: SearchedText): ReadonlyMap<string, Impact> {
  const weighed = new Map<string, Impact>()
  const add = (words: readonly string[], impact: Impact): void => {
    for (const word of words) if (weighed.size < maxWords && !weighed.has(word)) weighed.set(word, impact)
  }
  add(splitName(text.name), splitWords(text.name).length <= 2 ? 5 : 4)
  const described = splitWords(text.description)
  add(described.slice(0, leadWords), 3)
  add([...text.keywords, text.category ?? '', text.kind].flatMap(splitWords), 2)
  add(described.slice(leadWords), 1)
  return weighed
}

/** Cut to length, and never in the middle of a character. */
function clip(word: string): string {
  return word.length <= maxWordLength ? word : word.slice(0, maxWordLength).replace(/[\uD800-\uDBFF]$/, '')
}
