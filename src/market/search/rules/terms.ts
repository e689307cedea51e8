import type { PackageKind } from '../../manifest/manifest.ts'
import { splitWords, weighWords } from './words.ts'
import type { Impact, SearchedText } from './words.ts'

/** What is searched of a package, and by what it can be filtered. */
export interface SearchedDocument extends SearchedText {
  readonly kind: PackageKind
  readonly owner: string
  readonly authors: readonly string[]
  readonly licence: string | null
  /** Every version is yanked. */
  readonly isYanked: boolean
}

/**
 * The terms of a package: `5rust` for a word behind its impact, `c_web` for a facet. Between blanks, and with one at both ends.
 *
 * Words hold letters and digits only, so that no word is a facet.
 */
export function formatTerms(document: SearchedDocument): string {
  const words = [...weighWords(document)].map(([word, impact]) => `${impact}${word}`)
  return ` ${[...words, ...new Set(facetsOf(document))].join(' ')} `
}

/** Reads the words of `formatTerms` back. */
export function parseTerms(terms: string): ReadonlyMap<string, Impact> {
  const weighed = new Map<string, Impact>()
  for (const term of terms.split(' ')) {
    const impact = impactOfDigit(term.charCodeAt(0) - zero)
    if (impact !== undefined) weighed.set(term.slice(1), impact)
  }
  return weighed
}

const zero = '0'.charCodeAt(0)

/** Facets begin with a letter, and so have none. */
function impactOfDigit(digit: number): Impact | undefined {
  return digit === 1 || digit === 2 || digit === 3 || digit === 4 || digit === 5 ? digit : undefined
}

/** The terms of several hives share one table: each stands behind the number of its hive. */
export function inHive(hive: number, term: string): string {
  return `${hive}_${term}`
}

function facetsOf({ kind, category, keywords, owner, authors, licence, isYanked }: SearchedDocument): readonly string[] {
  return [
    kindTerm(kind),
    ownerTerm(owner),
    ...(category === null ? [] : [categoryTerm(category)]),
    ...keywords.map((keyword) => keywordTerm(keyword)),
    ...authors.flatMap((author) => authorTerms(author)),
    ...(licence === null ? [] : licenceTerms(licence)),
    ...(isYanked ? [yankedTerm] : []),
  ]
}

/** Marks a package of which every version is yanked. */
export const yankedTerm = 'y_'

/** Of a kind of package. */
export function kindTerm(kind: PackageKind): string {
  return `k_${kind}`
}

/** Of an owner id. */
export function ownerTerm(owner: string): string {
  return `o_${owner}`
}

/** Of a category, whatever its case and whatever stands between its words. */
export function categoryTerm(category: string): string {
  return `c_${splitWords(category).join('_')}`
}

/** Of a keyword, as of a category. */
export function keywordTerm(keyword: string): string {
  return `t_${splitWords(keyword).join('_')}`
}

/** One for each word of an author's name or address. */
export function authorTerms(author: string): readonly string[] {
  return splitWords(author).map((word) => `a_${word}`)
}

/** One for each licence of an SPDX expression: `MIT OR Apache-2.0` is both. */
export function licenceTerms(licence: string): readonly string[] {
  const ids = licence.split(/[\s()/]+/u).filter((part) => !/^(?:or|and|with)?$/iu.test(part))
  return ids.map((id) => `l_${splitWords(id).join('_')}`)
}
