import type { ContentStore } from '../content/content.ts'
import type { OwnerId } from '../identity/keys.ts'
import type { HiveId } from '../journal/entry.ts'
import type { ViewedEntry } from '../journal/view.ts'
import type { Cid } from '../lib/cid.ts'
import type { Transaction } from '../store/database.ts'
import { formatResource } from '../ucxl/ucxl.ts'
import type { AgentName } from './name-rows.ts'
import { markUsed, ownerOfBearer } from './name-rows.ts'
import { forgetText } from './text-table.ts'
import type { VersionRecord } from './version.ts'
import { parseVersion } from './version.ts'

export interface VersionRowDeps {
  readonly content: Pick<ContentStore, 'reference' | 'dereference'>
}

interface ResourceRow {
  readonly id: number
  readonly hive: HiveId
  readonly path: string
  readonly first: number
  readonly last: number
  readonly cid: Cid | null
  readonly node: string
  readonly at: number
  readonly is_unordered: number
}

const resourceColumns = 'id, hive, path, first, last, cid, node, at, is_unordered'

interface VersionRow {
  readonly entry: Cid
  readonly node: string
  readonly at: number
  readonly cid: Cid | null
  readonly metadata: string
  readonly keeps: number
}

/** Takes one version in; gives the entries of the versions that can be read since. What nobody may have written stays out. */
export function putVersion(
  tx: Transaction,
  entry: ViewedEntry,
  deps: VersionRowDeps & { readonly rightOf: (who: AgentName & { readonly owner: OwnerId }) => boolean },
): readonly Cid[] {
  const record = parseVersion(entry.body)
  if (record === undefined) return []
  const name: AgentName = { hive: entry.hive, agent: record.resource.agent }
  const owner = ownerOfBearer(tx, name, entry.node)
  if (owner === undefined) return []
  const counts = deps.rightOf({ ...name, owner })
  const resource = openResource(tx, entry.hive, record)
  insertVersion(tx, { entry, record, owner, resource: resource.id, counts })
  if (!counts) return []
  markUsed(tx, name, entry.node)
  return record.version <= resource.last ? includeLate(tx, resource, { entry, record }, deps) : advance(tx, resource, deps)
}

/** Counts the versions of all resources of an agent anew, after the right of some owner to its name changed. */
export function recountAgent(tx: Transaction, { hive, agent }: AgentName, deps: VersionRowDeps): readonly Cid[] {
  tx.run(
    `update context_version set counts = (select holds from context_right r where r.hive = ?1 and r.agent = ?2 and r.owner = context_version.owner)
     where resource in (select id from context_resource where hive = ?1 and agent = ?2)`,
    hive,
    agent,
  )
  tx.run(
    `update context_name set is_used = exists (select 1 from context_version v join context_resource r on r.id = v.resource
       where r.hive = ?1 and r.agent = ?2 and v.node = context_name.node and v.at > context_name.since and v.counts = 1)
     where hive = ?1 and agent = ?2`,
    hive,
    agent,
  )
  const included: Cid[] = []
  for (const { id } of tx.all<{ readonly id: number }>('select id from context_resource where hive = ? and agent = ?', hive, agent)) {
    for (const row of readCounted(tx, id, { from: 1, to: Number.MAX_SAFE_INTEGER })) dereference(tx, hive, row, deps)
    tx.run("update context_resource set first = 1, last = 0, cid = null, at = 0, node = '', is_unordered = 0 where id = ?", id)
    included.push(...advance(tx, requireResource(tx, id), deps))
  }
  return included
}

/** Empties the tables of versions of a hive. */
export function resetVersions(tx: Transaction, hive: HiveId, deps: VersionRowDeps): void {
  const rows = tx.all<{ readonly entry: Cid; readonly cid: Cid | null }>(
    'select v.entry, v.cid from context_version v join context_resource r on r.id = v.resource where r.hive = ? and v.cid is not null',
    hive,
  )
  for (const row of rows) dereference(tx, hive, row, deps)
  tx.run('delete from context_word where rowid in (select id from context_resource where hive = ?)', hive)
  tx.run('delete from context_version where resource in (select id from context_resource where hive = ?)', hive)
  tx.run('delete from context_resource where hive = ?', hive)
}

function openResource(tx: Transaction, hive: HiveId, { resource }: VersionRecord): ResourceRow {
  const name = formatResource(resource)
  const { agent, role, project, task, path } = resource
  const known = tx.get<ResourceRow>(`select ${resourceColumns} from context_resource where hive = ? and resource = ?`, hive, name)
  if (known !== undefined) return known
  const made = tx.get<{ readonly id: number }>(
    'insert into context_resource (hive, resource, agent, role, project, task, path) values (?, ?, ?, ?, ?, ?, ?) returning id',
    hive,
    name,
    agent,
    role,
    project,
    task,
    path,
  )
  if (made === undefined) throw new Error('a row that was put has no number')
  return { id: made.id, hive, path, first: 1, last: 0, cid: null, node: '', at: 0, is_unordered: 0 }
}

function requireResource(tx: Transaction, id: number): ResourceRow {
  const row = tx.get<ResourceRow>(`select ${resourceColumns} from context_resource where id = ?`, id)
  if (row === undefined) throw new Error(`the resource ${id} is not in the view`)
  return row
}

interface InsertedVersion {
  readonly entry: ViewedEntry
  readonly record: VersionRecord
  readonly owner: OwnerId
  readonly resource: number
  readonly counts: boolean
}

function insertVersion(tx: Transaction, { entry, record, owner, resource, counts }: InsertedVersion): void {
  tx.run(
    `insert into context_version (resource, version, entry, node, owner, at, cid, media_type, size, metadata, keeps, counts)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    resource,
    record.version,
    entry.cid,
    entry.node,
    owner,
    entry.at,
    record.cid,
    record.mediaType,
    record.size,
    JSON.stringify(record.metadata),
    record.keeps,
    counts ? 1 : 0,
  )
}

/** A second version with a number that was given already. */
function includeLate(
  tx: Transaction,
  resource: ResourceRow,
  { entry, record }: { readonly entry: ViewedEntry; readonly record: VersionRecord },
  deps: VersionRowDeps,
): readonly Cid[] {
  const { first, last } = resource
  if (record.version >= first && record.cid !== null) reference(tx, resource.hive, { entry: entry.cid, cid: record.cid }, deps)
  settle(tx, resource, { first: Math.max(first, record.keeps), last, isUnordered: true }, deps)
  return [entry.cid]
}

/** Goes on through the numbers that follow without a gap. */
function advance(tx: Transaction, resource: ResourceRow, deps: VersionRowDeps): readonly Cid[] {
  let { first, last, at } = resource
  let isUnordered = false
  const included: VersionRow[] = []
  for (;;) {
    const rows = readCounted(tx, resource.id, { from: last + 1, to: last + 1 })
    if (rows.length === 0) break
    last += 1
    included.push(...rows)
    for (const row of rows) {
      isUnordered ||= row.at <= at || rows.length > 1
      at = row.at
      first = Math.max(first, row.keeps)
      reference(tx, resource.hive, row, deps)
    }
  }
  if (included.length > 0) settle(tx, resource, { first, last, isUnordered }, deps)
  return included.map(({ entry }) => entry)
}

/** Writes what is known of a resource now, lets go of what is no longer kept, and keeps the words of its newest version. */
function settle(
  tx: Transaction,
  resource: ResourceRow,
  { first, last, isUnordered }: { readonly first: number; readonly last: number; readonly isUnordered: boolean },
  deps: VersionRowDeps,
): void {
  const { id, hive } = resource
  for (const row of readCounted(tx, id, { from: resource.first, to: first - 1 })) dereference(tx, hive, row, deps)
  const [newest] = readCounted(tx, id, { from: last, to: last })
  if (newest === undefined) throw new Error(`version ${last} of resource ${id} is not in the view`)
  tx.run(
    'update context_resource set first = ?, last = ?, cid = ?, at = ?, node = ?, is_unordered = ? where id = ?',
    first,
    last,
    newest.cid,
    newest.at,
    newest.node,
    isUnordered || resource.is_unordered === 1 ? 1 : 0,
    id,
  )
  if (resource.cid !== null && resource.cid !== newest.cid) forgetText(tx, resource.cid)
  tx.run('delete from context_word where rowid = ?', id)
  if (newest.cid === null) return
  const metadata: unknown = JSON.parse(newest.metadata)
  const values = typeof metadata === 'object' && metadata !== null ? Object.values(metadata).map(String) : []
  tx.run('insert into context_word (rowid, words) values (?, ?)', id, [resource.path, ...values].join('\n'))
}

/** Versions that count, in order; of those with one number the lowest entry first, whatever came first. */
function readCounted(tx: Transaction, id: number, { from, to }: { readonly from: number; readonly to: number }): readonly VersionRow[] {
  if (to < from) return []
  return tx.all<VersionRow>(
    `select entry, node, at, cid, metadata, keeps from context_version
     where resource = ? and version between ? and ? and counts = 1 order by version, entry`,
    id,
    from,
    to,
  )
}

function reference(tx: Transaction, hive: HiveId, row: Pick<VersionRow, 'entry' | 'cid'>, { content }: VersionRowDeps): void {
  if (row.cid !== null) content.reference(tx, { hive, cid: row.cid, reason: 'entry', source: row.entry })
}

function dereference(tx: Transaction, hive: HiveId, row: Pick<VersionRow, 'entry' | 'cid'>, { content }: VersionRowDeps): void {
  if (row.cid !== null) content.dereference(tx, { hive, cid: row.cid, reason: 'entry', source: row.entry })
}
