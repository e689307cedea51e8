import type { OwnerId } from '../../identity/keys.ts'
import type { HiveId } from '../../journal/entry.ts'
import type { Reader } from '../../store/database.ts'
import type { PackageKey } from './word-table.ts'
import { readWord } from './word-table.ts'

/** Hands that a package may go through and still be followed. */
const maxTransfers = 32

/**
 * The owners that a package was handed on to, in order, each step signed by the one before.
 *
 * A step counts only with a higher revision than the one before it: so a package that was handed back is not followed in a circle.
 */
export function listTransfers(reader: Reader, { hive, owner, name }: PackageKey): readonly OwnerId[] {
  const chain: OwnerId[] = []
  let [from, revision] = [owner, -1]
  while (chain.length < maxTransfers) {
    const word = readWord(reader, { hive, owner: from, name }, { kind: 'transfer', subject: '' })
    const to = word?.value as OwnerId | null | undefined
    if (word === undefined || to === null || to === undefined || to === from || word.revision <= revision) return chain
    chain.push(to)
    ;[from, revision] = [to, word.revision]
  }
  return chain
}

/** Whose a package is now: the last of `listTransfers`, or who it was asked of. */
export function followTransfer(
  reader: Reader,
  hive: HiveId,
  { owner, name }: { readonly owner: OwnerId; readonly name: string },
): { readonly owner: OwnerId; readonly name: string } {
  return { owner: listTransfers(reader, { hive, owner, name }).at(-1) ?? owner, name }
}

/** The highest revision by which a package of this name was handed on to an owner: the next hand must come after it. */
export function highestIncoming(reader: Reader, key: PackageKey): number {
  const { hive, name } = key
  const revisions = listGivers(reader, key).map((giver) => readWord(reader, { hive, owner: giver, name }, transferWord)?.revision ?? 0)
  return Math.max(0, ...revisions)
}

/** Owners who handed a package of this name on to somebody, as they say now. */
export function listGivers(reader: Reader, { hive, owner, name }: PackageKey): readonly OwnerId[] {
  const rows = reader.all<{ readonly owner: OwnerId }>(
    `select distinct owner from package_word where hive = ? and name = ? and value = ? and kind = 'transfer' and owner <> value order by owner`,
    hive,
    name,
    owner,
  )
  return rows.map((row) => row.owner).filter((giver) => readWord(reader, { hive, owner: giver, name }, transferWord)?.value === owner)
}

const transferWord = { kind: 'transfer', subject: '' } as const
