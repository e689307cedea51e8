import type { PeerId } from '../../identity/keys.ts'
import type { HiveId } from '../../journal/entry.ts'
import type { Cid } from '../../lib/cid.ts'
import type { Reader, Transaction } from '../../store/database.ts'

/** Content that some kept version has. */
export interface LiveContent {
  readonly cid: Cid
  /** As its writers say, in bytes. */
  readonly size: number
  /** Who wrote versions with it. */
  readonly writers: readonly PeerId[]
}

interface LiveRow {
  readonly cid: Cid
  readonly size: number
  readonly writers: string
}

const columns = 'v.cid, max(v.size) as size, group_concat(distinct v.node) as writers'
const isLive = 'r.hive = ? and v.counts = 1 and v.version between r.first and r.last'

/** Content of kept versions in the order of its names, behind `after`. */
export function listLiveContent(
  reader: Reader,
  hive: HiveId,
  { after, limit }: { readonly after: string; readonly limit: number },
): readonly LiveContent[] {
  const sql = `select ${columns} from context_version v join context_resource r on r.id = v.resource
    where v.cid > ? and ${isLive} group by v.cid order by v.cid limit ?`
  return reader.all<LiveRow>(sql, after, hive, limit).map(toLive)
}

/** The content of that name, if a kept version has it. */
export function findLiveContent(reader: Reader, hive: HiveId, cid: Cid): LiveContent | undefined {
  const sql = `select ${columns} from context_version v join context_resource r on r.id = v.resource
    where v.cid = ? and ${isLive} group by v.cid`
  const row = reader.get<LiveRow>(sql, cid, hive)
  return row === undefined ? undefined : toLive(row)
}

function toLive({ cid, size, writers }: LiveRow): LiveContent {
  return { cid, size, writers: writers.split(',') as PeerId[] }
}

/** A member that signed for its copy of some content. */
export interface KnownCopy {
  readonly cid: Cid
  readonly node: PeerId
  /** Our wall time when it did, in milliseconds. */
  readonly at: number
}

/** Notes that members have content, as they signed; the newest word of each counts. */
export function noteCopies(tx: Transaction, hive: HiveId, copies: readonly KnownCopy[]): void {
  const sql = 'insert into context_copy (hive, cid, node, at) values (?, ?, ?, ?) on conflict do update set at = excluded.at'
  for (const { cid, node, at } of copies) tx.run(sql, hive, cid, node, at)
}

/** Notes that a member no longer has some content. */
export function dropCopies(tx: Transaction, hive: HiveId, { node, cids }: { readonly node: PeerId; readonly cids: readonly Cid[] }): void {
  for (const cid of cids) {
    tx.run('delete from context_copy where hive = ? and cid = ? and node = ?', hive, cid, node)
    tx.run('delete from receipt where hive = ? and cid = ? and node = ?', hive, cid, node)
  }
}

/** Who signed for some content, and when we were told. */
export function copiesOf(reader: Reader, hive: HiveId, cid: Cid): readonly KnownCopy[] {
  return reader.all<KnownCopy>('select cid, node, at from context_copy where hive = ? and cid = ? order by node', hive, cid)
}

/** Lets go of what is noted of content that no kept version has any more. */
export function forgetDeadCopies(tx: Transaction, hive: HiveId): void {
  tx.run(
    `delete from context_copy where hive = ?1 and not exists (select 1 from context_version v join context_resource r on r.id = v.resource
      where v.cid = context_copy.cid and r.hive = ?1 and v.counts = 1 and v.version between r.first and r.last)`,
    hive,
  )
}
