import type { PeerId } from '../identity/keys.ts'
import type { Cid } from '../lib/cid.ts'
import { cidOfDigest, dagCborCodec, digestOfCid } from '../lib/cid.ts'
import type { Reader, Transaction } from '../store/database.ts'
import { parseHeader } from './codec.ts'
import { damagedHeader } from './damaged-header.ts'
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

/** What of a stored entry a view is told. */
export interface ShelvedEntry extends Position {
  readonly node: PeerId
  readonly kind: string
  readonly at: number
  readonly cid: Cid
  readonly bodyBytes: Uint8Array
}

interface ShelvedRow extends Omit<ShelvedEntry, 'cid' | 'bodyBytes'> {
  readonly digest: Uint8Array
  readonly body: Uint8Array
  readonly arrival: number
}

interface EntryRow {
  readonly digest: Uint8Array
  readonly header: Uint8Array
  readonly signature: Uint8Array
  readonly body: Uint8Array | null
  readonly proven: number
  readonly arrival: number
}

const columns = 'e.digest, e.header, e.signature, e.body, e.proven, e.arrival'
const ofChain = 'from chain c join entry e on e.chain = c.id where c.hive = ? and c.node = ? and c.incarnation = ?'
const ofHive = 'from entry e join chain c on c.id = e.chain where c.hive = ?'

/** The stored entries of one hive. Everything in the table was verified before it was written. */
export class EntryTable {
  readonly #hive: HiveId
  readonly #reader: Reader

  constructor(hive: HiveId, reader: Reader) {
    this.#hive = hive
    this.#reader = reader
  }

  insert(tx: Transaction, entry: Entry, proven: Proven): void {
    const { node, incarnation, seq, kind, at } = entry.header
    tx.run(
      `insert into entry (chain, seq, digest, kind, at, header, signature, body, proven) values (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      this.#chainId(tx, node, incarnation),
      seq,
      digestOfCid(entry.cid),
      kind,
      at,
      entry.headerBytes,
      entry.signature,
      entry.bodyBytes ?? null,
      proven,
    )
  }

  /** The end of one chain. */
  end(node: PeerId, incarnation: number): ChainEnd | undefined {
    const row = this.#reader.get<{ readonly seq: number; readonly digest: Uint8Array; readonly at: number }>(
      `select e.seq, e.digest, e.at ${ofChain} order by e.seq desc limit 1`,
      this.#hive,
      node,
      incarnation,
    )
    return row && { seq: row.seq, cid: cidOfDigest(dagCborCodec, row.digest), at: row.at }
  }

  /** The incarnations of one author, newest first. */
  incarnations(node: PeerId): readonly number[] {
    return this.#reader
      .all<{ readonly incarnation: number }>(
        'select incarnation from chain where hive = ? and node = ? order by incarnation desc',
        this.#hive,
        node,
      )
      .map((row) => row.incarnation)
  }

  cidAt(node: PeerId, position: Position): Cid | undefined {
    const row = this.#reader.get<{ readonly digest: Uint8Array }>(
      `select e.digest ${ofChain} and e.seq = ?`,
      this.#hive,
      node,
      position.incarnation,
      position.seq,
    )
    return row && cidOfDigest(dagCborCodec, row.digest)
  }

  at(node: PeerId, position: Position): StoredEntry | undefined {
    const row = this.#reader.get<EntryRow>(
      `select ${columns} ${ofChain} and e.seq = ?`,
      this.#hive,
      node,
      position.incarnation,
      position.seq,
    )
    return row && storedOfRow(row)
  }

  find(cid: Cid): StoredEntry | undefined {
    const row = this.#reader.get<EntryRow>(`select ${columns} ${ofHive} and e.digest = ?`, this.#hive, digestOfCid(cid))
    return row && storedOfRow(row)
  }

  *range(range: EntryRange): Iterable<StoredEntry> {
    // Read in pages, so that a slow consumer holds no cursor while others write.
    for (let from = range.from; from <= range.to;) {
      const rows = this.#reader.all<EntryRow>(
        `select ${columns} ${ofChain} and e.seq between ? and ? order by e.seq limit 64`,
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

  /** Entries of some kinds that have a body, in our order of arrival: what views are built from. Headers are not decoded. */
  *ofKinds(kinds: readonly string[]): Iterable<ShelvedEntry> {
    if (kinds.length === 0) return
    const marks = kinds.map(() => '?').join(', ')
    for (let after = 0; ;) {
      const rows = this.#reader.all<ShelvedRow>(
        `select c.node, c.incarnation, e.seq, e.kind, e.at, e.digest, e.body, e.arrival ${ofHive}
         and e.kind in (${marks}) and e.arrival > ? and e.body is not null order by e.arrival limit 256`,
        this.#hive,
        ...kinds,
        after,
      )
      for (const { body, digest, ...row } of rows) yield { ...row, cid: cidOfDigest(dagCborCodec, digest), bodyBytes: body }
      const last = rows.at(-1)
      if (last === undefined || rows.length < 256) return
      after = last.arrival
    }
  }

  /** The kinds that occur in a range. */
  kindsIn(range: EntryRange): readonly string[] {
    const rows = this.#reader.all<{ readonly kind: string }>(
      `select distinct e.kind ${ofChain} and e.seq between ? and ?`,
      this.#hive,
      range.node,
      range.incarnation,
      range.from,
      Math.min(range.to, Number.MAX_SAFE_INTEGER),
    )
    return rows.map((row) => row.kind)
  }

  heads(): readonly Head[] {
    return this.#reader
      .all<Position & { readonly node: PeerId; readonly digest: Uint8Array }>(
        `select c.node, c.incarnation, e.seq, e.digest ${ofHive} and e.seq = (select max(seq) from entry where chain = c.id)`,
        this.#hive,
      )
      .map(({ node, incarnation, seq, digest }) => ({ node, incarnation, seq, cid: cidOfDigest(dagCborCodec, digest) }))
  }

  /** Entries and bytes of each author. */
  sizes(): readonly { readonly node: PeerId; readonly entries: number; readonly bytes: number }[] {
    return this.#reader.all(
      `select c.node, count(*) as entries, sum(length(e.header) + 64 + ifnull(length(e.body), 0)) as bytes ${ofHive} group by c.node`,
      this.#hive,
    )
  }

  /** Forgets an author's journal. Gives how many entries went. */
  removeAuthor(tx: Transaction, node: PeerId): number {
    const gone = tx.run('delete from entry where chain in (select id from chain where hive = ? and node = ?)', this.#hive, node)
    tx.run('delete from chain where hive = ? and node = ?', this.#hive, node)
    return gone
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

  #chainId(tx: Transaction, node: PeerId, incarnation: number): number {
    const sql = 'select id from chain where hive = ? and node = ? and incarnation = ?'
    const row = tx.get<{ readonly id: number }>(sql, this.#hive, node, incarnation)
    if (row !== undefined) return row.id
    tx.run('insert into chain (hive, node, incarnation) values (?, ?, ?)', this.#hive, node, incarnation)
    return this.#chainId(tx, node, incarnation)
  }
}

function storedOfRow(row: EntryRow): StoredEntry {
  const header = parseHeader(row.header)
  if (header === undefined) throw damagedHeader(cidOfDigest(dagCborCodec, row.digest))
  const entry: Entry = {
    cid: cidOfDigest(dagCborCodec, row.digest),
    header,
    headerBytes: row.header,
    signature: row.signature,
    bodyBytes: row.body ?? undefined,
  }
  return { entry, proven: row.proven as Proven, arrival: row.arrival }
}
