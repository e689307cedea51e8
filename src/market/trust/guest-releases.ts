import type { OwnerId, PeerId } from '../../identity/keys.ts'
import { maxBodyBytes } from '../../journal/codec.ts'
import type { HiveId } from '../../journal/entry.ts'
import { decodeCanonical, encodeCanonical } from '../../lib/canonical.ts'
import type { Cid } from '../../lib/cid.ts'
import type { Reader, Transaction } from '../../store/database.ts'
import { formatRelease, parseRelease } from '../release.ts'
import type { CountingRelease, ReleaseRowDeps } from '../release-row.ts'
import { keyOf, keyValues, putRelease, restand } from '../release-row.ts'
import type { NodeCut } from '../rules/words.ts'
import { allows, comparePositions } from '../rules/words.ts'
import { wordLimits } from './word.ts'
import type { PackageKey } from './word-table.ts'
import { readMaintainer } from './word-table.ts'

/** Remembers a release of a package by somebody else than its owner, whether it counts or not: the word that decides may come later. */
export function insertGuest(tx: Transaction, counting: CountingRelease): void {
  const { entry, release, author } = counting
  tx.run(
    `insert into guest_release (hive, owner, name, author, node, incarnation, seq, entry, at, body)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ...keyValues(keyOf(counting)),
    author,
    entry.node,
    entry.incarnation,
    entry.seq,
    entry.cid,
    entry.at,
    encodeCanonical(formatRelease(release)),
  )
}

interface GuestRow {
  readonly node: PeerId
  readonly incarnation: number
  readonly seq: number
  readonly entry: Cid
  readonly at: number
  readonly body: Uint8Array
}

/**
 * Takes all releases of one maintainer of a package out of the index and puts in those that count now.
 *
 * The rows of the package and of what is said of its versions are to be brought up after it.
 */
export function rejudgeGuests(
  tx: Transaction,
  { key, maintainer }: { readonly key: PackageKey; readonly maintainer: OwnerId },
  deps: ReleaseRowDeps,
): void {
  removeGuests(tx, { key, maintainer }, deps)
  const standing = readMaintainer(tx, key, maintainer)
  const rows = tx.all<GuestRow>(
    `select node, incarnation, seq, entry, at, body from guest_release
     where hive = ? and owner = ? and name = ? and author = ? order by node, incarnation, seq`,
    ...keyValues(key),
    maintainer,
  )
  for (const row of rows) {
    const release = allows(standing, row) ? parseRelease(decodeCanonical(row.body, { maxBytes: maxBodyBytes })?.value) : undefined
    if (release === undefined) continue
    const entry = { ...row, hive: key.hive, cid: row.entry }
    putRelease(tx, { entry, release, author: maintainer }, deps)
  }
  restand(tx, key)
}

function removeGuests(
  tx: Transaction,
  { key, maintainer }: { readonly key: PackageKey; readonly maintainer: OwnerId },
  { content }: ReleaseRowDeps,
): void {
  const counted = tx.all<{ readonly entry: Cid; readonly archive: Cid; readonly files: Cid }>(
    'select entry, archive, files from release where hive = ? and owner = ? and name = ? and author = ?',
    ...keyValues(key),
    maintainer,
  )
  for (const { entry, archive, files } of counted) {
    for (const cid of [archive, files]) content.dereference(tx, { hive: key.hive, cid, reason: 'entry', source: entry })
    tx.run('delete from release where entry = ?', entry)
  }
}

/** Forgets what others than owners released in a hive. */
export function resetGuests(tx: Transaction, hive: HiveId): void {
  tx.run('delete from guest_release where hive = ?', hive)
}

/** The last thing each node of a maintainer said of a package, so that no more than that stands when they are one no more. */
export function maintainedUpTo(reader: Reader, key: PackageKey, maintainer: OwnerId): readonly NodeCut[] {
  const said = reader.all<NodeCut>(
    `select node, incarnation, seq from guest_release where hive = ?1 and owner = ?2 and name = ?3 and author = ?4
     union all select node, incarnation, seq from package_word where hive = ?1 and owner = ?2 and name = ?3 and author = ?4`,
    ...keyValues(key),
    maintainer,
  )
  const last = new Map<PeerId, NodeCut>()
  for (const cut of said) {
    const known = last.get(cut.node)
    if (known === undefined || comparePositions(known, cut) < 0) last.set(cut.node, cut)
  }
  return [...last.values()].toSorted((a, b) => (a.node < b.node ? -1 : 1)).slice(0, wordLimits.cuts)
}
