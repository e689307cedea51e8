import type { PeerId } from '../identity/keys.ts'
import type { Cid } from '../lib/cid.ts'
import type { Reader, Transaction } from '../store/database.ts'
import { parseHeader } from './codec.ts'
import type { Entry, Head, HiveId, Position } from './entry.ts'
import type { EntryRange } from './journal.ts'
import type { ChainEnd } from './rules/judge-next.ts'

/** Whether an entry's own signature was checked: yes, not yet (its chain proves it), or it is bad though the chain is good. */
export type Proven = 1 | 0 | -1

/** An entry as it is stored. */
export interface StoredEntry {
  readonly entry: Entry
  readonly proven: Proven
  readonly arrival: number
}

interface EntryRow {
  readonly cid: string
  readonly header: Uint8Array
  readonly signature: Uint8Array
  readonly body: Uint8Array | null
  readonly proven: number
  readonly arrival: number
}

const columns = 'cid, header, signature, body, proven, arrival'

/** The stored entries of one hive. Everything in the table was verified before it was written. */
export class EntryTable {
  readonly #hive: HiveId
  readonly #reader: Reader

  constructor(hive: HiveId, reader: Reader) {
    this.#hive = hive
    this.#reader = reader
  }

  insert(tx: Transaction, entry: Entry, proven: Proven): void {
    const { header } = entry
    tx.run(
      `insert into entry (hive, node, incarnation, seq, cid, kind, at, header, signature, body_cid, body_size, body, proven)
       values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      this.#hive,
      header.node,
      header.incarnation,
      header.seq,
      entry.cid,
      header.kind,
      header.at,
      entry.headerBytes,
      entry.signature,
      header.bodyCid,
      header.bodySize,
      entry.bodyBytes ?? null,
      proven,
    )
  }

  /** The end of one chain. */
  end(node: PeerId, incarnation: number): ChainEnd | undefined {
    return this.#reader.get<ChainEnd>(
      'select seq, cid, at from entry where hive = ? and node = ? and incarnation = ? order by seq desc limit 1',
      this.#hive,
      node,
      incarnation,
    )
  }

  /** The incarnations of one author, newest first. One seek in the index for each. */
  incarnations(node: PeerId): readonly number[] {
    const found: number[] = []
    for (let below = Number.MAX_SAFE_INTEGER; ;) {
      const row = this.#reader.get<{ readonly incarnation: number }>(
        'select incarnation from entry where hive = ? and node = ? and incarnation < ? order by incarnation desc limit 1',
        this.#hive,
        node,
        below,
      )
      if (row === undefined) return found
      found.push(row.incarnation)
      below = row.incarnation
    }
  }

  cidAt(node: PeerId, position: Position): Cid | undefined {
    const row = this.#reader.get<{ readonly cid: Cid }>(
      'select cid from entry where hive = ? and node = ? and incarnation = ? and seq = ?',
      this.#hive,
      node,
      position.incarnation,
      position.seq,
    )
    return row?.cid
  }

  at(node: PeerId, position: Position): StoredEntry | undefined {
    const row = this.#reader.get<EntryRow>(
      `select ${columns} from entry where hive = ? and node = ? and incarnation = ? and seq = ?`,
      this.#hive,
      node,
      position.incarnation,
      position.seq,
    )
    return row && storedOfRow(row)
  }

  find(cid: Cid): StoredEntry | undefined {
    const row = this.#reader.get<EntryRow>(`select ${columns} from entry where cid = ? and hive = ?`, cid, this.#hive)
    return row && storedOfRow(row)
  }

  *range(range: EntryRange): Iterable<StoredEntry> {
    // Read in pages, so that a slow consumer holds no cursor while others write.
    for (let from = range.from; from <= range.to;) {
      const rows = this.#reader.all<EntryRow>(
        `select ${columns} from entry where hive = ? and node = ? and incarnation = ? and seq between ? and ? order by seq limit 64`,
        this.#hive,
        range.node,
        range.incarnation,
        from,
        Math.min(range.to, Number.MAX_SAFE_INTEGER),
      )
      for (const row of rows) yield storedOfRow(row)
      if (rows.length < 64) return
      from += rows.length
    }
  }

  /** Entries of some kinds in our order of arrival, after one arrival. */
  *ofKinds(kinds: readonly string[]): Iterable<StoredEntry> {
    if (kinds.length === 0) return
    const marks = kinds.map(() => '?').join(', ')
    for (let after = 0; ;) {
      const rows = this.#reader.all<EntryRow>(
        `select ${columns} from entry where hive = ? and kind in (${marks}) and arrival > ? order by arrival limit 256`,
        this.#hive,
        ...kinds,
        after,
      )
      for (const row of rows) yield storedOfRow(row)
      const last = rows.at(-1)
      if (last === undefined || rows.length < 256) return
      after = last.arrival
    }
  }

  /** The kinds that occur in a range. */
  kindsIn(range: EntryRange): readonly string[] {
    const rows = this.#reader.all<{ readonly kind: string }>(
      'select distinct kind from entry where hive = ? and node = ? and incarnation = ? and seq between ? and ?',
      this.#hive,
      range.node,
      range.incarnation,
      range.from,
      Math.min(range.to, Number.MAX_SAFE_INTEGER),
    )
    return rows.map((row) => row.kind)
  }

  heads(): readonly Head[] {
    // SQLite gives the other columns of the row that holds the maximum.
    return this.#reader.all<Head>(
      'select node, incarnation, max(seq) as seq, cid from entry where hive = ? group by node, incarnation',
      this.#hive,
    )
  }

  /** Entries and bytes of each author. */
  sizes(): readonly { readonly node: PeerId; readonly entries: number; readonly bytes: number }[] {
    return this.#reader.all(
      'select node, count(*) as entries, sum(length(header) + 64 + ifnull(length(body), 0)) as bytes from entry where hive = ? group by node',
      this.#hive,
    )
  }

  setProven(tx: Transaction, arrival: number, proven: Proven): void {
    tx.run('update entry set proven = ? where arrival = ?', proven, arrival)
  }

  setSignature(tx: Transaction, arrival: number, signature: Uint8Array): void {
    tx.run('update entry set signature = ?, proven = 1 where arrival = ?', signature, arrival)
  }

  eraseBody(tx: Transaction, arrival: number): void {
    tx.run('update entry set body = null where arrival = ?', arrival)
  }
}

function storedOfRow(row: EntryRow): StoredEntry {
  const header = parseHeader(row.header)
  if (header === undefined) throw new Error(`the stored header of entry ${row.cid} is damaged`)
  const entry: Entry = {
    cid: row.cid as Cid,
    header,
    headerBytes: row.header,
    signature: row.signature,
    bodyBytes: row.body ?? undefined,
  }
  return { entry, proven: row.proven as Proven, arrival: row.arrival }
}
