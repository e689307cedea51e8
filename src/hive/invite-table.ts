import { createHmac } from 'node:crypto'
import { concatBytes, encodeText } from '../lib/bytes.ts'
import { decodeCanonical, encodeCanonical } from '../lib/canonical.ts'
import { hashBytes } from '../lib/cid.ts'
import { isName } from '../identity/certificate.ts'
import { readList, readMap, readOwnerId, readText } from '../identity/fields.ts'
import type { OwnerId } from '../identity/keys.ts'
import type { HiveId } from '../journal/entry.ts'
import type { Database, Transaction } from '../store/database.ts'
import type { Level } from './membership.ts'
import { isHandle } from './rules/handles.ts'
import { parseLevel } from './rules/levels.ts'
import { isScope } from './rules/scopes.ts'

/** What somebody gets who shows the code. */
export interface InviteTerms {
  readonly level: Level
  readonly roles: readonly string[]
  readonly scopes: readonly string[]
  readonly agents: readonly string[]
  /** Handle kept for this invite; null lets the newcomer ask for one. */
  readonly handle: string | null
  /** Revoked owner whose handle goes to the newcomer. */
  readonly replaces: OwnerId | null
  /** For an enrolment: label of the new node; empty takes the one it says. */
  readonly label: string
}

/** An invite or enrolment as this node keeps it. The secret itself stands only in the code. */
export interface StoredInvite {
  readonly id: Uint8Array
  readonly kind: 'invite' | 'enroll'
  /** Key of the proofs, made of the secret. */
  readonly key: Uint8Array
  readonly uses: number
  readonly spent: number
  readonly terms: InviteTerms
  /** Wall time; a convenience, unlike `uses`. */
  readonly expiresAt: number
}

/** Bytes by which a newcomer says which code it has, without telling the code. */
export const inviteIdBytes = 8
const maxTermsBytes = 32_768

/** The name of the code with this secret. */
export function inviteIdOf(secret: Uint8Array): Uint8Array {
  return hashBytes(concatBytes([encodeText('althing-invite-id-v1'), secret])).slice(0, inviteIdBytes)
}

/** The key of proofs about the code with this secret. */
export function inviteKeyOf(secret: Uint8Array): Uint8Array {
  return new Uint8Array(createHmac('sha256', secret).update('althing-invite-key-v1').digest())
}

/** Writes an invite down. */
export function saveInvite(database: Database, hive: HiveId, invite: StoredInvite): Promise<void> {
  const sql = 'insert into hive_invite (hive, id, kind, key, uses, spent, terms, expires_at) values (?, ?, ?, ?, ?, ?, ?, ?)'
  const { id, kind, key, uses, spent, terms, expiresAt } = invite
  return database.write((tx) => void tx.run(sql, hive, id, kind, key, uses, spent, encodeCanonical(terms), expiresAt))
}

/** The invite of an id. */
export function findInvite(database: Database, hive: HiveId, id: Uint8Array): StoredInvite | undefined {
  const sql = 'select kind, key, uses, spent, terms, expires_at from hive_invite where hive = ? and id = ?'
  const row = database.get<{ kind: string; key: Uint8Array; uses: number; spent: number; terms: Uint8Array; expires_at: number }>(
    sql,
    hive,
    id,
  )
  const terms = row === undefined ? undefined : readTerms(decodeCanonical(row.terms, { maxBytes: maxTermsBytes })?.value)
  if (row === undefined || terms === undefined || (row.kind !== 'invite' && row.kind !== 'enroll')) return undefined
  return { id, kind: row.kind, key: row.key, uses: row.uses, spent: row.spent, terms, expiresAt: row.expires_at }
}

/** Whether a newcomer used a code before: it may have the same answer again. */
export function hasUsed(database: Database, hive: HiveId, use: { readonly id: Uint8Array; readonly subject: string }): boolean {
  return (
    database.get('select 1 as used from hive_invite_use where hive = ? and id = ? and subject = ?', hive, use.id, use.subject) !== undefined
  )
}

/** Counts one use, in the transaction that grants what it is for. False when none is left. */
export function spendInvite(tx: Transaction, hive: HiveId, use: { readonly id: Uint8Array; readonly subject: string }): boolean {
  const spent = tx.run('update hive_invite set spent = spent + 1 where hive = ? and id = ? and spent < uses', hive, use.id)
  if (spent === 1) tx.run('insert or ignore into hive_invite_use (hive, id, subject) values (?, ?, ?)', hive, use.id, use.subject)
  return spent === 1
}

function readTerms(value: unknown): InviteTerms | undefined {
  const map = readMap(value, ['level', 'roles', 'scopes', 'agents', 'handle', 'replaces', 'label'])
  if (map === undefined) return undefined
  const level = parseLevel(map.get('level'))
  const roles = readList(map.get('roles'), 16, readName)
  const scopes = readList(map.get('scopes'), 64, (scope) => (typeof scope === 'string' && isScope(scope) ? scope : undefined))
  const agents = readList(map.get('agents'), 32, readName)
  const handle = map.get('handle') === null ? null : readText(map.get('handle'), 32)
  const replaces = map.get('replaces') === null ? null : readOwnerId(map.get('replaces'))
  const label = readText(map.get('label'), 64)
  if (level === undefined || roles === undefined || scopes === undefined || agents === undefined || label === undefined) return undefined
  if (handle === undefined || (handle !== null && !isHandle(handle)) || replaces === undefined) return undefined
  return { level, roles, scopes, agents, handle, replaces, label }
}

function readName(value: unknown): string | undefined {
  return typeof value === 'string' && isName(value) ? value : undefined
}
