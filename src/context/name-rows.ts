import { parseCertificate } from '../identity/certificate.ts'
import type { OwnerId, PeerId } from '../identity/keys.ts'
import { parseDocumentBody } from '../hive/membership-view.ts'
import type { Membership } from '../hive/membership.ts'
import type { HiveId } from '../journal/entry.ts'
import type { ViewedEntry } from '../journal/view.ts'
import type { Reader, Transaction } from '../store/database.ts'
import type { NameBearer } from './rules/choose-writer.ts'

/** An agent name in a hive. */
export interface AgentName {
  readonly hive: HiveId
  readonly agent: string
}

/**
 * Takes a node's certificate as its own journal has it: from here on it may write as these agents, and no longer as those it leaves out.
 *
 * A name that stays keeps the time at which it began.
 */
export function applyCertificate(tx: Transaction, entry: ViewedEntry): void {
  const document = parseDocumentBody(entry.body)
  const signed = document === undefined ? undefined : parseCertificate(document)
  if (signed === undefined || signed.certificate.node !== entry.node) return
  const { owner, serial, agents } = signed.certificate
  const { hive, node, at } = entry
  const known = tx.get<{ readonly owner: string; readonly serial: number }>(
    'select owner, serial from context_certificate where hive = ? and node = ?',
    hive,
    node,
  )
  // of one owner the higher serial counts; another owner's comes by joining it, and is then the newest in the journal
  if (known?.owner === owner && known.serial >= serial) return
  tx.run(
    `insert into context_certificate (hive, node, owner, serial) values (?, ?, ?, ?)
     on conflict do update set owner = excluded.owner, serial = excluded.serial`,
    hive,
    node,
    owner,
    serial,
  )
  const before = tx.all<{ readonly agent: string; readonly owner: string }>(
    'select agent, owner from context_name where hive = ? and node = ?',
    hive,
    node,
  )
  for (const name of before) {
    if (name.owner === owner && agents.includes(name.agent)) continue
    tx.run('delete from context_name where hive = ? and agent = ? and node = ?', hive, name.agent, node)
  }
  for (const agent of agents) {
    tx.run(
      'insert into context_name (hive, agent, node, owner, since, is_used) values (?, ?, ?, ?, ?, 0) on conflict do nothing',
      hive,
      agent,
      node,
      owner,
      at,
    )
  }
}

/** The owner for whom a node may write as an agent, by its journal so far. */
export function ownerOfBearer(reader: Reader, { hive, agent }: AgentName, node: PeerId): OwnerId | undefined {
  const sql = 'select owner from context_name where hive = ? and agent = ? and node = ?'
  return reader.get<{ readonly owner: OwnerId }>(sql, hive, agent, node)?.owner
}

/** Remembers that a node wrote as an agent. */
export function markUsed(tx: Transaction, { hive, agent }: AgentName, node: PeerId): void {
  tx.run('update context_name set is_used = 1 where hive = ? and agent = ? and node = ? and is_used = 0', hive, agent, node)
}

/** Every node whose journal says that it may write as an agent. */
export function bearersOf(reader: Reader, { hive, agent }: AgentName): readonly (NameBearer & { readonly owner: OwnerId })[] {
  return reader
    .all<{ readonly node: PeerId; readonly owner: OwnerId; readonly since: number; readonly is_used: number }>(
      'select node, owner, since, is_used from context_name where hive = ? and agent = ?',
      hive,
      agent,
    )
    .map(({ is_used: used, ...bearer }) => ({ ...bearer, isUsed: used === 1 }))
}

/** Agent names that a node's journal says it may write as, in order. */
export function namesOf(reader: Reader, hive: HiveId, node: PeerId): readonly string[] {
  const sql = 'select agent from context_name where hive = ? and node = ? order by agent'
  return reader.all<{ readonly agent: string }>(sql, hive, node).map(({ agent }) => agent)
}

/** Whether an owner has or had the right to an agent name; remembered, so that a grant that comes later can change it. */
export function rightOf(
  tx: Transaction,
  { hive, agent, owner }: AgentName & { readonly owner: OwnerId },
  membership: Pick<Membership, 'hasOwned'>,
): boolean {
  const sql = 'select holds from context_right where hive = ? and agent = ? and owner = ?'
  const known = tx.get<{ readonly holds: number }>(sql, hive, agent, owner)
  if (known !== undefined) return known.holds === 1
  const holds = membership.hasOwned(owner, agent)
  tx.run('insert into context_right (hive, agent, owner, holds) values (?, ?, ?, ?)', hive, agent, owner, holds ? 1 : 0)
  return holds
}

/** Asks again after a grant; gives the agents for which the answer is another now. */
export function rejudgeRights(tx: Transaction, hive: HiveId, membership: Pick<Membership, 'hasOwned'>): readonly string[] {
  const changed = new Set<string>()
  const rows = tx.all<{ readonly agent: string; readonly owner: OwnerId; readonly holds: number }>(
    'select agent, owner, holds from context_right where hive = ?',
    hive,
  )
  for (const { agent, owner, holds } of rows) {
    const now = membership.hasOwned(owner, agent) ? 1 : 0
    if (now === holds) continue
    tx.run('update context_right set holds = ? where hive = ? and agent = ? and owner = ?', now, hive, agent, owner)
    changed.add(agent)
  }
  return [...changed]
}

export function resetNames(tx: Transaction, hive: HiveId): void {
  for (const table of ['context_certificate', 'context_name', 'context_right']) tx.run(`delete from ${table} where hive = ?`, hive)
}
