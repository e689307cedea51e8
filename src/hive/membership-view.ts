import { encodeCanonical } from '../lib/canonical.ts'
import { parseCertificate } from '../identity/certificate.ts'
import type { PeerId } from '../identity/keys.ts'
import { readMap } from '../identity/fields.ts'
import type { View, ViewedEntry } from '../journal/view.ts'
import type { Transaction } from '../store/database.ts'
import { formatGrant, parseGrant } from './grant.ts'
import { parseNodeRevocation } from './root-documents.ts'

/** Kinds of records this folder writes and reads. @see docs/protocols/hive.md §3 */
export const certificateKind = 'certificate'
export const grantKind = 'grant'
export const nodeRevocationKind = 'node-revocation'

/** What changed: what is known about a node, the grants somebody wrote and so perhaps everybody's standing, or all rows. */
export type MembershipChange = { readonly node: PeerId } | { readonly grantsOf: PeerId; readonly isRecovery: boolean } | 'everything'

export interface MembershipViewListener {
  /** In the transaction, after the rows are written. */
  readonly onApplied: (change: MembershipChange) => void
  /** After the commit, once for each change. */
  readonly onCommitted: () => void
}

/**
 * Keeps what journals say about membership: certificates of nodes by themselves, grants of anybody, revocations of nodes by their owners.
 *
 * Nothing is judged here: whose grants count depends on other grants and is `foldGrants`' to say.
 */
export function createMembershipView(listener: MembershipViewListener): View {
  return {
    name: 'membership',
    version: 1,
    kinds: [certificateKind, grantKind, nodeRevocationKind],
    apply: (tx, entry) => {
      const change = keep(tx, entry)
      if (change === undefined) return
      listener.onApplied(change)
      tx.afterCommit(listener.onCommitted)
    },
    reset: (tx, hive) => {
      tx.run('delete from hive_certificate where hive = ?', hive)
      tx.run('delete from hive_grant where hive = ?', hive)
      tx.run('delete from hive_node_revocation where hive = ?', hive)
      listener.onApplied('everything')
      tx.afterCommit(listener.onCommitted)
    },
  }
}

/** The body of a record of kind `certificate` or `node-revocation`: one signed document. */
export function formatDocumentBody(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  return { document: bytes }
}

/** Reads such a body. */
export function parseDocumentBody(body: unknown): Uint8Array | undefined {
  const document = readMap(body, ['document'])?.get('document')
  return document instanceof Uint8Array ? document : undefined
}

function keep(tx: Transaction, entry: ViewedEntry): MembershipChange | undefined {
  if (entry.kind === grantKind) return keepGrant(tx, entry)
  const document = parseDocumentBody(entry.body)
  if (document === undefined) return undefined
  return entry.kind === certificateKind ? keepCertificate(tx, entry, document) : keepNodeRevocation(tx, entry, document)
}

function keepGrant(tx: Transaction, entry: ViewedEntry): MembershipChange | undefined {
  const grant = parseGrant(entry.body)
  if (grant === undefined) return undefined
  const { hive, node, incarnation, seq, cid } = entry
  const body = encodeCanonical(formatGrant(grant))
  const sql = 'insert or replace into hive_grant (hive, node, incarnation, seq, cid, type, body) values (?, ?, ?, ?, ?, ?, ?)'
  tx.run(sql, hive, node, incarnation, seq, cid, grant.type, body)
  return { grantsOf: node, isRecovery: grant.type === 'recover' }
}

function keepCertificate(tx: Transaction, entry: ViewedEntry, document: Uint8Array): MembershipChange | undefined {
  const signed = parseCertificate(document)
  // only a node's own journal speaks for it: nobody is drawn under an owner against its will
  if (signed === undefined || signed.certificate.node !== entry.node) return undefined
  const { node, owner, serial } = signed.certificate
  const sql = `insert into hive_certificate (hive, node, owner, serial, bytes) values (?, ?, ?, ?, ?)
    on conflict do update set serial = excluded.serial, bytes = excluded.bytes where excluded.serial > serial`
  return tx.run(sql, entry.hive, node, owner, serial, document) > 0 ? { node } : undefined
}

function keepNodeRevocation(tx: Transaction, entry: ViewedEntry, document: Uint8Array): MembershipChange | undefined {
  const revocation = parseNodeRevocation(document)
  if (revocation === undefined || revocation.hive !== entry.hive) return undefined
  const { node, signer, last } = revocation
  // 0/0 stands for "nothing"; of several the earliest end holds, in whatever order they came
  const sql = `insert into hive_node_revocation (hive, node, owner, incarnation, seq) values (?, ?, ?, ?, ?)
    on conflict do update set incarnation = excluded.incarnation, seq = excluded.seq
    where (excluded.incarnation, excluded.seq) < (incarnation, seq)`
  return tx.run(sql, entry.hive, node, signer, last?.incarnation ?? 0, last?.seq ?? 0) > 0 ? { node } : undefined
}
