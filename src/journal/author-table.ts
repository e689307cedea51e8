import type { PeerId } from '../identity/keys.ts'
import type { Reader, Transaction } from '../store/database.ts'
import { formatEntry, parseBody, parseEntry } from './codec.ts'
import type { EntryTable } from './entry-table.ts'
import type { Entry, HiveId } from './entry.ts'
import type { AdmissionVerdict, ForkProof } from './journal.ts'
import type { Fork } from './rules/judge-fork.ts'
import type { Standing } from './rules/standing.ts'
import { lastEffective, parseCuts } from './rules/standing.ts'

interface AuthorRow {
  readonly verdict: string
  readonly after_incarnation: number | null
  readonly after_seq: number | null
}

interface ForkRow {
  readonly incarnation: number
  readonly seq: number
  readonly shared: number
  readonly first: Uint8Array
  readonly second: Uint8Array
}

/** Forks of one author that are kept at most: one per incarnation, so this many losses of a disk. */
const maxForksPerAuthor = 64

/** The standing of nearly everybody, once. */
const plainStanding: Standing = { admission: { verdict: 'admitted' }, forks: new Map(), cuts: new Map() }

/** What is known of each author of one hive: verdicts, cuts, proven forks. */
export class AuthorTable {
  readonly #hive: HiveId
  readonly #reader: Reader
  readonly #entries: EntryTable
  /** Dropped whole whenever a transaction fails, so that it never shows what was rolled back. */
  readonly #standings = new Map<PeerId, Standing>()

  constructor(hive: HiveId, reader: Reader, entries: EntryTable) {
    this.#hive = hive
    this.#reader = reader
    this.#entries = entries
  }

  /** What decides which entries of an author count, as of now (in a transaction: as it sees it). */
  standing(node: PeerId): Standing {
    const known = this.#standings.get(node)
    if (known !== undefined) return known
    const forks = new Map(this.#forkRows(node).map((row) => [row.incarnation, row.shared]))
    const admission: AdmissionVerdict = this.verdict(node) ?? { verdict: 'unknown' }
    const cuts = this.#cuts(node, { admission, forks, cuts: new Map() })
    const isPlain = admission.verdict === 'admitted' && forks.size === 0 && cuts.size === 0
    const standing: Standing = isPlain ? plainStanding : { admission, forks, cuts }
    this.#standings.set(node, standing)
    return standing
  }

  /** Has the standing of one author, or of all, read again. */
  forget(node?: PeerId): void {
    if (node === undefined) this.#standings.clear()
    else this.#standings.delete(node)
  }

  /** The verdict under which the views were built; undefined for an author never judged. */
  verdict(node: PeerId): AdmissionVerdict | undefined {
    const row = this.#reader.get<AuthorRow>(
      'select verdict, after_incarnation, after_seq from author where hive = ? and node = ?',
      this.#hive,
      node,
    )
    if (row === undefined) return undefined
    if (row.verdict === 'admitted') return { verdict: 'admitted' }
    if (row.verdict !== 'cut') return { verdict: 'unknown' }
    const { after_incarnation: incarnation, after_seq: seq } = row
    return { verdict: 'cut', after: incarnation === null || seq === null ? undefined : { incarnation, seq } }
  }

  setVerdict(tx: Transaction, node: PeerId, verdict: AdmissionVerdict): void {
    const after = verdict.verdict === 'cut' ? verdict.after : undefined
    tx.run(
      `insert into author (hive, node, verdict, after_incarnation, after_seq) values (?, ?, ?, ?, ?)
       on conflict (hive, node) do update
       set verdict = excluded.verdict, after_incarnation = excluded.after_incarnation, after_seq = excluded.after_seq`,
      this.#hive,
      node,
      verdict.verdict,
      after?.incarnation ?? null,
      after?.seq ?? null,
    )
    this.forget(node)
  }

  authors(): readonly PeerId[] {
    return this.#reader.all<{ readonly node: PeerId }>('select node from author where hive = ?', this.#hive).map((row) => row.node)
  }

  /** Keeps a proven fork if it tells more than the one known. Returns whether it did. */
  addFork(tx: Transaction, proof: ForkProof, fork: Fork): boolean {
    const { node, incarnation } = proof.first.header
    const rows = this.#forkRows(node)
    const known = rows.find((row) => row.incarnation === incarnation)
    if (known === undefined ? rows.length >= maxForksPerAuthor : known.shared <= fork.shared) return false
    const [first, second] = proof.first.cid < proof.second.cid ? [proof.first, proof.second] : [proof.second, proof.first]
    tx.run(
      `insert into fork (hive, node, incarnation, seq, shared, first, second) values (?, ?, ?, ?, ?, ?, ?)
       on conflict (hive, node, incarnation) do update
       set seq = excluded.seq, shared = excluded.shared, first = excluded.first, second = excluded.second`,
      this.#hive,
      node,
      incarnation,
      fork.seq,
      fork.shared,
      formatEntry(withoutBody(first)),
      formatEntry(withoutBody(second)),
    )
    this.forget(node)
    return true
  }

  /** Whether the earliest known fork of an incarnation is where its branches really part. */
  isForkExact(node: PeerId, incarnation: number): boolean {
    const row = this.#forkRows(node).find((fork) => fork.incarnation === incarnation)
    return row !== undefined && row.shared === row.seq - 1
  }

  forks(): readonly ForkProof[] {
    return this.#reader
      .all<ForkRow>('select incarnation, seq, shared, first, second from fork where hive = ?', this.#hive)
      .map((row) => ({ first: storedEntry(row.first), second: storedEntry(row.second) }))
  }

  #forkRows(node: PeerId): readonly ForkRow[] {
    return this.#reader.all<ForkRow>(
      'select incarnation, seq, shared, first, second from fork where hive = ? and node = ?',
      this.#hive,
      node,
    )
  }

  /** The cuts named by the newest incarnation whose first entry is admitted and not itself forked. */
  #cuts(node: PeerId, uncut: Standing): ReadonlyMap<number, number> {
    const newest = this.#entries.incarnations(node).find((incarnation) => incarnation > 1 && lastEffective(uncut, incarnation) >= 1)
    const stored = newest === undefined ? undefined : this.#entries.at(node, { incarnation: newest, seq: 1 })
    if (stored === undefined) return new Map()
    const cuts = parseCuts(parseBody(stored.entry)?.value, stored.entry.header.incarnation)
    return new Map(cuts.map((cut) => [cut.incarnation, cut.seq]))
  }
}

/** A proof needs headers and signatures only; bodies may be secret by now. */
function withoutBody(entry: Entry): Entry {
  return { ...entry, bodyBytes: undefined }
}

function storedEntry(bytes: Uint8Array): Entry {
  const entry = parseEntry(bytes)
  if (entry === undefined) throw new Error('an entry stored as evidence is damaged')
  return entry
}
