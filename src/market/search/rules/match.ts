import { inHive } from './terms.ts'
import type { Impact } from './words.ts'
import { impacts } from './words.ts'

/** A word of the index that may be meant by one that was typed. */
export interface Choice {
  readonly word: string
  /** How it is near: the word itself, one that begins with it, or one a few edits away. */
  readonly kind: 'exact' | 'beginning' | 'near'
  /** Edits away; 0 but for `near`. */
  readonly edits: number
  /** Packages that have it in each impact. */
  readonly counts: Readonly<Record<Impact, number>>
}

/** What may be meant by each word that was typed. */
export type Choices = readonly (readonly Choice[])[]

/** A condition on packages: any of these, each of which is all of these terms. */
export type Facet = readonly (readonly string[])[]

/** Conditions on packages beside words: all facets, none of the barred terms. */
export interface Filter {
  readonly facets: readonly Facet[]
  readonly barred: readonly string[]
}

/** Which packages are asked for at once: every word has an impact of `impacts`, and one at least of `some`. */
export interface Level {
  readonly impacts: readonly Impact[]
  readonly some: readonly Impact[] | undefined
}

const inName: readonly Impact[] = [5, 4]

/** All there is. */
export const anywhere: Level = { impacts, some: undefined }

/** What is asked for one after the other, best first, when more packages match than can be compared. */
export function levelsFor(words: number): readonly Level[] {
  if (words === 1) return impacts.map((impact) => ({ impacts: [impact], some: undefined }))
  return impacts.flatMap((floor) => {
    const above = impacts.filter((impact) => impact >= floor)
    return floor < 4
      ? [
          { impacts: above, some: inName },
          { impacts: above, some: undefined },
        ]
      : [{ impacts: above, some: undefined }]
  })
}

/** How many packages may have a word, at most. */
export function countOf(choices: readonly Choice[], of: readonly Impact[] = impacts): number {
  return choices.reduce((sum, { counts }) => sum + of.reduce((inner, impact) => inner + counts[impact], 0), 0)
}

/** A level as FTS5 is asked for it; undefined when nothing can be found. Terms hold letters, digits and `_`, and are quoted. */
export function formatMatch(
  hive: number,
  { choices, level, filter }: { choices: Choices; level: Level; filter: Filter },
): string | undefined {
  const words = choices.map((of) => anyTerm(hive, of, level.impacts))
  const some = level.some === undefined ? undefined : anyTerm(hive, choices.flat(), level.some)
  const parts = level.some === undefined ? words : [...words, some]
  const given = parts.filter((part) => part !== undefined)
  const isVain = given.length < parts.length || filter.facets.some((facet) => facet.length === 0)
  return isVain ? undefined : withFilter(hive, given, filter)
}

/** Whether the terms of a package meet a filter. */
export function meetsFilter(terms: string, { facets, barred }: Filter): boolean {
  const has = (term: string): boolean => terms.includes(` ${term} `)
  return facets.every((facet) => facet.some((all) => all.every(has))) && !barred.some(has)
}

function withFilter(hive: number, words: readonly string[], { facets, barred }: Filter): string {
  const quote = (term: string): string => `"${inHive(hive, term)}"`
  const conditions = facets.map((facet) => orOf(facet.map((all) => `(${all.map(quote).join(' AND ')})`)))
  const wanted = [...words, ...conditions].join(' AND ')
  return barred.length === 0 ? wanted : `(${wanted}) NOT ${orOf(barred.map(quote))}`
}

/** Any choice in any of some impacts, those that no package has left out. */
function anyTerm(hive: number, choices: readonly Choice[], of: readonly Impact[]): string | undefined {
  const terms = choices.flatMap(({ word, counts }) =>
    of.filter((impact) => counts[impact] > 0).map((impact) => `"${inHive(hive, `${impact}${word}`)}"`),
  )
  return terms.length === 0 ? undefined : orOf([...new Set(terms)])
}

function orOf(parts: readonly string[]): string {
  return parts.length === 1 ? parts.join('') : `(${parts.join(' OR ')})`
}
