import type { Reader } from '../../store/database.ts'
import { countOf } from './rules/match.ts'
import type { Choice } from './rules/match.ts'
import { allowedEdits, deletesOf, nearnessOf } from './rules/spelling.ts'
import { inHive } from './rules/terms.ts'

/** Words that begin with one that was typed: the most common of them are looked for. */
const maxBeginnings = 8
/** A word that as many packages have is looked for as it is. */
const common = 1_000
/** Words with one beginning that are looked at. */
const maxBeginningRows = 2_000
/** Words of near spelling that are looked for. */
const maxNear = 8
/** Words that share a piece with one that was typed, looked at. */
const maxNearRows = 2_000

interface WordRow {
  readonly word: string
  readonly impact5: number
  readonly impact4: number
  readonly impact3: number
  readonly impact2: number
  readonly impact1: number
}

const columns = 'word, impact5, impact4, impact3, impact2, impact1'

/** A word as the index has it, and the most common ones that begin with it. The word itself is always first, even when no package has it. */
export function findBeginnings(reader: Reader, hive: number, typed: string): readonly Choice[] {
  const exact = reader.get<WordRow>(`select ${columns} from search_word where hive = ? and word = ?`, hive, typed)
  const none = { word: typed, impact5: 0, impact4: 0, impact3: 0, impact2: 0, impact1: 0 }
  const own = toChoice(exact ?? none, { kind: 'exact', edits: 0 })
  // of one letter thousands of words begin with it and none is meant; a word that so many packages have is itself what is meant
  if (typed.length < 2 || countOf([own]) >= common) return [own]
  const rows = reader.all<WordRow>(
    `select ${columns} from (select * from search_word where hive = ?1 and word > ?2 and word < ?3 limit ${maxBeginningRows})
     order by impact5 + impact4 + impact3 + impact2 + impact1 desc, word limit ${maxBeginnings}`,
    hive,
    typed,
    `${typed}\u{10FFFF}`,
  )
  return [own, ...rows.map((row) => toChoice(row, { kind: 'beginning', edits: 0 }))]
}

/** Words of names and keywords a few edits from one that was typed: fewest edits first, then the most common. */
export function findNear(reader: Reader, hive: number, typed: string): readonly Choice[] {
  if (allowedEdits(typed) === 0) return []
  const pieces = deletesOf(typed).map((piece) => `"${inHive(hive, piece)}"`)
  const rows = reader.all<WordRow>(
    `select ${columns} from (
       select s.word as near from search_piece cross join search_spelling s on s.id = search_piece.rowid where search_piece match ?2 limit ${maxNearRows}
     ) cross join search_word on hive = ?1 and word = near`,
    hive,
    pieces.join(' OR '),
  )
  return chooseNear(rows, typed)
}

/** Words of any text a few edits from one that was typed, among so many that a part of an index has no more: elsewhere one of them may be a name. */
export function findNearAnywhere(reader: Reader, hive: number, typed: string): readonly Choice[] {
  const edits = allowedEdits(typed)
  if (edits === 0) return []
  const rows = reader.all<WordRow>(
    `select ${columns} from search_word where hive = ?1 and length(word) between ?2 and ?3 limit ${maxNearRows}`,
    hive,
    typed.length - edits,
    typed.length + edits,
  )
  return chooseNear(rows, typed)
}

function chooseNear(rows: readonly WordRow[], typed: string): readonly Choice[] {
  const near = rows.flatMap((row) => {
    const edits = row.word === typed ? undefined : nearnessOf(typed, row.word)
    return edits === undefined ? [] : [{ row, edits }]
  })
  const sorted = near.toSorted((a, b) => a.edits - b.edits || commonness(b.row) - commonness(a.row) || (a.row.word < b.row.word ? -1 : 1))
  return sorted.slice(0, maxNear).map(({ row, edits }) => toChoice(row, { kind: 'near', edits }))
}

/** The words with those that nobody has taken for two that were joined (`codereview`); undefined when none is. */
export function findApart(reader: Reader, hive: number, words: readonly string[]): readonly string[] | undefined {
  const apart = words.flatMap((word) => splitJoined(reader, hive, word) ?? [word])
  return apart.length > words.length ? apart : undefined
}

/** Of all places to part a word that nobody has, the one whose rarer part is the most common. */
function splitJoined(reader: Reader, hive: number, typed: string): readonly string[] | undefined {
  const letters = Array.from(typed)
  const places = letters
    .slice(3)
    .map((_, index): readonly [string, string] => [letters.slice(0, index + 2).join(''), letters.slice(index + 2).join('')])
  const rows = reader.all<WordRow>(
    `select ${columns} from json_each(?2) cross join search_word on hive = ?1 and word = value`,
    hive,
    JSON.stringify([typed, ...places.flat()]),
  )
  const known = new Map(rows.map((row) => [row.word, commonness(row)]))
  const worth = ([left, right]: readonly [string, string]): number => Math.min(known.get(left) ?? 0, known.get(right) ?? 0)
  const [best] = places.toSorted((a, b) => worth(b) - worth(a))
  return known.has(typed) || best === undefined || worth(best) === 0 ? undefined : best
}

function commonness({ impact5, impact4, impact2 }: WordRow): number {
  return impact5 + impact4 + impact2
}

function toChoice({ word, impact5, impact4, impact3, impact2, impact1 }: WordRow, { kind, edits }: Pick<Choice, 'kind' | 'edits'>): Choice {
  return { word, kind, edits, counts: { 5: impact5, 4: impact4, 3: impact3, 2: impact2, 1: impact1 } }
}
