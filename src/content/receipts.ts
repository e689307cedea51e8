import type { PeerId } from '../identity/keys.ts'
import type { Cid } from '../lib/cid.ts'
import type { Database, Transaction } from '../store/database.ts'
import type { Receipt } from './protocol.ts'
import { isReceiptSigned } from './protocol.ts'

/** Stores a receipt from a peer; false, and nothing stored, when the node it names did not sign it. */
export async function keepReceipt(database: Database, receipt: Receipt, signature: Uint8Array): Promise<boolean> {
  if (!isReceiptSigned(receipt, signature)) return false
  await database.write((tx) => putReceipt(tx, receipt, signature))
  return true
}

/** Stores a receipt whose signature was looked at. */
export function putReceipt(tx: Transaction, { hive, cid, node, at }: Receipt, signature: Uint8Array): void {
  const sql = `insert into receipt (hive, cid, node, at, signature) values (?, ?, ?, ?, ?)
    on conflict do update set at = excluded.at, signature = excluded.signature`
  tx.run(sql, hive, cid, node, at, signature)
}

/** Who signed for a copy, as far as we were told. */
export function findSigners(database: Database, hive: string, cid: Cid): readonly PeerId[] {
  return database
    .all<{ node: PeerId }>('select node from receipt where hive = ? and cid = ? order by node', hive, cid)
    .map(({ node }) => node)
}
