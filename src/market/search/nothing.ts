import type { Reader } from '../../store/database.ts'
import type { MarketDeps, MarketHive } from '../market.ts'
import { describeBlock, describeBlocks, describeHidden, findBlock } from '../refuse-package.ts'
import { parsePackageReference } from '../rules/names.ts'
import { askedWith } from '../sources.ts'
import type { SearchInput } from './operations.ts'
import { findBeginnings, findNear } from './lookup.ts'
import { countOf } from './rules/match.ts'
import { parseTextQuery } from './rules/query.ts'
import { suggestSearches } from './rules/suggest.ts'
import type { Suggestion } from './rules/suggest.ts'
import { searchText } from './search-text.ts'
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
export function explainNothing({ database }: Pick<MarketDeps, 'database'>, { typed, input, hive, question }: FoundNothing): Explained {
  const indexed = countTexts(database, hive.hive)
  const blocked = describeBlocked(database, hive, typed)
  if (indexed === 0) {
    const hidden = blocked === '' ? describeHidden(database) : blocked
    return { hint: hidden === '' ? describeEmpty(hive) : `nothing is to be found in "${hive.name}" here.${hidden}`, suggestions: [] }
  }
  const filters = describeFilters(input)
  const options = filters.map(([name, value]) => `--${name} ${value}`)
  const asked = [...(typed === '' ? [] : [JSON.stringify(typed.slice(0, 200).toWellFormed())]), ...options].join(' ')
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
    hint: `nothing for ${asked} among ${indexed} ${indexed === 1 ? 'package' : 'packages'} of "${hive.name}": names, descriptions, keywords, categories and near spellings were searched.${blocked}`,
    suggestions: [
      ...suggestSearches({
        query: typed,
        filters,
        yanked: countYanked(database, hive, { input, question }),
        meant,
        known,
        category,
        words: words.length,
      }),
    ],
  }
}

/** Packages that would be found if those were shown that were taken back; as many as would be shown. */
function countYanked(reader: Reader, hive: MarketHive, { input, question }: Pick<FoundNothing, 'input' | 'question'>): number {
  // signs alone are no query, and would list everything
  if (question.query === undefined && input.query.join('').trim() !== '') return 0
  const filter = { ...question.filter, barred: [] }
  const found = askedWith(hive).flatMap((source) => searchText(reader, { ...question, filter, hive: source.hive }).hits)
  return new Set(found.filter(({ isYanked }) => isYanked).map(({ owner, name }) => `${owner}/${name}`)).size
}

/** A search finds nothing of what is blocked, and must not look as if there were nothing. */
function describeBlocked(reader: Reader, hive: MarketHive, typed: string): string {
  const reference = parsePackageReference(typed)
  const block = reference && findBlock(reader, hive, reference)
  return block === undefined ? describeBlocks(reader) : ` ${describeBlock(hive, block)}`
}

function describeFilters({ category, keyword, author, kind, license }: SearchInput): readonly (readonly [name: string, value: string])[] {
  const named: readonly (readonly [string, string | undefined])[] = [
    ['category', category],
    ...keyword.map((each) => ['keyword', each] as const),
    ['author', author],
    ['kind', kind],
    ['license', license],
  ]
  return named.flatMap(([name, value]) => (value === undefined ? [] : [[name, value.slice(0, 80).toWellFormed()] as const]))
}

function describeEmpty(hive: MarketHive): string {
  if (hive.membership.policy === 'open')
    return `nothing of the open hive "${hive.name}" has arrived here yet: it comes from members that are connected, or ask them with --remote. \`althing p2p peers\` shows who is.`
  const alone = hive.connectedPeers().length === 0 ? ' Nobody is connected: `althing hive invite` brings others in.' : ''
  return `the hive "${hive.name}" has no packages yet. Publish one: \`althing publish DIR\`, a folder with a package.toml (name, version, description) or a SKILL.md.${alone}`
}
