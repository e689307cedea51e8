import type { PeerId } from '../identity/keys.ts'
import type { Cid } from '../lib/cid.ts'
import { cidOfDigest, dagCborCodec, digestOfCid } from '../lib/cid.ts'
import type { Reader, Transaction } from '../store/database.ts'
import { parseHeader } from './codec.ts'
import { damagedHeader } from './damaged-header.ts'
import type { Entry, HiveId, Position } from './entry.ts'

interface LooseRow {
  readonly digest: Uint8Array
  readonly header: Uint8Array
  readonly signature: Uint8Array
  readonly body: Uint8Array
}

export interface LooseLimits {
  /** Of one author; the newest stay. */
  readonly maxPerAuthor: number
  /** Of a hive in all; who came last stays. */
  readonly maxEntries: number
  readonly maxBytes: number
}

const columns = 'digest, header, signature, body'

/**
 * Signed entries of one hive without the chain before them, each proven by its own signature.
 *
 * A courtesy to search and install: bounded, the oldest go, and whatever comes with its chain takes their place.
 */
export class LooseTable {
  readonly #hive: HiveId
  readonly #reader: Reader
  readonly #limits: LooseLimits
  /** Entries of each author, so that storing a chain asks the disk only about those who have some. Counted again after a failure. */
  readonly #counts = new Map<PeerId, number>()

  constructor(hive: HiveId, reader: Reader, limits: LooseLimits) {
    this.#hive = hive
    this.#reader = reader
    this.#limits = limits
    this.recount()
  }

  has(node: PeerId): boolean {
    return this.#counts.has(node)
  }

  recount(): void {
    this.#counts.clear()
    const sql = 'select node, count(*) as n from loose_entry where hive = ? group by node'
    for (const { node, n } of this.#reader.all<{ readonly node: PeerId; readonly n: number }>(sql, this.#hive)) this.#counts.set(node, n)
  }

  find(cid: Cid): Entry | undefined {
    const row = this.#reader.get<LooseRow>(`select ${columns} from loose_entry where hive = ? and digest = ?`, this.#hive, digestOfCid(cid))
    return row && entryOf(row)
  }

  at(node: PeerId, { incarnation, seq }: Position): Entry | undefined {
    const sql = `select ${columns} from loose_entry where hive = ? and node = ? and incarnation = ? and seq = ?`
    const row = this.#reader.get<LooseRow>(sql, this.#hive, node, incarnation, seq)
    return row && entryOf(row)
  }

  /** Of one author in the order of its chain. */
  of(node: PeerId): readonly Entry[] {
    const sql = `select ${columns} from loose_entry where hive = ? and node = ? order by incarnation, seq`
    return this.#reader.all<LooseRow>(sql, this.#hive, node).map(entryOf)
  }

  /** Of everybody, each author's in the order of its chain. */
  all(): readonly Entry[] {
    const sql = `select ${columns} from loose_entry where hive = ? order by node, incarnation, seq`
    return this.#reader.all<LooseRow>(sql, this.#hive).map(entryOf)
  }

  insert(tx: Transaction, entry: Entry): void {
    const { node, incarnation, seq } = entry.header
    tx.run(
      'insert into loose_entry (hive, node, incarnation, seq, digest, header, signature, body) values (?, ?, ?, ?, ?, ?, ?, ?)',
      this.#hive,
      node,
      incarnation,
      seq,
      digestOfCid(entry.cid),
      entry.headerBytes,
      entry.signature,
      entry.bodyBytes ?? new Uint8Array(),
    )
    this.#counts.set(node, (this.#counts.get(node) ?? 0) + 1)
  }

  remove(tx: Transaction, { cid, header }: Pick<Entry, 'cid' | 'header'>): void {
    const gone = tx.run('delete from loose_entry where hive = ? and digest = ?', this.#hive, digestOfCid(cid))
    const left = (this.#counts.get(header.node) ?? 0) - gone
    if (left > 0) this.#counts.set(header.node, left)
    else this.#counts.delete(header.node)
  }

  /** What has to go for the limits: of the author its oldest, then of all whoever came first. */
  excess(node: PeerId): readonly Entry[] {
    const own = this.of(node)
    const old = own.slice(0, Math.max(0, own.length - this.#limits.maxPerAuthor))
    const all = this.#reader.all<{ readonly bytes: number; readonly n: number }>(
      'select count(*) as n, coalesce(sum(length(header) + 64 + length(body)), 0) as bytes from loose_entry where hive = ?',
      this.#hive,
    )
    let { n, bytes } = all[0] ?? { n: 0, bytes: 0 }
    const gone = new Set(old.map(({ cid }) => cid))
    const excess = [...old]
    for (const row of this.#reader.iterate<LooseRow>(`select ${columns} from loose_entry where hive = ? order by arrival`, this.#hive)) {
      if (n - gone.size <= this.#limits.maxEntries && bytes <= this.#limits.maxBytes) break
      const entry = entryOf(row)
      if (gone.has(entry.cid)) continue
      gone.add(entry.cid)
      bytes -= row.header.byteLength + 64 + row.body.byteLength
      excess.push(entry)
    }
    return excess
  }
}

function entryOf({ digest, header: headerBytes, signature, body }: LooseRow): Entry {
  const header = parseHeader(headerBytes)
  const cid = cidOfDigest(dagCborCodec, digest)
  if (header === undefined) throw damagedHeader(cid)
  return { cid, header, headerBytes, signature, bodyBytes: body }
}
