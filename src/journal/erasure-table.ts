import type { PeerId } from '../identity/keys.ts'
import type { Cid } from '../lib/cid.ts'
import { cidOfLink } from '../lib/cid.ts'
import type { Reader, Transaction } from '../store/database.ts'
import { formatEntry, isSigned, parseBody, parseEntry } from './codec.ts'
import type { EntryTable } from './entry-table.ts'
import type { Entry, HiveId } from './entry.ts'
import { incarnationKind } from './rules/judge-next.ts'

/** Kind of a record that erases the body of an earlier entry of its author. */
export const eraseKind = 'erase'

/** Whether a body may be erased: those that hold the journal itself together may not. */
export function isErasable(kind: string): boolean {
  return kind !== eraseKind && kind !== incarnationKind
}

/** Which bodies their authors erased, with the signed records that say so: they excuse a missing body to others. */
export class ErasureTable {
  readonly #hive: HiveId
  readonly #reader: Reader
  readonly #entries: EntryTable

  constructor(hive: HiveId, reader: Reader, entries: EntryTable) {
    this.#hive = hive
    this.#reader = reader
    this.#entries = entries
  }

  isErased(node: PeerId, cid: Cid): boolean {
    return this.evidence(node, cid) !== undefined
  }

  /** The record that erased an entry's body. */
  evidence(node: PeerId, cid: Cid): Entry | undefined {
    const row = this.#reader.get<{ readonly wire: Uint8Array }>(
      'select wire from erasure where hive = ? and node = ? and cid = ?',
      this.#hive,
      node,
      cid,
    )
    return row && parseEntry(row.wire)
  }

  /** Does what an erase record asks, if it is one; gives the kind of the entry that lost its body here. */
  take(tx: Transaction, record: Entry): string | undefined {
    const target = erasedBy(record)
    if (target === undefined) return undefined
    const { node } = record.header
    tx.run(
      'insert into erasure (hive, node, cid, source, wire) values (?, ?, ?, ?, ?) on conflict do nothing',
      this.#hive,
      node,
      target,
      record.cid,
      formatEntry(record),
    )
    const stored = this.#entries.find(target)
    if (stored === undefined || stored.entry.header.node !== node || stored.entry.bodyBytes === undefined) return undefined
    if (!isErasable(stored.entry.header.kind)) return undefined
    this.#entries.eraseBody(tx, stored.arrival)
    return stored.entry.header.kind
  }
}

/** The entry whose body a record erases; undefined for any other record. An erase record cannot be erased itself. */
export function erasedBy(record: Entry): Cid | undefined {
  if (record.header.kind !== eraseKind) return undefined
  const body = parseBody(record)?.value
  return body !== null && typeof body === 'object' && 'cid' in body ? cidOfLink(body.cid) : undefined
}

/** The erase records among what a peer sent as excuse for missing bodies: each must carry its own good signature. */
export function erasuresIn(evidence: readonly Entry[], hive: HiveId): readonly Entry[] {
  return evidence.filter((record) => record.header.hive === hive && erasedBy(record) !== undefined && isSigned(record))
}
