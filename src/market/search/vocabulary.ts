import type { Transaction } from '../../store/database.ts'
import { deletesOf } from './rules/spelling.ts'
import type { Impact } from './rules/words.ts'

/** Words with their impact, before and after a package changed. */
export interface WordChange {
  readonly before: ReadonlyMap<string, Impact>
  readonly after: ReadonlyMap<string, Impact>
}

/** Impacts of names and keywords: the words by which people look for a package, which are spelled right for them. */
const spelled: readonly Impact[] = [5, 4, 2]

/** Brings the counts of a hive's words in step with one package. What comes is counted before what goes, so that a word that stays is never gone. */
export function countWords(tx: Transaction, hive: number, { before, after }: WordChange): void {
  for (const [word, impact] of after) if (before.get(word) !== impact) addWord(tx, hive, { word, impact })
  for (const [word, impact] of before) if (after.get(word) !== impact) dropWord(tx, hive, { word, impact })
}

interface WeighedWord {
  readonly word: string
  readonly impact: Impact
}

function addWord(tx: Transaction, hive: number, { word, impact }: WeighedWord): void {
  const column = `impact${impact}`
  const sql = `insert into search_word (hive, word, ${column}) values (?, ?, 1) on conflict do update set ${column} = ${column} + 1`
  if (!spelled.includes(impact)) {
    tx.run(sql, hive, word)
    return
  }
  const row = tx.get<{ readonly spelled: number }>(`${sql} returning impact5 + impact4 + impact2 as spelled`, hive, word)
  if (row?.spelled !== 1) return
  tx.run(
    'insert or ignore into search_spelling (hive, hash, word) select ?1, value, ?2 from json_each(?3)',
    hive,
    word,
    JSON.stringify(deletesOf(word)),
  )
}

function dropWord(tx: Transaction, hive: number, { word, impact }: WeighedWord): void {
  const column = `impact${impact}`
  const row = tx.get<{ readonly spelled: number; readonly documents: number }>(
    `update search_word set ${column} = ${column} - 1 where hive = ? and word = ?
     returning impact5 + impact4 + impact2 as spelled, impact5 + impact4 + impact3 + impact2 + impact1 as documents`,
    hive,
    word,
  )
  if (row === undefined) return
  if (row.documents === 0) tx.run('delete from search_word where hive = ? and word = ?', hive, word)
  if (row.spelled > 0 || !spelled.includes(impact)) return
  tx.run(
    'delete from search_spelling where hive = ?1 and word = ?2 and hash in (select value from json_each(?3))',
    hive,
    word,
    JSON.stringify(deletesOf(word)),
  )
}
