import type { Cid } from '../lib/cid.ts'
import type { Transaction } from '../store/database.ts'
import { isSigned } from './codec.ts'
import type { Proven } from './entry-table.ts'
import type { Entry } from './entry.ts'
import { erasedBy, erasuresIn, isErasable } from './erasure-table.ts'
import type { JournalCore } from './journal-core.ts'
import type { RunReport } from './journal.ts'
import type { OwnJournal } from './own-journal.ts'
import { sizeOf } from './quota.ts'
import { judgeNext } from './rules/judge-next.ts'
import { lastAdmitted, lastOnLine } from './rules/standing.ts'
import type { AdmissionVerdict } from './journal.ts'

/** Entries of one author and incarnation that follow on each other, and the erase records that came with them. */
interface Run {
  readonly entries: readonly Entry[]
  readonly isProven: boolean
}

/** Excuses for missing bodies: the erased entry's CID and its author's record. */
type Excuses = ReadonlyMap<Cid, Entry>

/** Applies what peers send: all of it is checked here, whoever sent it. */
export class Receiver {
  readonly #core: JournalCore
  readonly #own: OwnJournal

  constructor(core: JournalCore, own: OwnJournal) {
    this.#core = core
    this.#own = own
  }

  async receive(entries: readonly Entry[], evidence: readonly Entry[]): Promise<readonly RunReport[]> {
    if (entries.length === 0) return []
    const runs = splitRuns(entries).map((run): Run => ({ entries: run, isProven: this.#isProven(run) }))
    const excuses = new Map<Cid, Entry>()
    for (const record of erasuresIn(evidence, this.#core.deps.hive)) excuses.set(erasedBy(record) ?? record.cid, record)
    return this.#core.write((tx) => runs.map((run) => this.#receiveRun(tx, run, excuses)))
  }

  /** A run is proven by its hash chain and its last signature; one we hold to its end needs no proof. */
  #isProven(run: readonly Entry[]): boolean {
    const last = run.at(-1)
    if (last === undefined || last.header.hive !== this.#core.deps.hive) return false
    const held = this.#core.deps.entries.cidAt(last.header.node, last.header)
    return held === last.cid || isSigned(last)
  }

  #receiveRun(tx: Transaction, run: Run, excuses: Excuses): RunReport {
    const [first] = run.entries
    if (first === undefined) throw new Error('a run has at least one entry')
    const { node, incarnation, seq } = first.header
    if (!run.isProven) return { node, incarnation, seq, verdict: 'invalid', stored: 0 }
    if (node === this.#core.deps.node) return this.#receiveOwn(tx, run.entries, excuses)
    if (this.#core.deps.quota.isBlocked(node)) return { node, incarnation, seq, verdict: 'cut', stored: 0 }
    const verdict = this.#core.judge(tx, node, first)
    if (verdict.verdict === 'unknown') return { node, incarnation, seq, verdict: 'unknown', stored: 0 }
    return this.#storeRun(tx, run.entries, { verdict, excuses })
  }

  /** Our own entries, which a restored disk lost; those we erased since the backup come without their bodies. */
  #receiveOwn(tx: Transaction, run: readonly Entry[], excuses: Excuses): RunReport {
    const report = this.#own.receive(tx, run, (entry) => this.#isExcused(entry, excuses))
    for (const entry of run) if (entry.bodyBytes === undefined) this.#excuse(tx, entry, excuses)
    return report
  }

  #storeRun(tx: Transaction, run: readonly Entry[], context: { readonly verdict: AdmissionVerdict; readonly excuses: Excuses }): RunReport {
    const last = run.length - 1
    const { quota } = this.#core.deps
    let stored = 0
    for (const [index, entry] of run.entries()) {
      const { node, incarnation, seq } = entry.header
      const verdict = this.#judgeEntry(tx, entry, context)
      if (verdict === 'known') continue
      if (verdict === 'gap' && quota.isFull(node)) {
        this.#keepNewest(tx, run.slice(index))
        return { node, incarnation, seq, verdict: 'full', stored }
      }
      if (verdict !== 'stored') return { node, incarnation, seq, verdict, stored }
      const room = quota.room(node)
      if (room.entries < 1 || room.bytes < sizeOf(entry)) {
        quota.noteFull(node)
        this.#keepNewest(tx, run.slice(index))
        return { node, incarnation, seq, verdict: 'full', stored }
      }
      this.#core.store(tx, entry, { proven: index === last ? 1 : 0, origin: 'peer' })
      if (entry.bodyBytes === undefined) this.#excuse(tx, entry, context.excuses)
      stored += 1
    }
    const place = run[last]?.header ?? run[0]?.header
    if (place === undefined) throw new Error('a run has at least one entry')
    const { node, incarnation, seq } = place
    return { node, incarnation, seq, verdict: stored > 0 ? 'stored' : 'known', stored }
  }

  /** Of an author whose journal has no more room, its newest releases all the same: each proves itself. Not of one who never had any: S2. */
  #keepNewest(tx: Transaction, rest: readonly Entry[]): void {
    const { loose, entries } = this.#core.deps
    const [first] = rest
    if (first === undefined || entries.incarnations(first.header.node).length === 0) return
    for (const entry of rest.slice(-loose.maxPerAuthor)) this.#core.storeLoose(tx, entry)
  }

  /** Takes signed entries without those before them. */
  async receiveLoose(entries: readonly Entry[], introductions: readonly Entry[]): Promise<readonly Entry[]> {
    const first = new Map(introductions.map((entry) => [entry.header.node, entry]))
    return this.#core.write((tx) =>
      entries.filter((entry) => {
        const { node } = entry.header
        if (entry.header.hive !== this.#core.deps.hive || this.#core.deps.quota.isBlocked(node)) return false
        if (this.#core.judge(tx, node).verdict === 'unknown') {
          const introduction = first.get(node)
          if (introduction === undefined || !isSigned(introduction)) return false
          this.#storeIntroduction(tx, introduction)
        }
        return this.#core.storeLoose(tx, entry)
      }),
    )
  }

  #storeIntroduction(tx: Transaction, introduction: Entry): void {
    this.#receiveRun(tx, { entries: [introduction], isProven: true }, new Map())
  }

  #judgeEntry(
    tx: Transaction,
    entry: Entry,
    context: { readonly verdict: AdmissionVerdict; readonly excuses: Excuses },
  ): RunReport['verdict'] {
    const { entries, authors } = this.#core.deps
    const { node, incarnation, seq } = entry.header
    const end = entries.end(node, incarnation)
    const held = end !== undefined && seq <= end.seq ? entries.at(node, entry.header) : undefined
    const verdict = judgeNext(end, entry, held?.entry.cid)
    if (verdict === 'known') {
      if (held?.proven === -1 && isSigned(entry)) entries.setSignature(tx, held.arrival, entry.signature)
      return 'known'
    }
    if (verdict === 'fork' && held !== undefined) return this.#takeFork(tx, held, entry)
    if (verdict === 'gap' || verdict === 'diverged') return verdict
    if (verdict !== 'extends') return 'invalid'
    const isFirst = incarnation === 1 && seq === 1
    if (!isFirst && seq > Math.min(lastAdmitted(context.verdict, incarnation), lastOnLine(authors.standing(node), incarnation)))
      return 'cut'
    if (entry.bodyBytes === undefined && !this.#isExcused(entry, context.excuses)) return 'invalid'
    return 'stored'
  }

  #takeFork(tx: Transaction, held: { readonly entry: Entry; readonly proven: Proven }, other: Entry): RunReport['verdict'] {
    const outcome = this.#core.takeFork(tx, { first: held.entry, second: other })
    // The hash chain proves an entry whose own signature was spoilt on the way; only the pair of signatures is portable.
    if (outcome === 'nothing') return isSigned(other) ? 'forked' : 'invalid'
    return held.entry.header.prev === other.header.prev ? 'forked' : 'diverged'
  }

  #isExcused(entry: Entry, excuses: Excuses): boolean {
    const { node, kind } = entry.header
    if (!isErasable(kind)) return false
    return excuses.get(entry.cid)?.header.node === node || this.#core.deps.erasures.isErased(node, entry.cid)
  }

  #excuse(tx: Transaction, entry: Entry, excuses: Excuses): void {
    const record = excuses.get(entry.cid)
    if (record !== undefined && record.header.node === entry.header.node) this.#core.deps.erasures.take(tx, record)
  }
}

/** Cuts a batch where author or incarnation changes, or where an entry does not follow on the one before. */
function splitRuns(entries: readonly Entry[]): readonly (readonly Entry[])[] {
  const runs: Entry[][] = []
  let previous: Entry | undefined
  for (const entry of entries) {
    const follows =
      previous !== undefined &&
      entry.header.node === previous.header.node &&
      entry.header.incarnation === previous.header.incarnation &&
      entry.header.prev === previous.cid &&
      entry.header.seq === previous.header.seq + 1 &&
      entry.header.hive === previous.header.hive
    if (follows) runs.at(-1)?.push(entry)
    else runs.push([entry])
    previous = entry
  }
  return runs
}
