import type { ContentStore } from '../content/content.ts'
import type { OwnerId, PeerId } from '../identity/keys.ts'
import type { HiveId } from '../journal/entry.ts'
import type { View, ViewedEntry } from '../journal/view.ts'
import type { Cid } from '../lib/cid.ts'
import type { Clock } from '../lib/clock.ts'
import type { Transaction } from '../store/database.ts'
import { addToPackage, refreshPackage } from './package-row.ts'
import { parseRelease, releaseKind } from './release.ts'
import type { CountingRelease, ReleaseRowDeps } from './release-row.ts'
import { keyOf, markVersions, putRelease, restand } from './release-row.ts'
import { allows, wordKinds } from './rules/words.ts'
import type { WordKind } from './rules/words.ts'
import { resetText } from './search/text-index.ts'
import { insertGuest, rejudgeGuests, resetGuests } from './trust/guest-releases.ts'
import { resetPieces } from './trust/name-pieces.ts'
import { parseWord } from './trust/word.ts'
import type { PackageKey } from './trust/word-table.ts'
import { hasWords, insertWord, readMaintainer, resetWords } from './trust/word-table.ts'

/** The name under which the journal keeps this view. */
export const indexViewName = 'package-index'

/** Kinds of records that the index is made of. */
export const indexKinds: readonly string[] = [releaseKind, ...wordKinds]

export interface IndexViewDeps {
  readonly content: Pick<ContentStore, 'reference' | 'dereference'>
  readonly clock: Pick<Clock, 'now'>
  /** The owner a node is certified for, when that owner is a member of the hive. */
  readonly ownerOf: (node: PeerId) => OwnerId | undefined
  /** Whether the person of this node wants nothing of an owner, or of one of its packages; nobody is blocked without. */
  readonly isBlocked?: (owner: OwnerId, name: string) => boolean
}

/**
 * The package index of a hive, from `release` entries and from what owners say of their packages beside.
 *
 * A release counts when its author's node is certified for the owner it names, or for a maintainer whom that owner added; else it is
 * inert. A version is what its owner first said: of two nodes that say it differently one stands by a rule that no order of arrival
 * changes, and the other is kept and shown as a conflict. Nothing here depends on the order in which different authors' entries came.
 */
export function createIndexView(deps: IndexViewDeps): View {
  const rows: ReleaseRowDeps = { content: deps.content, now: () => deps.clock.now() }
  const isBlocked = deps.isBlocked ?? (() => false)
  return {
    name: indexViewName,
    version: 3,
    kinds: indexKinds,
    looseKinds: [releaseKind],
    apply: (tx, entry) => {
      const author = deps.ownerOf(entry.node)
      if (author === undefined) return
      const kind = wordKinds.find((each) => each === entry.kind)
      if (kind === undefined) applyRelease(tx, { entry, author }, { ...rows, isBlocked })
      else applyWord(tx, { entry, author, kind }, { ...rows, isBlocked })
    },
    withdraw: (tx, entry) => withdrawEntry(tx, entry, deps),
    reset: (tx, hive) => resetIndex(tx, hive, deps),
  }
}

interface Authored {
  readonly entry: ViewedEntry
  readonly author: OwnerId
}

interface ApplyDeps extends ReleaseRowDeps {
  readonly isBlocked: (owner: OwnerId, name: string) => boolean
}

function applyRelease(tx: Transaction, { entry, author }: Authored, rows: ApplyDeps): void {
  const release = parseRelease(entry.body)
  if (release === undefined || rows.isBlocked(author, '') || rows.isBlocked(release.owner, release.manifest.name)) return
  const counting = { entry, release, author }
  if (author === release.owner) return addRelease(tx, counting, rows)
  insertGuest(tx, counting)
  if (allows(readMaintainer(tx, keyOf(counting), author), entry)) addRelease(tx, counting, rows)
}

function addRelease(tx: Transaction, counting: CountingRelease, rows: ReleaseRowDeps): void {
  const { entry, release } = counting
  const key = keyOf(counting)
  const put = putRelease(tx, counting, rows)
  if (put === undefined) return
  // what was said of the version before it came
  if (hasWords(tx, key)) markVersions(tx, key, release.manifest.version)
  if (put.displaced !== undefined) return refreshPackage(tx, key)
  if (!put.stands) return
  const row = tx.get<{ readonly yanked: string | null }>('select yanked from release where entry = ?', entry.cid)
  addToPackage(tx, key, { entry: entry.cid, version: release.manifest.version, at: entry.at, yanked: row?.yanked ?? null })
}

function applyWord(tx: Transaction, { entry, author, kind }: Authored & { readonly kind: WordKind }, rows: ApplyDeps): void {
  const word = parseWord(kind, entry.body)
  if (word === undefined || rows.isBlocked(author, '') || rows.isBlocked(word.owner, word.name)) return
  const isOwners = author === word.owner
  // who maintains it, and whose it is, is for the owner alone to say
  if (!isOwners && (kind === 'maintainer' || kind === 'transfer')) return
  insertWord(tx, entry, { word, author })
  const key: PackageKey = { hive: entry.hive, owner: word.owner, name: word.name }
  if (!isOwners && !allows(readMaintainer(tx, key, author), entry)) return
  if (kind === 'tag' || kind === 'transfer') return
  if (kind === 'maintainer') rejudgeGuests(tx, { key, maintainer: word.subject as OwnerId }, rows)
  markVersions(tx, key, kind === 'yank' ? word.subject : undefined)
  refreshPackage(tx, key)
}

/** Takes a release back that came without those before it; what is said of versions stays. */
function withdrawEntry(tx: Transaction, { hive, cid }: Pick<ViewedEntry, 'hive' | 'cid'>, { content }: IndexViewDeps): void {
  const row = tx.get<{ readonly owner: OwnerId; readonly name: string; readonly archive: Cid; readonly files: Cid }>(
    'select owner, name, archive, files from release where hive = ? and entry = ?',
    hive,
    cid,
  )
  if (row === undefined) return
  const key: PackageKey = { hive, owner: row.owner, name: row.name }
  for (const each of [row.archive, row.files]) content.dereference(tx, { hive, cid: each, reason: 'entry', source: cid })
  tx.run('delete from release where hive = ? and entry = ?', hive, cid)
  tx.run('delete from guest_release where hive = ? and entry = ?', hive, cid)
  restand(tx, key)
  refreshPackage(tx, key)
}

function resetIndex(tx: Transaction, hive: HiveId, { content }: IndexViewDeps): void {
  for (const row of tx.all<{ entry: string; archive: Cid; files: Cid }>('select entry, archive, files from release where hive = ?', hive)) {
    for (const cid of [row.archive, row.files]) content.dereference(tx, { hive, cid, reason: 'entry', source: row.entry })
  }
  resetText(tx, hive)
  resetPieces(tx, hive)
  tx.run('delete from package where hive = ?', hive)
  tx.run('delete from release where hive = ?', hive)
  resetGuests(tx, hive)
  resetWords(tx, hive)
}
