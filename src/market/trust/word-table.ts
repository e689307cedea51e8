import type { OwnerId } from '../../identity/keys.ts'
import type { HiveId } from '../../journal/entry.ts'
import type { ViewedEntry } from '../../journal/view.ts'
import type { Reader, Transaction } from '../../store/database.ts'
import type { MaintainerStanding, SaidWord, WordKind } from '../rules/words.ts'
import { addedMaintainer, allows, chooseWord } from '../rules/words.ts'
import type { PackageWord } from './word.ts'
import { parseCuts } from './word.ts'

/** A package of a hive, as the tables name it. */
export interface PackageKey {
  readonly hive: HiveId
  readonly owner: OwnerId
  readonly name: string
}

/** Words of one node of a maintainer on one subject that are remembered: a later cut may go back that far. */
const maxGuestWords = 64

/** Remembers a word. Of an owner's node the last one, of a maintainer's the last few; each node's words come in order. */
export function insertWord(tx: Transaction, entry: ViewedEntry, { word, author }: { word: PackageWord; author: OwnerId }): void {
  const topic = [entry.hive, word.owner, word.name, word.kind, word.subject, author, entry.node] as const
  const kept = author === word.owner ? 0 : maxGuestWords - 1
  tx.run(
    `delete from package_word where hive = ?1 and owner = ?2 and name = ?3 and kind = ?4 and subject = ?5 and author = ?6 and node = ?7
     and (incarnation, seq) not in (
       select incarnation, seq from package_word
       where hive = ?1 and owner = ?2 and name = ?3 and kind = ?4 and subject = ?5 and author = ?6 and node = ?7
       order by incarnation desc, seq desc limit ?8)`,
    ...topic,
    kept,
  )
  tx.run(
    `insert into package_word (hive, owner, name, kind, subject, author, node, incarnation, seq, revision, at, value)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ...topic,
    entry.incarnation,
    entry.seq,
    word.revision,
    entry.at,
    word.value,
  )
}

/** The words of a kind that count now, by subject; those that take back are among them. */
export function readWords(reader: Reader, key: PackageKey, kind: WordKind): ReadonlyMap<string, SaidWord> {
  const bySubject = Map.groupBy(countingWords(reader, key, kind), ({ subject }) => subject)
  const chosen = new Map<string, SaidWord>()
  for (const [subject, words] of bySubject) {
    const word = chooseWord(kind, words)
    if (word !== undefined) chosen.set(subject, word)
  }
  return chosen
}

/** The word on one subject that counts now. */
export function readWord(reader: Reader, key: PackageKey, { kind, subject }: Pick<PackageWord, 'kind' | 'subject'>): SaidWord | undefined {
  return chooseWord(kind, countingWords(reader, key, kind, subject))
}

type WordRow = SaidWord & { readonly subject: string }

const columns = 'subject, author, node, incarnation, seq, revision, at, value'

/** Words of the owner; and of maintainers, as far as they count, where they may speak. What strangers said is not read at all. */
function countingWords(reader: Reader, key: PackageKey, kind: WordKind, subject?: string): readonly WordRow[] {
  const read = (author: OwnerId): readonly WordRow[] =>
    subject === undefined
      ? reader.all<WordRow>(
          `select ${columns} from package_word indexed by package_word_author where hive = ? and owner = ? and name = ? and author = ? and kind = ?`,
          ...[key.hive, key.owner, key.name, author, kind],
        )
      : reader.all<WordRow>(
          `select ${columns} from package_word where hive = ? and owner = ? and name = ? and author = ? and kind = ? and subject = ?`,
          ...[key.hive, key.owner, key.name, author, kind, subject],
        )
  const own = read(key.owner)
  if (kind === 'maintainer' || kind === 'transfer') return own
  const guests = [...readMaintainers(reader, key)].flatMap(([maintainer, standing]) =>
    read(maintainer).filter((word) => allows(standing, word)),
  )
  return [...own, ...guests]
}

/** Everybody whom the owner of a package ever made a maintainer, and how they stand now. */
export function readMaintainers(reader: Reader, key: PackageKey): ReadonlyMap<OwnerId, MaintainerStanding> {
  const standings = new Map<OwnerId, MaintainerStanding>()
  for (const [subject, word] of readWords(reader, key, 'maintainer')) standings.set(subject as OwnerId, standingOf(word))
  return standings
}

/** How one owner stands to a package that is not theirs. */
export function readMaintainer(reader: Reader, key: PackageKey, maintainer: OwnerId): MaintainerStanding {
  return standingOf(readWord(reader, key, { kind: 'maintainer', subject: maintainer }))
}

function standingOf(word: SaidWord | undefined): MaintainerStanding {
  if (word === undefined) return { standing: 'stranger' }
  return word.value === addedMaintainer ? { standing: 'maintainer' } : { standing: 'former', cuts: parseCuts(word.value) }
}

/** Forgets the words of a hive. */
export function resetWords(tx: Transaction, hive: HiveId): void {
  tx.run('delete from package_word where hive = ?', hive)
}

/** Whether anybody ever said anything of a package. */
export function hasWords(reader: Reader, { hive, owner, name }: PackageKey): boolean {
  return reader.get('select 1 from package_word where hive = ? and owner = ? and name = ? limit 1', hive, owner, name) !== undefined
}
