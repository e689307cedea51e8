import type { Fault } from '../../lib/fault.ts'
import type { OwnerId } from '../../identity/keys.ts'
import type { Entry } from '../../journal/entry.ts'
import type { Reader } from '../../store/database.ts'
import { marketFaults } from '../faults.ts'
import type { MarketHive } from '../market.ts'
import { spellOwner, spellPackage } from '../spell.ts'
import { parsePackageName } from '../rules/names.ts'
import type { SaidWord } from '../rules/words.ts'
import type { PackageWord } from './word.ts'
import { formatWord, parseWord, wordLimits } from './word.ts'
import type { PackageKey } from './word-table.ts'
import { readMaintainer, readWord } from './word-table.ts'

/** What is to be said of a package; its revision is found here. */
export type NewWord = Pick<PackageWord, 'kind' | 'owner' | 'name' | 'subject' | 'value'> & {
  /** A revision that this one must come after, beside those on its own subject. */
  readonly after?: number
}

/**
 * Says something of a package, under our own signature, unless it is what counts already: then gives undefined.
 *
 * @throws Fault NOT_OWNER, OWNER_UNKNOWN, NODE_REVOKED
 */
export async function sayWord(deps: { readonly database: Reader }, hive: MarketHive, word: NewWord): Promise<Entry | undefined> {
  const key: PackageKey = { hive: hive.hive, owner: word.owner, name: word.name }
  assertMaySay(deps.database, hive, word)
  const known = readWord(deps.database, key, word)
  if ((known?.value ?? null) === word.value) return undefined
  const body = formatWord({ ...word, revision: nextRevision(known, word.after ?? 0) })
  if (parseWord(word.kind, body) === undefined) throw new Error(`a word of kind ${word.kind} was made that nobody would read`)
  return hive.journal.append(word.kind, body)
}

function nextRevision(known: SaidWord | undefined, after: number): number {
  return Math.min(wordLimits.revision, Math.max(known?.revision ?? 0, after) + 1)
}

/**
 * Who may say what: an owner all, a maintainer what is about versions.
 *
 * @throws Fault NOT_OWNER, OWNER_UNKNOWN
 */
export function assertMaySay(
  reader: Reader,
  hive: MarketHive,
  { kind, owner, name }: Pick<PackageWord, 'kind' | 'owner' | 'name'>,
): asserts hive is MarketHive & { readonly owner: OwnerId } {
  if (hive.owner === undefined) {
    throw marketFaults.create('OWNER_UNKNOWN', {
      message: `the owner of this node is no member of the hive "${hive.name}", so it cannot say anything there. Join with \`althing hive join CODE\`, or name another hive with --hive.`,
      data: { hive: hive.hive },
    })
  }
  if (hive.owner === owner) return
  const mayMaintain = kind !== 'maintainer' && kind !== 'transfer'
  const isMaintainer = readMaintainer(reader, { hive: hive.hive, owner, name }, hive.owner).standing === 'maintainer'
  if (!mayMaintain || !isMaintainer) throw refuseStranger(hive, { owner, name, mayMaintain })
}

interface Refused {
  readonly owner: OwnerId
  readonly name: string
  readonly mayMaintain: boolean
}

function refuseStranger(hive: MarketHive, { owner, name, mayMaintain }: Refused): Fault {
  const spelled = spellPackage(hive, { owner, name })
  const who = spellOwner(hive, owner)
  const next = mayMaintain
    ? `Ask ${who} to make you a maintainer: \`althing marketplace owner add ${spelled} ${handleOfOurs(hive)}\`.`
    : `Ask ${who} to do it.`
  return marketFaults.create('NOT_OWNER', {
    message: `${spelled} is not yours: it belongs to ${who}, and this node speaks for ${handleOfOurs(hive)}. ${next}`,
    data: { package: spelled, owner, ours: hive.owner ?? null },
  })
}

function handleOfOurs(hive: MarketHive): string {
  return hive.owner === undefined ? 'nobody' : spellOwner(hive, hive.owner)
}

/**
 * Lets a tag of a package name one of its versions, or none (null). Says whether that is new.
 *
 * @throws Fault NOT_OWNER, OWNER_UNKNOWN, NODE_REVOKED
 */
export async function recordTag(
  deps: { readonly database: Reader },
  hive: MarketHive,
  { owner, name, tag, version }: { readonly owner: OwnerId; readonly name: string; readonly tag: string; readonly version: string | null },
): Promise<boolean> {
  const parsed = parsePackageName(name)
  if (parsed === undefined) throw new Error(`${name} is no name of a package`)
  return (await sayWord(deps, hive, { kind: 'tag', owner, name: parsed, subject: tag, value: version })) !== undefined
}
