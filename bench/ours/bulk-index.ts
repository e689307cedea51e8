import { deletesOf } from '../../src/market/search/rules/spelling.ts'
import { rowOf } from '../../src/market/search/rules/rows.ts'
import { formatTerms, inHive, parseTerms } from '../../src/market/search/rules/terms.ts'
import type { SearchedPackage } from '../../src/market/search/text-index.ts'
import type { Database, Transaction } from '../../src/store/database.ts'

/** A package with its number. */
export interface BulkPackage extends SearchedPackage {
  readonly id: number
}

/** Rows put in one transaction. */
const groupSize = 8_192

/** How many packages have a word at each of its impacts, 1 to 5, one behind the other. */
type Counts = [number, number, number, number, number]

/**
 * Fills an empty index with the packages of one hive: words are counted in memory and written once, instead of with each package.
 *
 * The tables are those that `putText` makes one by one, but for the numbers of spellings; a test holds it to that.
 */
export async function fillIndex(
  database: Database,
  packages: Iterable<BulkPackage>,
  alsoPut: (tx: Transaction, one: BulkPackage) => void,
): Promise<void> {
  const words = new Map<string, Counts>()
  let [hive, count] = ['', 0]
  const putOne = (tx: Transaction, one: BulkPackage): void => {
    const terms = formatTerms({ ...one.manifest, owner: one.owner, isYanked: one.isYanked })
    const row = rowOf(one.id, one.at)
    tx.run('insert into search_term (rowid, terms) values (?, ?)', row, terms.trim().split(' ').map(inFirst).join(' '))
    tx.run('insert into search_document (id, hive, row, terms) values (?, ?, ?, ?)', one.id, first, row, terms)
    for (const [word, impact] of parseTerms(terms)) {
      const counts = words.get(word) ?? [0, 0, 0, 0, 0]
      counts[impact - 1] = (counts[impact - 1] ?? 0) + 1
      words.set(word, counts)
    }
    alsoPut(tx, one)
    hive = one.hive
    count += 1
  }
  await inGroups(database, packages, putOne)
  await database.write((tx) => tx.run('insert into search_hive (number, hive, packages) values (?, ?, ?)', first, hive, count))
  await inGroups(database, words, putWord)
}

/** The number of the only hive. */
const first = 1

const inFirst = (term: string): string => inHive(first, term)

function putWord(tx: Transaction, [word, [one, two, three, four, five]]: readonly [string, Counts]): void {
  // names and keywords are what misspelt words are compared with
  const spelling = five + four + two > 0 ? spell(tx, word) : null
  const sql = 'insert into search_word (hive, word, impact5, impact4, impact3, impact2, impact1, spelling) values (?, ?, ?, ?, ?, ?, ?, ?)'
  tx.run(sql, first, word, five, four, three, two, one, spelling)
}

function spell(tx: Transaction, word: string): number {
  const row = tx.get<{ readonly id: number }>('insert into search_spelling (hive, word) values (?, ?) returning id', first, word)
  if (row === undefined) throw new Error('a row that was put has no number')
  tx.run('insert into search_piece (rowid, pieces) values (?, ?)', row.id, deletesOf(word).map(inFirst).join(' '))
  return row.id
}

async function inGroups<T>(database: Database, items: Iterable<T>, put: (tx: Transaction, item: T) => void): Promise<void> {
  let group: T[] = []
  const flush = async (): Promise<void> => {
    const taken = group
    group = []
    await database.write((tx) => {
      for (const item of taken) put(tx, item)
    })
  }
  for (const item of items) if (group.push(item) === groupSize) await flush()
  await flush()
}
