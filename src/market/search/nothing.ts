import type { MarketDeps, MarketHive } from '../market.ts'
import type { SearchInput } from './operations.ts'
import { findBeginnings, findNear } from './lookup.ts'
import { countOf } from './rules/match.ts'
import { parseTextQuery } from './rules/query.ts'
import { suggestSearches } from './rules/suggest.ts'
import type { Suggestion } from './rules/suggest.ts'
import type { TextQuestion } from './search-text.ts'
import { countTexts, getHiveNumber, listCategories } from './text-index.ts'

/** A search that found nothing. */
export interface FoundNothing {
  readonly typed: string
  readonly input: SearchInput
  readonly hive: MarketHive
  readonly question: TextQuestion
}

/** What was searched, and what to try. */
export interface Explained {
  readonly hint: string
  readonly suggestions: Suggestion[]
}

/** Says what was searched when nothing was found, and three things to try; in an empty hive, how to fill it. */
export function explainNothing({ database }: Pick<MarketDeps, 'database'>, { typed, input, hive }: FoundNothing): Explained {
  const indexed = countTexts(database, hive.hive)
  if (indexed === 0) return { hint: describeEmpty(hive), suggestions: [] }
  const filters = describeFilters(input)
  const asked = [...(typed === '' ? [] : [JSON.stringify(typed.slice(0, 200).toWellFormed())]), ...filters].join(' ')
  const number = getHiveNumber(database, hive.hive) ?? 0
  const words = parseTextQuery(typed)?.words ?? []
  const near = words.map((word) => {
    const exact = findBeginnings(database, number, word)
    return countOf(exact) > 0 ? word : findNear(database, number, word)[0]?.word
  })
  const known = words.filter((word) => countOf(findBeginnings(database, number, word)) > 0)
  const meant = near.every((word) => word !== undefined) && near.some((word, index) => word !== words[index]) ? near.join(' ') : undefined
  const [category] = listCategories(database, number)
  return {
    hint: `nothing for ${asked} among ${indexed} ${indexed === 1 ? 'package' : 'packages'} of "${hive.name}": names, descriptions, keywords, categories and near spellings were searched.`,
    suggestions: [...suggestSearches({ query: typed, filters, meant, known, category, words: words.length })],
  }
}

function describeFilters({ category, keyword, author, kind, license }: SearchInput): readonly string[] {
  const named: readonly (readonly [string, string | undefined])[] = [
    ['category', category],
    ...keyword.map((each) => ['keyword', each] as const),
    ['author', author],
    ['kind', kind],
    ['license', license],
  ]
  return named.flatMap(([name, value]) => (value === undefined ? [] : [`--${name} ${value.slice(0, 80).toWellFormed()}`]))
}

function describeEmpty(hive: MarketHive): string {
  const alone = hive.connectedPeers().length === 0 ? ' Nobody is connected: `althing hive invite` brings others in.' : ''
  return `the hive "${hive.name}" has no packages yet. Publish one: \`althing publish DIR\`, a folder with a package.toml (name, version, description) or a SKILL.md.${alone}`
}
