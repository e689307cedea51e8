import type { Transaction } from '../../store/database.ts'
import { deletesOf } from './rules/spelling.ts'
import { inHive } from './rules/terms.ts'
import { impacts } from './rules/words.ts'
import type { Impact } from './rules/words.ts'

/** Words with their impact, before and after a package changed. */
export interface WordChange {
  readonly before: ReadonlyMap<string, Impact>
  readonly after: ReadonlyMap<string, Impact>
}

/** Impacts of names and keywords: the words by which people look for a package, which are spelled right for them. */
const spelled: readonly (Impact | undefined)[] = [5, 4, 2]

/**
 * Brings the counts of a hive's words, and the spellings of those that are looked for, in step with one package.
 *
 * A statement for each impact takes all words of it: what crosses into SQLite one by one costs more than what is done there.
 */
export function countWords(tx: Transaction, hive: number, { before, after }: WordChange): void {
  const came = [...after].filter(([word, impact]) => before.get(word) !== impact)
  const went = [...before].filter(([word, impact]) => after.get(word) !== impact)
  for (const impact of impacts) {
    const [more, less] = [came, went].map((list) => list.filter(([, each]) => each === impact).map(([word]) => word))
    if (more !== undefined && more.length > 0) tx.run(moreSql[impact], hive, JSON.stringify(more))
    if (less !== undefined && less.length > 0) tx.run(lessSql[impact], hive, JSON.stringify(less))
  }
  const words = new Set([...came, ...went].map(([word]) => word))
  const looked = [...words].filter((word) => spelled.includes(before.get(word)) !== spelled.includes(after.get(word)))
  if (looked.length > 0) changeSpellings(tx, hive, looked)
  const gone = went.filter(([word]) => !after.has(word)).map(([word]) => word)
  if (gone.length > 0) tx.run(goneSql, hive, JSON.stringify(gone))
}

const moreSql = sqlFor(
  (column) =>
    `insert into search_word (hive, word, ${column}) select ?1, value, 1 from json_each(?2) where true on conflict do update set ${column} = ${column} + 1`,
)
const lessSql = sqlFor(
  (column) => `update search_word set ${column} = ${column} - 1 where hive = ?1 and word in (select value from json_each(?2))`,
)
const goneSql = `
  delete from search_word
  where hive = ?1 and word in (select value from json_each(?2)) and impact5 + impact4 + impact3 + impact2 + impact1 = 0`

function sqlFor(write: (column: string) => string): Readonly<Record<Impact, string>> {
  return { 5: write('impact5'), 4: write('impact4'), 3: write('impact3'), 2: write('impact2'), 1: write('impact1') }
}

interface SpelledRow {
  readonly word: string
  readonly packages: number
  readonly spelling: number | null
}

/** Spells words that the first package has in its name or keywords, and forgets those that the last one had. */
function changeSpellings(tx: Transaction, hive: number, words: readonly string[]): void {
  const rows = tx.all<SpelledRow>(
    `select word, impact5 + impact4 + impact2 as packages, spelling from json_each(?2) cross join search_word on hive = ?1 and word = value`,
    hive,
    JSON.stringify(words),
  )
  for (const { word, packages, spelling } of rows) {
    if (packages > 0 && spelling === null) spell(tx, hive, word)
    if (packages === 0 && spelling !== null) unspell(tx, hive, { word, spelling })
  }
}

function spell(tx: Transaction, hive: number, word: string): void {
  const row = tx.get<{ readonly id: number }>('insert into search_spelling (hive, word) values (?, ?) returning id', hive, word)
  if (row === undefined) throw new Error('a row that was put has no number')
  tx.run('update search_word set spelling = ? where hive = ? and word = ?', row.id, hive, word)
  tx.run('insert into search_piece (rowid, pieces) values (?, ?)', row.id, formatPieces(hive, word))
}

function unspell(tx: Transaction, hive: number, { word, spelling }: { readonly word: string; readonly spelling: number }): void {
  tx.run("insert into search_piece (search_piece, rowid, pieces) values ('delete', ?, ?)", spelling, formatPieces(hive, word))
  tx.run('delete from search_spelling where id = ?', spelling)
  tx.run('update search_word set spelling = null where hive = ? and word = ?', hive, word)
}

function formatPieces(hive: number, word: string): string {
  return deletesOf(word)
    .map((piece) => inHive(hive, piece))
    .join(' ')
}

/** Forgets every word of a hive. */
export function resetWords(tx: Transaction, hive: number): void {
  if (tx.get('select 1 from search_spelling where hive <> ? limit 1', hive) === undefined)
    tx.run("insert into search_piece (search_piece) values ('delete-all')")
  else
    for (const { word, id } of tx.iterate<{ readonly word: string; readonly id: number }>(
      'select word, id from search_spelling where hive = ?',
      hive,
    ))
      tx.run("insert into search_piece (search_piece, rowid, pieces) values ('delete', ?, ?)", id, formatPieces(hive, word))
  for (const table of ['search_word', 'search_spelling']) tx.run(`delete from ${table} where hive = ?`, hive)
}
