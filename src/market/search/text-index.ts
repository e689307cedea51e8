import type { OwnerId } from '../../identity/keys.ts'
import type { HiveId } from '../../journal/entry.ts'
import type { Reader, Transaction } from '../../store/database.ts'
import type { Manifest } from '../manifest/manifest.ts'
import { formatTerms, inHive, parseTerms } from './rules/terms.ts'
import { rowOf } from './rules/rows.ts'
import { countWords, resetWords } from './vocabulary.ts'

/** What search keeps of a package: its newest release, and what is said of it since. */
export interface SearchedPackage {
  readonly hive: HiveId
  readonly owner: OwnerId
  /** Of the newest release. */
  readonly manifest: Manifest
  /** When that was published, the author's wall time in milliseconds. */
  readonly at: number
  /** Every version is yanked: found only by who asks for it. */
  readonly isYanked: boolean
}

interface DocumentRow {
  readonly hive: number
  readonly row: number
  readonly terms: string
}

/** Puts the words of a package into the index, in place of those it had. `id` is `package.id`. */
export function putText(tx: Transaction, id: number, { hive, owner, manifest, at, isYanked }: SearchedPackage): void {
  const terms = formatTerms({ ...manifest, owner, isYanked })
  const number = getHiveNumber(tx, hive) ?? addHive(tx, hive)
  const known = getDocument(tx, id)
  const row = rowOf(id, at)
  if (known?.row === row && known.terms === terms && known.hive === number) return
  if (known !== undefined) deleteTerms(tx, known)
  else tx.run('update search_hive set packages = packages + 1 where number = ?', number)
  tx.run('insert into search_term (rowid, terms) values (?, ?)', row, termsInHive(number, terms))
  tx.run('insert or replace into search_document (id, hive, row, terms) values (?, ?, ?, ?)', id, number, row, terms)
  if (known?.terms !== terms) countWords(tx, number, { before: parseTerms(known?.terms ?? ''), after: parseTerms(terms) })
}

/** Takes a package out of the index; one that is not there is none to take. */
export function removeText(tx: Transaction, id: number): void {
  const known = getDocument(tx, id)
  if (known === undefined) return
  deleteTerms(tx, known)
  tx.run('delete from search_document where id = ?', id)
  tx.run('update search_hive set packages = packages - 1 where number = ?', known.hive)
  countWords(tx, known.hive, { before: parseTerms(known.terms), after: new Map() })
}

/** Empties the index of a hive. */
export function resetText(tx: Transaction, hive: HiveId): void {
  const number = getHiveNumber(tx, hive)
  if (number === undefined) return
  if (tx.get('select 1 from search_document where hive <> ? limit 1', number) === undefined)
    tx.run("insert into search_term (search_term) values ('delete-all')")
  else
    for (const known of tx.iterate<DocumentRow>('select hive, row, terms from search_document where hive = ? order by row', number))
      deleteTerms(tx, known)
  tx.run('delete from search_document where hive = ?', number)
  resetWords(tx, number)
  tx.run('update search_hive set packages = 0 where number = ?', number)
}

/** How many packages the index of a hive has. */
export function countTexts(reader: Reader, hive: HiveId): number {
  return reader.get<{ readonly packages: number }>('select packages from search_hive where hive = ?', hive)?.packages ?? 0
}

/** Categories of the newest packages, the most common first; as facets spell them, with blanks. */
export function listCategories(reader: Reader, number: number): readonly string[] {
  const rows = reader.all<{ readonly terms: string }>(
    `select terms from search_document where hive = ? order by id desc limit ${sampled}`,
    number,
  )
  const counts = new Map<string, number>()
  for (const [, category = ''] of rows.flatMap(({ terms }) => [...terms.matchAll(/ c_(\S+)/g)]))
    counts.set(category, (counts.get(category) ?? 0) + 1)
  const sorted = [...counts].toSorted(([a, many], [b, few]) => few - many || (a < b ? -1 : 1))
  return sorted.map(([category]) => category.replaceAll('_', ' '))
}

/** Packages whose categories are counted. */
const sampled = 200

/** The number that stands for a hive in the index. */
export function getHiveNumber(reader: Reader, hive: HiveId): number | undefined {
  return reader.get<{ readonly number: number }>('select number from search_hive where hive = ?', hive)?.number
}

function addHive(tx: Transaction, hive: HiveId): number {
  const row = tx.get<{ readonly number: number }>('insert into search_hive (hive, packages) values (?, 0) returning number', hive)
  if (row === undefined) throw new Error('a row that was put has no number')
  return row.number
}

function getDocument(reader: Reader, id: number): DocumentRow | undefined {
  return reader.get<DocumentRow>('select hive, row, terms from search_document where id = ?', id)
}

/** FTS5 keeps no text of its own here: what goes is told to it. */
function deleteTerms(tx: Transaction, { hive, row, terms }: DocumentRow): void {
  tx.run("insert into search_term (search_term, rowid, terms) values ('delete', ?, ?)", row, termsInHive(hive, terms))
}

function termsInHive(hive: number, terms: string): string {
  return terms
    .trim()
    .split(' ')
    .map((term) => inHive(hive, term))
    .join(' ')
}
