import type { SigningKey } from '../identity/keys.ts'
import type { Clock } from '../lib/clock.ts'
import { linkOfCid } from '../lib/cid.ts'
import type { Transaction } from '../store/database.ts'
import type { Body } from './codec.ts'
import { formatBody, formatEntry, parseEntry, signEntry } from './codec.ts'
import type { Entry, Head } from './entry.ts'
import type { JournalCore } from './journal-core.ts'
import type { RunReport } from './journal.ts'
import type { Cut } from './rules/standing.ts'
import { lastOnLine } from './rules/standing.ts'
import type { ChainEnd } from './rules/judge-next.ts'
import { incarnationKind, judgeNext } from './rules/judge-next.ts'

export interface OwnJournalDeps {
  readonly core: JournalCore
  readonly key: SigningKey
  readonly clock: Clock
}

/** The end of our line. */
interface Line {
  readonly incarnation: number
  readonly end: ChainEnd | undefined
  /** Time of the latest entry of all incarnations; -1 before the first. */
  readonly lastAt: number
}

/** Least time between the first two incarnations of one run; doubled each time: two machines with one key must not chase each other. */
const incarnationIntervalMs = 10_000
/** Doublings at most: an hour and a half. */
const maxDoublings = 9

/** What we write ourselves: one line through all incarnations, mended when a disk was set back. */
export class OwnJournal {
  readonly #deps: OwnJournalDeps
  #openedAt: number | undefined
  #opened = 0

  constructor(deps: OwnJournalDeps) {
    this.#deps = deps
  }

  /** Adds an entry to the end of our line. */
  append(tx: Transaction, kind: string, body: Body): Entry {
    const line = this.#line()
    if (!this.#isForked(line) || !this.#isForkExact() || !this.#mayOpen()) return this.#append(tx, line, { kind, body })
    this.openIncarnation(tx)
    return this.#append(tx, this.#line(), { kind, body })
  }

  /**
   * Takes entries of our own journal from a peer: what a restored disk lost is continued, what does not fit is kept as
   * stray, and what is off our line is written again at its end. The run is verified.
   */
  receive(tx: Transaction, run: readonly Entry[], isExcused: (entry: Entry) => boolean): RunReport {
    const { core } = this.#deps
    const { entries } = core.deps
    let stored = 0
    let verdict: RunReport['verdict'] = 'known'
    let place = run[0]?.header
    if (place === undefined) throw new Error('a run has at least one entry')
    for (const [index, entry] of run.entries()) {
      const { node, incarnation, seq } = entry.header
      const held = entries.at(node, entry.header)
      const next = judgeNext(entries.end(node, incarnation), entry, held?.entry.cid)
      if (next === 'known') continue
      place = entry.header
      if (next === 'extends' && (entry.bodyBytes !== undefined || isExcused(entry))) {
        core.store(tx, entry, { proven: index === run.length - 1 ? 1 : 0, origin: 'peer' })
        stored += 1
        verdict = 'stored'
        continue
      }
      const isKnownStray = this.#strayAt(tx, incarnation, seq - 1) === entry.header.prev
      if (next === 'fork' || next === 'diverged' || (next === 'gap' && isKnownStray)) {
        stored += this.#keepStrays(tx, run.slice(index))
        verdict = next === 'fork' && held !== undefined ? this.#takeFork(tx, held.entry, entry) : isKnownStray ? 'stored' : 'diverged'
      } else verdict = next === 'gap' ? 'gap' : 'invalid'
      break
    }
    return { node: place.node, incarnation: place.incarnation, seq: place.seq, verdict, stored }
  }

  /** Opens the next incarnation, which names what is kept of the earlier ones, and writes again what is not. */
  openIncarnation(tx: Transaction): void {
    const { core, clock } = this.#deps
    const { events, log } = core.deps
    const incarnation = Math.max(...this.#incarnations(tx), 0) + 1
    const cuts = this.#cuts(tx, incarnation)
    this.#openedAt = clock.monotonic()
    this.#opened += 1
    const body = formatBody({ cuts: cuts.map((cut) => ({ ...cut, cid: cut.cid === null ? null : linkOfCid(cut.cid) })) })
    this.#append(tx, { ...this.#line(), incarnation, end: undefined }, { kind: incarnationKind, body })
    this.#writeAgain(tx)
    tx.afterCommit(() => {
      log.warn('our journal was set back or written twice, and goes on in a new incarnation', { incarnation })
      events.emit('incarnation:opened', incarnation)
    })
  }

  /**
   * Writes again what was found off our line, after a new incarnation where that is needed. Call when nothing more of it
   * is on its way; `isLate` when it should be, and is not. False when it has to be called again later.
   */
  mend(tx: Transaction, how: { readonly isLate: boolean }): boolean {
    if (!this.#isForked(this.#line())) {
      this.#writeAgain(tx)
      return true
    }
    // A cut above the place where the branches part would have to be cut once more.
    if (!this.#mayOpen() || !(how.isLate || this.#isForkExact())) return false
    this.openIncarnation(tx)
    return true
  }

  /** Whether an entry of ours is here, on our line or off it. */
  knows(head: Head): boolean {
    const { entries, database, hive } = this.#deps.core.deps
    if (entries.cidAt(head.node, head) === head.cid) return true
    const sql = 'select 1 as found from stray where hive = ? and incarnation = ? and seq = ? and cid = ?'
    return database.get(sql, hive, head.incarnation, head.seq, head.cid) !== undefined
  }

  /** The last stray of an incarnation, for comparing heads: what is kept aside need not be sent again. */
  lastStray(incarnation: number): { readonly seq: number; readonly cid: Entry['cid'] } | undefined {
    const { database, hive } = this.#deps.core.deps
    return database.get('select seq, cid from stray where hive = ? and incarnation = ? order by seq desc limit 1', hive, incarnation)
  }

  #append(tx: Transaction, { incarnation, end, lastAt }: Line, what: { readonly kind: string; readonly body: Body }): Entry {
    const { core, key, clock } = this.#deps
    const { hive, node, authors } = core.deps
    if (authors.verdict(node) === undefined) core.judge(tx, node)
    const header = {
      hive,
      incarnation,
      seq: (end?.seq ?? 0) + 1,
      prev: end?.cid ?? null,
      kind: what.kind,
      at: Math.max(Math.trunc(clock.now()), lastAt + 1),
      bodyCid: what.body.cid,
      bodySize: what.body.bytes.byteLength,
    }
    const entry = signEntry(key, header, what.body.bytes)
    core.store(tx, entry, { proven: 1, origin: 'own' })
    return entry
  }

  /** Whether our newest incarnation has entries past a proven fork. */
  #isForked({ incarnation, end }: Line): boolean {
    const { node, authors } = this.#deps.core.deps
    return lastOnLine(authors.standing(node), incarnation) < (end?.seq ?? 0)
  }

  #isForkExact(): boolean {
    const { node, authors } = this.#deps.core.deps
    return authors.isForkExact(node, this.#current())
  }

  #mayOpen(): boolean {
    if (this.#openedAt === undefined) return true
    const interval = incarnationIntervalMs * 2 ** Math.min(this.#opened - 1, maxDoublings)
    return this.#deps.clock.monotonic() - this.#openedAt >= interval
  }

  /** Appends again what is off our line, once each, in its old order. */
  #writeAgain(tx: Transaction): void {
    const { hive } = this.#deps.core.deps
    for (const lost of this.#lost()) {
      const { incarnation, seq, kind, bodyCid } = lost.header
      tx.run(
        `insert into stray (hive, incarnation, seq, cid, wire, reauthored) values (?, ?, ?, ?, ?, 1)
         on conflict do update set reauthored = 1`,
        hive,
        incarnation,
        seq,
        lost.cid,
        formatEntry(lost),
      )
      if (kind === incarnationKind || lost.bodyBytes === undefined) continue
      this.#append(tx, this.#line(), { kind, body: { bytes: lost.bodyBytes, cid: bodyCid } })
    }
  }

  /** Our signed entries off our line that were not written again. */
  #lost(): readonly Entry[] {
    const { hive, node, database, entries, authors } = this.#deps.core.deps
    const standing = authors.standing(node)
    const lost: Entry[] = []
    const rows = database.all<{ readonly wire: Uint8Array }>(
      'select wire from stray where hive = ? and reauthored = 0 order by incarnation, seq, cid',
      hive,
    )
    const marked = database.all<{ readonly cid: string }>('select cid from stray where hive = ?', hive).map((row) => row.cid)
    const known = new Set(marked)
    for (const incarnation of this.#incarnations(database)) {
      const last = lastOnLine(standing, incarnation)
      const end = entries.end(node, incarnation)
      if (end === undefined || end.seq <= last) continue
      for (const { entry } of entries.range({ node, incarnation, from: last + 1, to: end.seq })) if (!known.has(entry.cid)) lost.push(entry)
    }
    for (const row of rows) {
      const entry = parseEntry(row.wire)
      if (entry !== undefined) lost.push(entry)
    }
    return lost.toSorted((a, b) => a.header.incarnation - b.header.incarnation || a.header.seq - b.header.seq || (a.cid < b.cid ? -1 : 1))
  }

  #cuts(tx: Transaction, before: number): readonly Cut[] {
    const { node, entries, authors } = this.#deps.core.deps
    const standing = authors.standing(node)
    return this.#incarnations(tx)
      .filter((incarnation) => incarnation < before)
      .map((incarnation) => {
        const seq = Math.min(entries.end(node, incarnation)?.seq ?? 0, lastOnLine(standing, incarnation))
        const cid = seq === 0 ? null : (entries.cidAt(node, { incarnation, seq }) ?? null)
        return { incarnation, seq: cid === null ? 0 : seq, cid }
      })
  }

  #keepStrays(tx: Transaction, run: readonly Entry[]): number {
    let kept = 0
    for (const entry of run) {
      if (entry.bodyBytes === undefined) break
      kept += tx.run(
        'insert into stray (hive, incarnation, seq, cid, wire) values (?, ?, ?, ?, ?) on conflict do nothing',
        this.#deps.core.deps.hive,
        entry.header.incarnation,
        entry.header.seq,
        entry.cid,
        formatEntry(entry),
      )
    }
    return kept
  }

  #takeFork(tx: Transaction, held: Entry, other: Entry): RunReport['verdict'] {
    this.#deps.core.takeFork(tx, { first: held, second: other })
    return held.header.prev === other.header.prev ? 'forked' : 'diverged'
  }

  #strayAt(tx: Transaction, incarnation: number, seq: number): string | undefined {
    const { hive } = this.#deps.core.deps
    return tx.get<{ readonly cid: string }>('select cid from stray where hive = ? and incarnation = ? and seq = ?', hive, incarnation, seq)
      ?.cid
  }

  /** The incarnation we write in: the highest we have an entry of. */
  #current(): number {
    const { node, entries } = this.#deps.core.deps
    return entries.incarnations(node)[0] ?? 1
  }

  /** Every incarnation of ours that is known, were it only from a stray or a proof. */
  #incarnations(reader: Pick<Transaction, 'all'>): readonly number[] {
    const { hive, node, entries } = this.#deps.core.deps
    const others = reader.all<{ readonly incarnation: number }>(
      'select incarnation from stray where hive = ? union select incarnation from fork where hive = ? and node = ?',
      hive,
      hive,
      node,
    )
    return [...new Set([...entries.incarnations(node), ...others.map((row) => row.incarnation)])]
  }

  /** Where we write next; looked up once for each entry, because each look asks the disk. */
  #line(): Line {
    const { node, entries } = this.#deps.core.deps
    const incarnations = entries.incarnations(node)
    const ends = incarnations.map((incarnation) => entries.end(node, incarnation))
    return { incarnation: incarnations[0] ?? 1, end: ends[0], lastAt: Math.max(-1, ...ends.map((end) => end?.at ?? -1)) }
  }
}
