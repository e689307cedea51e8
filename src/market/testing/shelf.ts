import type { OwnerId } from '../../identity/keys.ts'
import { testHive } from '../../journal/testing/bench-of-peers.ts'
import type { HiveId } from '../../journal/entry.ts'
import { encodeText } from '../../lib/bytes.ts'
import type { Transaction } from '../../store/database.ts'
import { openDatabase } from '../../store/database.ts'
import type { Manifest } from '../manifest/manifest.ts'
import { createFilter } from '../search/rules/filter.ts'
import type { Wanted } from '../search/rules/filter.ts'
import { parseTextQuery } from '../search/rules/query.ts'
import { searchText } from '../search/search-text.ts'
import type { TextAnswer, TextQuestion } from '../search/search-text.ts'
import { putText } from '../search/text-index.ts'
import { leastManifest } from './records.ts'
import { ownerOf } from './stand.ts'

/** What of a package a test of search says. */
export interface Shelved extends Partial<Omit<Manifest, 'name'>> {
  readonly name: string
  readonly owner?: OwnerId
  readonly hive?: HiveId
  /** Wall time of its newest release, in milliseconds. */
  readonly at?: number
  readonly isYanked?: boolean
  readonly deprecated?: string
}

/** A search with what may be asked beside words. */
export interface Asked extends Partial<Wanted>, Partial<Pick<TextQuestion, 'hive' | 'isFuzzy' | 'limit' | 'usefulnessOf'>> {}

/** The text index of search alone, over packages that never were entries. */
export function openShelf() {
  const database = openDatabase({ path: ':memory:' })
  const ask = (text: string, asked: Asked = {}): TextAnswer =>
    searchText(database, {
      hive: testHive,
      query: parseTextQuery(text),
      filter: createFilter({ keyword: [], yanked: false, ...asked }),
      isFuzzy: false,
      limit: 10,
      usefulnessOf: undefined,
      ...asked,
    })
  return {
    database,
    ask,
    put: (...packages: readonly Shelved[]) => database.write((tx) => packages.map((each) => shelve(tx, each))),
    /** Names, best first; a question mark behind those that have some of the words. */
    find: (text: string, asked?: Asked): readonly string[] => ask(text, asked).hits.map(({ name, isFull }) => (isFull ? name : `${name}?`)),
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  }
}

/** Puts a package as the index view does; gives its number. */
export function shelve(
  tx: Transaction,
  { name, owner = ownerOf('ada'), hive = testHive, at = 0, isYanked = false, deprecated, ...manifest }: Shelved,
): number {
  const whole = leastManifest(name, { description: 'nothing said', ...manifest })
  const row = tx.get<{ readonly id: number }>(
    `insert into package (hive, owner, name, newest, at, kind, archive, yanked, deprecated) values (?, ?, ?, ?, ?, ?, ?, ?, ?)
     on conflict do update set at = excluded.at, yanked = excluded.yanked, deprecated = excluded.deprecated returning id`,
    ...[hive, owner, name, `entry of ${name}`, at, whole.kind, encodeText(name), isYanked ? 1 : 0, deprecated ?? null],
  )
  if (row === undefined) throw new Error('a row that was put has no number')
  putText(tx, row.id, { hive, owner, manifest: whole, at, isYanked })
  return row.id
}
