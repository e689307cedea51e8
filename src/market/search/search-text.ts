import type { OwnerId } from '../../identity/keys.ts'
import type { HiveId } from '../../journal/entry.ts'
import type { Cid } from '../../lib/cid.ts'
import type { Reader, SqlValue } from '../../store/database.ts'
import { findApart, findBeginnings, findNear, findNearAnywhere } from './lookup.ts'
import { anywhere, countOf, formatMatch, levelsFor, meetsFilter } from './rules/match.ts'
import type { Choices, Filter, Level } from './rules/match.ts'
import type { TextQuery } from './rules/query.ts'
import { compareRanked, readAs, scoreCandidate } from './rules/rank.ts'
import type { Candidate, Score } from './rules/rank.ts'
import { packageOfRow } from './rules/rows.ts'
import { countTexts, getHiveNumber } from './text-index.ts'

/** What is looked for. */
export interface TextQuestion {
  readonly hive: HiveId
  /** Undefined for whatever is newest. */
  readonly query: TextQuery | undefined
  readonly filter: Filter
  /** Looks for near spellings even when enough was found as it was typed. */
  readonly isFuzzy: boolean
  readonly limit: number
  /** Measured by owners one follows; breaks ties. Undefined while nobody measures. */
  readonly usefulnessOf: ((owner: OwnerId, name: string) => number) | undefined
  /** Looks for near spellings in every text, and whatever was found as it was typed: for a member who asks, and knows more than is here. */
  readonly isForOthers?: boolean
  /** What other members say of their parts of the index, ours counted, so that rare words are those that are rare everywhere. */
  readonly statistics?: Statistics | undefined
}

/** How common the words of a query are. */
export interface Statistics {
  readonly packages: number
  /** Packages that may have each word of the query, in its order. */
  readonly counts: readonly number[]
}

/** How common the words of a query are in the index of a hive here. */
export function readStatistics(reader: Reader, hive: HiveId, query: TextQuery | undefined): Statistics {
  const number = getHiveNumber(reader, hive)
  if (number === undefined) return { packages: 0, counts: (query?.words ?? []).map(() => 0) }
  const counts = (query?.words ?? []).map((word) => countOf(findBeginnings(reader, number, word)))
  return { packages: countTexts(reader, hive), counts }
}

/** A package that was found. */
export interface TextHit {
  /** The entry of its newest release. */
  readonly entry: Cid
  readonly name: string
  readonly owner: OwnerId
  /** Whether every word was found, or only some. */
  readonly isFull: boolean
  /** What its owner says of the newest version since. */
  readonly deprecated: string | null
  /** Whether its owner took every version back. */
  readonly isYanked: boolean
}

/** What was found, best first. */
export interface TextAnswer {
  readonly hits: readonly TextHit[]
  /** What the query was taken for, where near spellings were looked for and the best answer has one. */
  readonly meant: string | undefined
}

/** Fewer full answers than this, and near spellings are looked for. */
const fewHits = 3
/** Packages that are compared, at least. */
const minPool = 20

interface PoolRow extends Row, Candidate {
  readonly owner: OwnerId
}

/**
 * Searches the words of a hive's packages.
 *
 * Exact as long as no more packages match than are compared (`minPool`, or twice what is asked for). Of more, the best levels of impact
 * are taken first, and of the last one the newest packages.
 */
export function searchText(reader: Reader, question: TextQuestion): TextAnswer {
  const number = getHiveNumber(reader, question.hive)
  if (number === undefined) return { hits: [], meant: undefined }
  const searching = new Searching(reader, number, question)
  const { query } = question
  if (query === undefined) return { hits: searching.browse(), meant: undefined }
  const answer = searching.answer(query)
  const apart = answer.hits.some(({ isFull }) => isFull) ? undefined : findApart(reader, number, query.words)
  if (apart === undefined) return answer
  const again = new Searching(reader, number, question).answer({ words: apart, names: [] })
  return again.hits.some(({ isFull }) => isFull) ? { ...again, meant: apart.join(' ') } : answer
}

/** One search under way: the packages it found so far. */
class Searching {
  readonly #reader: Reader
  readonly #hive: number
  readonly #question: TextQuestion
  readonly #pool = new Map<number, PoolRow>()
  readonly #poolSize: number

  constructor(reader: Reader, hive: number, question: TextQuestion) {
    this.#reader = reader
    this.#hive = hive
    this.#question = question
    this.#poolSize = Math.max(minPool, 2 * question.limit)
  }

  browse(): readonly TextHit[] {
    const { filter, limit, hive } = this.#question
    const match = formatMatch(this.#hive, { choices: [], level: anywhere, filter })
    const rows = filter.facets.length === 0 ? this.#newest(hive, limit) : match === undefined ? [] : this.#match(match, limit)
    return rows.filter(({ terms }) => meetsFilter(terms, filter)).map((row) => toHit(row, true))
  }

  answer(query: TextQuery): TextAnswer {
    const { limit, isFuzzy } = this.#question
    let choices: Choices = query.words.map((word) => findBeginnings(this.#reader, this.#hive, word))
    this.#addNamed(query)
    this.#collect(choices)
    let ranked = this.#rank(query, choices)
    const isFew = ranked.filter(({ tier }) => tier > 0).length < fewHits
    if (isFuzzy || isFew || this.#question.isForOthers === true) {
      const more = this.#addNear(query, choices)
      if (more.some((of, index) => of.length > (choices[index]?.length ?? 0))) {
        choices = more
        this.#collect(choices)
        ranked = this.#rank(query, choices)
      }
    }
    const missing = limit - ranked.filter(({ tier }) => tier > 0).length
    if (missing > 0 && query.words.length > 1) {
      this.#collectSome(choices, 2 * missing)
      ranked = this.#rank(query, choices)
    }
    const [best] = ranked
    const meant = best === undefined ? undefined : readAs(best, choices)
    return { hits: ranked.slice(0, limit).map((row) => toHit(row, row.tier > 0)), meant }
  }

  /** Near spellings of words that few packages have; of every word when asked to. */
  #addNear({ words }: TextQuery, choices: Choices): Choices {
    return choices.map((of, index) => {
      if (!this.#question.isFuzzy && countOf(of) >= fewHits) return of
      const find = this.#question.isForOthers === true ? findNearAnywhere : findNear
      return [...of, ...find(this.#reader, this.#hive, words[index] ?? '')]
    })
  }

  /** Packages whose name is the query. */
  #addNamed({ names }: TextQuery): void {
    const sql = `select ${columns} from package p join search_document d on d.id = p.id where p.hive = ?1 and p.name in (select value from json_each(?2)) limit ?3`
    this.#add(this.#read(sql, this.#question.hive, JSON.stringify(names), this.#poolSize))
  }

  /** Packages that have every word. */
  #collect(choices: Choices, size: number = this.#poolSize): void {
    const rarest = Math.min(...choices.map((of) => countOf(of)))
    if (rarest === 0) return
    if ((choices.length > 1 || rarest <= size) && this.#collectLevel(choices, anywhere, size + 1).length <= size) return
    const seen = new Set<number>()
    // a level holds what is in those above it too: those come again
    for (const level of levelsFor(choices.length)) {
      for (const { id } of this.#collectLevel(choices, level, size + seen.size)) seen.add(id)
      if (seen.size >= size) return
    }
  }

  /** Packages that have some of the words: all but one, then single ones; rare words first. */
  #collectSome(choices: Choices, size: number): void {
    const known = choices.filter((of) => countOf(of) > 0).toSorted((a, b) => countOf(a) - countOf(b))
    const allButOne = known.length > 2 ? known.map((_, index) => known.toSpliced(known.length - 1 - index, 1)) : []
    const wanted = this.#pool.size + size
    for (const some of [...allButOne, ...known.map((of) => [of])]) {
      if (this.#pool.size >= wanted) return
      this.#collect(some, size)
    }
  }

  /** The newest packages of a level; how many there are. */
  #collectLevel(choices: Choices, level: Level, limit: number): readonly PoolRow[] {
    const match = formatMatch(this.#hive, { choices, level, filter: this.#question.filter })
    const rows = match === undefined ? [] : this.#match(match, limit)
    this.#add(rows)
    return rows
  }

  #match(match: string, limit: number): readonly PoolRow[] {
    const sql = `select ${columns} from search_term t cross join search_document d on d.id = ${packageOfRow} cross join package p on p.id = d.id
      where t.search_term match ? order by t.rowid desc limit ?`
    return this.#read(sql, match, limit)
  }

  #newest(hive: HiveId, limit: number): readonly PoolRow[] {
    const sql = `select ${columns} from package p join search_document d on d.id = p.id where p.hive = ?1 and (?2 or p.yanked = 0) order by p.at desc, p.name, p.owner limit ?3`
    return this.#read(sql, hive, this.#question.filter.barred.length === 0 ? 1 : 0, limit)
  }

  #read(sql: string, ...parameters: readonly SqlValue[]): readonly PoolRow[] {
    return this.#reader.all<Row>(sql, ...parameters).map((row) => this.#toPoolRow(row))
  }

  #add(rows: readonly PoolRow[]): void {
    for (const row of rows) if (!this.#pool.has(row.id) && meetsFilter(row.terms, this.#question.filter)) this.#pool.set(row.id, row)
  }

  #toPoolRow(row: Row): PoolRow {
    return {
      ...row,
      isDeprecated: row.deprecated !== null,
      usefulness: this.#question.usefulnessOf?.(row.owner, row.name) ?? 0,
    }
  }

  #rank({ names, words }: TextQuery, choices: Choices): readonly (PoolRow & Score)[] {
    const { hive, query, statistics } = this.#question
    // what others said is of the query as it was typed
    const counts = words === query?.words ? statistics?.counts : undefined
    const yardstick = { names, choices, counts, packages: Math.max(statistics?.packages ?? 0, countTexts(this.#reader, hive)) }
    return [...this.#pool.values()].map((row) => ({ ...row, ...scoreCandidate(row, yardstick) })).toSorted(compareRanked)
  }
}

interface Row {
  readonly id: number
  readonly newest: Cid
  readonly name: string
  readonly owner: OwnerId
  readonly at: number
  readonly deprecated: string | null
  readonly yanked: number
  readonly terms: string
}

const columns = 'd.id, p.newest, p.name, p.owner, p.at, p.deprecated, p.yanked, d.terms'

function toHit({ newest, name, owner, deprecated, yanked }: PoolRow, isFull: boolean): TextHit {
  return { entry: newest, name, owner, isFull, deprecated, isYanked: yanked === 1 }
}
