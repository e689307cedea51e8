import { parseBody } from '../../journal/codec.ts'
import type { Acquaintances } from '../../hive/acquaintances.ts'
import type { Clock } from '../../lib/clock.ts'
import type { ContentStore } from '../../content/content.ts'
import type { Cid } from '../../lib/cid.ts'
import type { Transaction } from '../../store/database.ts'
import type { OwnerId } from '../../identity/keys.ts'
import { createIndexView } from '../index-view.ts'
import { refreshPackage } from '../package-row.ts'
import { comparePositions } from '../rules/words.ts'
import type { RegistryMembership } from './registry-membership.ts'
import type { KeptEntry, RegistryRow } from './registry-table.ts'
import { listKept, listKeptNames } from './registry-table.ts'

export interface IndexDeps {
  readonly content: Pick<ContentStore, 'reference' | 'dereference'>
  readonly clock: Pick<Clock, 'now'>
  /** Whose packages the person of this node does not want to see. */
  readonly acquaintances: Pick<Acquaintances, 'isBlocked'>
}

/** The version of the rows that are made here: that of the index view. */
export const indexVersion = createIndexView({
  content: { reference: () => {}, dereference: () => {} },
  clock: { now: () => 0 },
  ownerOf: () => undefined,
}).version

/** Makes the rows of one name anew, from all that a registry ever said of it: as a hive's journals would have made them. */
export function indexName(
  tx: Transaction,
  { row, name, membership }: { readonly row: RegistryRow; readonly name: string; readonly membership: RegistryMembership },
  deps: IndexDeps,
): void {
  clearName(tx, row, name, deps)
  const { content, clock, acquaintances } = deps
  const view = createIndexView({ content, clock, ownerOf: membership.ownerOf, isBlocked: acquaintances.isBlocked })
  for (const kept of listKept(tx, row.id, name)) {
    if (!isAdmitted(membership, kept)) continue
    const { node, incarnation, seq, kind, at } = kept.entry.header
    view.apply(tx, { hive: row.hive, node, incarnation, seq, cid: kept.id, kind, at, body: parseBody(kept.entry)?.value })
  }
}

/** Makes the rows of a whole registry anew. */
export function indexEverything(
  tx: Transaction,
  { row, membership }: { readonly row: RegistryRow; readonly membership: RegistryMembership },
  deps: IndexDeps,
): void {
  for (const name of listKeptNames(tx, row.id)) indexName(tx, { row, name, membership }, deps)
  tx.run('update registry set view_version = ? where id = ?', indexVersion, row.id)
}

/** Takes what the index has of one name of a registry away. */
export function clearName(tx: Transaction, { hive }: Pick<RegistryRow, 'hive'>, name: string, { content }: IndexDeps): void {
  const rows = tx.all<{ readonly entry: string; readonly archive: Cid; readonly files: Cid }>(
    'select entry, archive, files from release where hive = ? and name = ?',
    hive,
    name,
  )
  for (const { entry, archive, files } of rows)
    for (const cid of [archive, files]) content.dereference(tx, { hive, cid, reason: 'entry', source: entry })
  for (const table of ['release', 'guest_release', 'package_word']) tx.run(`delete from ${table} where hive = ? and name = ?`, hive, name)
  const owners = tx.all<{ readonly owner: OwnerId }>('select owner from package where hive = ? and name = ?', hive, name)
  for (const { owner } of owners) refreshPackage(tx, { hive, owner, name })
}

function isAdmitted(membership: RegistryMembership, { entry: { header } }: KeptEntry): boolean {
  const judged = membership.judge(header.node)
  if (judged.verdict === 'cut') return judged.after !== undefined && comparePositions(header, judged.after) <= 0
  return judged.verdict === 'admitted'
}
