import type { PeerId } from '../identity/keys.ts'
import type { Cid } from '../lib/cid.ts'
import { cidOfDigest, dagCborCodec, digestOfCid } from '../lib/cid.ts'
import type { Reader, Transaction } from '../store/database.ts'
import { parseHeader } from './codec.ts'
import { damagedHeader } from './damaged-header.ts'
import type { Entry, HiveId, Position } from './entry.ts'
import { sizeOf } from './quota.ts'

interface LooseRow {
  readonly digest: Uint8Array
  readonly header: Uint8Array
  readonly signature: Uint8Array
  readonly body: Uint8Array
}

export interface LooseLimits {
  /** Of one author; the newest stay. */
  readonly maxPerAuthor: number
  /** Of a hive in all; of who has most the oldest goes. */
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
  #entries = 0
  #bytes = 0

  constructor(hive: HiveId, reader: Reader, limits: LooseLimits) {
    this.#hive = hive
    this.#reader = reader
    this.#limits = limits
    this.recount()
  }

  /** Entries kept of one author at most. */
  get maxPerAuthor(): number {
    return this.#limits.maxPerAuthor
  }

  has(node: PeerId): boolean {
    return this.#counts.has(node)
  }

  recount(): void {
    this.#counts.clear()
    this.#entries = 0
    this.#bytes = 0
    const sql = 'select node, count(*) as n, sum(length(header) + 64 + length(body)) as bytes from loose_entry where hive = ? group by node'
    for (const { node, n, bytes } of this.#reader.all<{ readonly node: PeerId; readonly n: number; readonly bytes: number }>(
      sql,
      this.#hive,
    )) {
      this.#counts.set(node, n)
      this.#entries += n
      this.#bytes += bytes
    }
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
    this.#entries += 1
    this.#bytes += sizeOf(entry)
  }

  remove(tx: Transaction, entry: Entry): void {
    const { cid, header } = entry
    const gone = tx.run('delete from loose_entry where hive = ? and digest = ?', this.#hive, digestOfCid(cid))
    this.#entries -= gone
    this.#bytes -= gone * sizeOf(entry)
    const left = (this.#counts.get(header.node) ?? 0) - gone
    if (left > 0) this.#counts.set(header.node, left)
    else this.#counts.delete(header.node)
  }

  /** One entry that has to go for the limits, if any: an oldest of the author, or of whoever has most, so that many cannot crowd out few. */
  excess(node: PeerId): Entry | undefined {
    const { maxPerAuthor, maxEntries, maxBytes } = this.#limits
    if ((this.#counts.get(node) ?? 0) > maxPerAuthor) return this.of(node)[0]
    if (this.#entries <= maxEntries && this.#bytes <= maxBytes) return undefined
    const most = this.#reader.get<{ readonly node: PeerId }>(
      'select node from loose_entry where hive = ? group by node order by count(*) desc, min(arrival) limit 1',
      this.#hive,
    )
    return most && this.of(most.node)[0]
  }
}

function entryOf({ digest, header: headerBytes, signature, body }: LooseRow): Entry {
  const header = parseHeader(headerBytes)
  const cid = cidOfDigest(dagCborCodec, digest)
  if (header === undefined) throw damagedHeader(cid)
  return { cid, header, headerBytes, signature, bodyBytes: body }
}
