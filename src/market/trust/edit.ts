import type { CallContext } from '../../operations/define-operation.ts'
import { hiveFaults } from '../../hive/faults.ts'
import type { OwnerId } from '../../identity/keys.ts'
import type { Cid } from '../../lib/cid.ts'
import type { Reader } from '../../store/database.ts'
import { marketFaults } from '../faults.ts'
import type { MarketDeps, MarketHive, MarketOptions } from '../market.ts'
import { waitForPeer } from '../publish/spread.ts'
import { refuseReference, refuseVersion } from '../refuse-package.ts'
import { findPackage } from '../resolve.ts'
import { spellOwner, spellPackage } from '../spell.ts'
import { parseTag } from '../rules/tags.ts'
import { isVersionRange, parseVersion } from '../rules/versions.ts'
import type { NodeCut } from '../rules/words.ts'
import { addedMaintainer } from '../rules/words.ts'
import { maintainedUpTo } from './guest-releases.ts'
import { assertMaySay, sayWord } from './say-word.ts'
import type { NewWord } from './say-word.ts'
import { isPlainText } from '../shape.ts'
import { highestIncoming } from './transfers.ts'
import { formatCuts, wordLimits } from './word.ts'
import { readWords } from './word-table.ts'

/** What was said of a package, or that it stood already. */
export interface SaidReport {
  readonly status: 'said' | 'unchanged'
  readonly package: string
  /** One sentence: how it is now. */
  readonly now: string
  /** The last entry that says so; null when nothing had to be said. */
  readonly entry: Cid | null
  /** Members connected. */
  readonly announcedTo: number
}

/**
 * A process that ends with the command stays so long, in milliseconds, when somebody is connected: nobody acknowledges an entry, and the
 * peer's own question for it, which follows on the first comparison of heads, has to be answered.
 */
const lingerMs = 2_000

type EditDeps = MarketDeps & { readonly options: MarketOptions }

interface Sentence {
  readonly hive: MarketHive
  readonly context: CallContext
  readonly spelled: string
  readonly now: string
}

async function say(deps: EditDeps, words: readonly NewWord[], { hive, context, spelled, now }: Sentence): Promise<SaidReport> {
  for (const word of words) assertMaySay(deps.database, hive, word)
  if (deps.isTransient) await waitForPeer(deps, hive, context)
  let entry: Cid | null = null
  for (const word of words) entry = (await sayWord(deps, hive, word))?.cid ?? entry
  if (deps.isTransient && entry !== null && hive.connectedPeers().length > 0) await deps.clock.sleep(lingerMs, { signal: context.signal })
  return { status: entry === null ? 'unchanged' : 'said', package: spelled, now, entry, announcedTo: hive.connectedPeers().length }
}

/** Takes a version back, or puts it up again. @throws Fault of `findPackage`, VERSION_UNKNOWN, NOT_OWNER, OWNER_UNKNOWN, TEXT_INVALID */
export async function yankVersion(
  deps: EditDeps,
  input: { readonly package: string; readonly reason?: string | undefined; readonly undo: boolean },
  context: CallContext,
): Promise<SaidReport> {
  const hive = deps.findHive(context.hive)
  const found = findPackage(deps.database, hive, input.package, hive.owner)
  const { reference, owner, own } = found
  const version = own.find((each) => each.version === reference.range)?.version
  if (reference.range === undefined || parseVersion(reference.range) === undefined)
    throw refuseReference(input.package, 'NAME@1.2.3, one exact version')
  if (version === undefined) throw refuseVersion(deps.database, hive, { ...found, versions: own })
  const spelled = spellPackage(hive, { owner, name: reference.name })
  const reason = input.reason === undefined ? '' : checkText(input.reason)
  const now = input.undo
    ? `${spelled} ${version} stands again`
    : `${spelled} ${version} is yanked: whoever has it keeps it, nobody else gets it unasked`
  const word: NewWord = { kind: 'yank', owner, name: reference.name, subject: version, value: input.undo ? null : reason }
  return say(deps, [word], { hive, context, spelled, now })
}

/** Says of versions that they should not be used any more, or takes that back; without a range, of all. @throws Fault as `yankVersion` */
export async function deprecatePackage(
  deps: EditDeps,
  input: { readonly package: string; readonly message?: string | undefined; readonly undo: boolean },
  context: CallContext,
): Promise<SaidReport> {
  const hive = deps.findHive(context.hive)
  const { reference, owner } = findPackage(deps.database, hive, input.package, hive.owner)
  const { name, range } = reference
  if (range !== undefined && !isVersionRange(range)) throw refuseReference(input.package, 'NAME or NAME@RANGE, as axum@^1.2')
  if (!input.undo && input.message === undefined)
    throw refuseText('say why, and what to use instead: `althing deprecate NAME "use other-name"`')
  const spelled = spellPackage(hive, { owner, name })
  const value = input.undo ? null : checkText(input.message ?? '')
  const subjects = range === undefined || range === '*' ? ['*'] : [range]
  const all = [...readWords(deps.database, { hive: hive.hive, owner, name }, 'deprecate').keys()]
  const words = (input.undo && range === undefined ? all : subjects).map((subject): NewWord => ({
    kind: 'deprecate',
    owner,
    name,
    subject,
    value,
  }))
  const of = range === undefined ? spelled : `${spelled}@${range}`
  const now = input.undo ? `${of} is deprecated no more` : `${of} is deprecated: ${value}`
  return say(deps, words, { hive, context, spelled, now })
}

/** Lets a tag name a version, or nothing. @throws Fault as `yankVersion`, TAG_INVALID */
export async function tagVersion(
  deps: EditDeps,
  input: { readonly action: 'add' | 'rm'; readonly package: string; readonly tag: string },
  context: CallContext,
): Promise<SaidReport> {
  const hive = deps.findHive(context.hive)
  const found = findPackage(deps.database, hive, input.package, hive.owner)
  const { reference, owner, own } = found
  const subject = parseTag(input.tag)
  if (subject === undefined) throw refuseTag(input.tag)
  const version = own.find((each) => each.version === reference.range)?.version
  if (input.action === 'add' && version === undefined) throw refuseVersion(deps.database, hive, { ...found, versions: own })
  const spelled = spellPackage(hive, { owner, name: reference.name })
  const value = input.action === 'add' ? (version ?? null) : null
  const now = value === null ? `${spelled} has no tag ${subject}` : `${spelled}@${subject} is ${value}`
  return say(deps, [{ kind: 'tag', owner, name: reference.name, subject, value }], { hive, context, spelled, now })
}

export interface OwnerInput {
  readonly action: 'add' | 'remove' | 'transfer'
  readonly package: string
  readonly member: string
  /** With `remove`: what they released does not stand either. */
  readonly revoke: boolean
}

/** Makes somebody a maintainer, ends that, or hands a package on. @throws Fault as `yankVersion`, MEMBER_UNKNOWN */
export async function changeOwner(deps: EditDeps, input: OwnerInput, context: CallContext): Promise<SaidReport> {
  const hive = deps.findHive(context.hive)
  const { reference, owner } = findPackage(deps.database, hive, input.package, hive.owner)
  const key = { hive: hive.hive, owner, name: reference.name }
  const member = findMember(hive, input.member)
  const [spelled, who] = [spellPackage(hive, key), spellOwner(hive, member)]
  const common = { owner, name: reference.name }
  if (input.action === 'transfer') {
    const after = highestIncoming(deps.database, key)
    const now =
      member === owner
        ? `${spelled} is yours as before`
        : `${spelled} is handed on to ${who}: their releases of ${reference.name} follow yours`
    return say(deps, [{ ...common, kind: 'transfer', subject: '', value: member, after }], { hive, context, spelled, now })
  }
  if (member === owner) throw refuseSelf(spelled, who)
  const isAdd = input.action === 'add'
  const cuts = isAdd || input.revoke ? [] : maintainedUpTo(deps.database, key, member)
  const value = isAdd ? addedMaintainer : endOf(deps.database, { hive, common, member, cuts })
  const kept = input.revoke ? 'nothing they released stands' : 'what they released stands'
  const now = isAdd ? `${who} maintains ${spelled}: may release, yank, deprecate and tag` : `${who} maintains ${spelled} no more; ${kept}`
  return say(deps, value === undefined ? [] : [{ ...common, kind: 'maintainer', subject: member, value }], { hive, context, spelled, now })
}

interface EndRequest {
  readonly hive: MarketHive
  readonly common: Pick<NewWord, 'owner' | 'name'>
  readonly member: OwnerId
  readonly cuts: readonly NodeCut[]
}

/** What ends a maintainer; undefined for who never was one, of whom there is nothing to say. */
function endOf(reader: Reader, { hive, common, member, cuts }: EndRequest): string | undefined {
  const known = readWords(reader, { hive: hive.hive, ...common }, 'maintainer').get(member)
  return known === undefined ? undefined : formatCuts(cuts)
}

/** @throws Fault MEMBER_UNKNOWN */
function findMember(hive: MarketHive, wanted: string): OwnerId {
  const owner = hive.membership.findOwner(wanted.replace(/^@/, ''))
  if (owner !== undefined) return owner
  throw hiveFaults.create('MEMBER_UNKNOWN', {
    message: `${JSON.stringify(wanted)} is nobody in "${hive.name}"; \`althing hive members\` lists them`,
    data: { wanted },
  })
}

/** @throws Fault TEXT_INVALID */
function checkText(text: string): string {
  if (text.length > 0 && text.length <= wordLimits.text && isPlainText(text)) return text
  throw refuseText(`write one line of 1 to ${wordLimits.text} characters`)
}

function refuseText(problem: string): Error {
  return marketFaults.create('TEXT_INVALID', { message: `that is nothing others could read: ${problem}`, data: { max: wordLimits.text } })
}

function refuseTag(tag: string): Error {
  return marketFaults.create('TAG_INVALID', {
    message: `${JSON.stringify(tag.slice(0, 80).toWellFormed())} is no tag. Write 1 to 32 of a–z, 0–9, dot, hyphen and underscore, beginning with a letter; not "latest", and nothing that is a range of versions, such as v1 or x.`,
    data: { tag: tag.slice(0, 80).toWellFormed() },
  })
}

function refuseSelf(spelled: string, who: string): Error {
  return marketFaults.create('NOT_OWNER', {
    message: `${spelled} is ${who}'s own: its owner needs no other right to it. Name another member.`,
    data: { package: spelled },
  })
}
