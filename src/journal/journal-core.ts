import type { PeerId } from '../identity/keys.ts'
import type { Events } from '../lib/events.ts'
import type { Log } from '../lib/log.ts'
import type { Database, Transaction } from '../store/database.ts'
import type { AuthorTable } from './author-table.ts'
import { isSigned } from './codec.ts'
import type { EntryTable, Proven } from './entry-table.ts'
import type { Entry, Head, HiveId } from './entry.ts'
import type { ErasureTable } from './erasure-table.ts'
import type { AdmissionVerdict, Admission, ForkProof, ForkVerdict, JournalEvents } from './journal.ts'
import type { LooseTable } from './loose-table.ts'
import type { Quota } from './quota.ts'
import { judgeFork } from './rules/judge-fork.ts'
import { incarnationKind } from './rules/judge-next.ts'
import type { Standing } from './rules/standing.ts'
import { isEffective, lastEffective } from './rules/standing.ts'
import type { ViewRunner } from './view-runner.ts'

export interface JournalCoreDeps {
  readonly hive: HiveId
  /** Our own node. */
  readonly node: PeerId
  readonly database: Database
  readonly admission: Admission
  readonly entries: EntryTable
  readonly loose: LooseTable
  readonly authors: AuthorTable
  readonly erasures: ErasureTable
  readonly views: ViewRunner
  readonly quota: Quota
  readonly events: Events<JournalEvents>
  readonly log: Log
}

/** What our own journal and everybody else's have in common: storing an entry with all that follows from it. */
export class JournalCore {
  readonly deps: JournalCoreDeps
  /** The newest committed entry of every incarnation of every author. */
  readonly #heads = new Map<PeerId, readonly Head[]>()

  constructor(deps: JournalCoreDeps) {
    this.deps = deps
    for (const head of deps.entries.heads()) this.noteHead(head)
  }

  heads(): readonly Head[] {
    return [...this.#heads.values()].flat()
  }

  headOf(node: PeerId, incarnation: number): Head | undefined {
    return this.#heads.get(node)?.find((head) => head.incarnation === incarnation)
  }

  headsOf(node: PeerId): readonly Head[] {
    return this.#heads.get(node) ?? []
  }

  authors(): number {
    return this.#heads.size
  }

  noteHead(head: Head): void {
    const known = this.headOf(head.node, head.incarnation)
    if (known !== undefined && known.seq >= head.seq) return
    const others = this.#heads.get(head.node)?.filter((other) => other !== known) ?? []
    this.#heads.set(head.node, [...others, head])
  }

  /** A transaction after whose failure nothing of it is remembered. */
  async write<T>(work: (tx: Transaction) => T): Promise<T> {
    try {
      return await this.deps.database.write((tx) => {
        try {
          return work(tx)
        } catch (error) {
          this.#forget()
          throw error
        }
      })
    } catch (error) {
      this.#forget()
      throw error
    }
  }

  /** Stores an entry that extends its chain, updates what it changes, and tells after the commit. */
  store(tx: Transaction, entry: Entry, how: { readonly proven: Proven; readonly origin: 'own' | 'peer' }): void {
    const { entries, authors, erasures, views, quota, events } = this.deps
    const { header } = entry
    const { node, incarnation, seq } = header
    entries.insert(tx, entry, how.proven)
    quota.add(entry)
    if (header.kind === incarnationKind) this.restand(tx, node, () => authors.forget(node))
    if (isEffective(authors.standing(node), header)) this.#apply(tx, entry)
    const erased = erasures.take(tx, entry)
    if (erased !== undefined) views.rebuild(tx, [erased])
    tx.afterCommit(() => {
      this.noteHead({ node, incarnation, seq, cid: entry.cid })
      events.emit('entry:added', entry, how.origin)
    })
  }

  /**
   * Keeps an entry without those before it, when it is signed, counts, and a view takes such. Returns whether it is here now.
   *
   * The author must have been judged before.
   */
  storeLoose(tx: Transaction, entry: Entry): boolean {
    const { entries, loose, authors, views } = this.deps
    const { node, kind, hive } = entry.header
    if (hive !== this.deps.hive || node === this.deps.node || entry.bodyBytes === undefined || !views.takesLoose(kind)) return false
    if (entries.find(entry.cid) !== undefined || loose.find(entry.cid) !== undefined) return true
    // two entries at one place are for the chain to tell apart
    if (loose.at(node, entry.header) !== undefined || entries.cidAt(node, entry.header) !== undefined) return false
    if (!isEffective(authors.standing(node), entry.header) || !isSigned(entry)) return false
    loose.insert(tx, entry)
    views.applyLoose(tx, entry)
    let isHere = true
    for (let old = loose.excess(node); old !== undefined; old = loose.excess(node)) {
      this.#dropLoose(tx, old)
      if (old.cid === entry.cid) isHere = false
    }
    return isHere
  }

  /** Forgets all that an author wrote, and takes it out of the views. */
  forgetAuthor(tx: Transaction, node: PeerId): void {
    const { entries, loose, authors, views, quota } = this.deps
    for (const entry of loose.of(node)) this.#dropLoose(tx, entry)
    const kinds = new Set<string>()
    for (const incarnation of entries.incarnations(node))
      for (const kind of entries.kindsIn({ node, incarnation, from: 1, to: Infinity })) kinds.add(kind)
    if (entries.removeAuthor(tx, node) > 0) views.rebuild(tx, [...kinds])
    authors.forget(node)
    quota.recount()
    tx.afterCommit(() => this.#heads.delete(node))
  }

  #forget(): void {
    this.deps.authors.forget()
    this.deps.quota.recount()
    this.deps.loose.recount()
  }

  #dropLoose(tx: Transaction, entry: Entry): void {
    this.deps.views.withdrawLoose(tx, entry)
    this.deps.loose.remove(tx, entry)
  }

  /** What came without its chain steps aside, so that views see an author's entries in order, and comes again after. */
  #apply(tx: Transaction, entry: Entry): void {
    const { loose, views } = this.deps
    const { node, incarnation, seq, kind } = entry.header
    const waiting = loose.has(node) && views.takesLoose(kind) ? loose.of(node) : []
    for (const other of waiting) views.withdrawLoose(tx, other)
    views.apply(tx, entry)
    for (const other of waiting) {
      const isHere = other.header.incarnation === incarnation && other.header.seq === seq
      if (isHere) loose.remove(tx, other)
      else views.applyLoose(tx, other)
    }
  }

  /** Asks the hive about an author, and takes back or brings in what the answer changes. */
  judge(tx: Transaction, node: PeerId, first?: Entry): AdmissionVerdict {
    const { admission, authors } = this.deps
    let verdict = admission.judge(node)
    if (verdict.verdict === 'unknown') {
      if (node === this.deps.node) verdict = { verdict: 'admitted' }
      else {
        const introduction = this.deps.entries.at(node, { incarnation: 1, seq: 1 })?.entry ?? first
        if (introduction !== undefined && mayIntroduce(introduction)) verdict = admission.introduce(introduction)
      }
    }
    if (isSameVerdict(authors.standing(node).admission, verdict) && verdict.verdict !== 'unknown') return verdict
    const known = authors.verdict(node)
    if (known === undefined && verdict.verdict === 'unknown') return verdict
    // Nobody new has entries whose counting could change.
    if (this.deps.entries.incarnations(node).length === 0) authors.setVerdict(tx, node, verdict)
    else if (known === undefined || !isSameVerdict(known, verdict)) this.restand(tx, node, () => authors.setVerdict(tx, node, verdict))
    return verdict
  }

  /** Whether a proof tells nothing that is not known here. Reads only: everybody passes every proof on. */
  isKnownFork({ first, second }: ForkProof): boolean {
    if (first.header.hive !== this.deps.hive) return false
    const known = this.deps.authors.standing(first.header.node).forks.get(first.header.incarnation)
    if (known === undefined) return false
    const fork = judgeFork(first, second, isSigned)
    return fork !== undefined && known <= fork.shared
  }

  /** Keeps the proof of a fork, if it is one and tells something new. */
  takeFork(tx: Transaction, proof: ForkProof): ForkVerdict {
    const { hive, authors, entries, events } = this.deps
    const { node, incarnation } = proof.first.header
    const fork = proof.first.header.hive === hive ? judgeFork(proof.first, proof.second, isSigned) : undefined
    if (fork === undefined) return 'nothing'
    // Anybody can make keys that fork; only authors whose journal is here are worth a row. S4
    if (node !== this.deps.node && entries.incarnations(node).length === 0) return 'stranger'
    let isNew = false
    this.restand(tx, node, () => {
      isNew = authors.addFork(tx, proof, fork)
    })
    if (!isNew) return 'known'
    tx.afterCommit(() => events.emit('fork:seen', node, { incarnation, seq: fork.seq }, proof))
    return 'new'
  }

  /** Does something that may change which entries of an author count, and rebuilds the views for which it did. */
  restand(tx: Transaction, node: PeerId, change: () => void): void {
    const { authors, entries, views } = this.deps
    const before = authors.standing(node)
    change()
    const after = authors.standing(node)
    const kinds = new Set<string>()
    for (const incarnation of entries.incarnations(node)) {
      const range = changedRange(before, after, incarnation)
      if (range !== undefined) for (const kind of entries.kindsIn({ node, incarnation, ...range })) kinds.add(kind)
    }
    if (kinds.size > 0) views.rebuild(tx, [...kinds])
  }
}

/** Whether an entry can introduce its author to the hive. */
function mayIntroduce(entry: Entry): boolean {
  const { incarnation, seq, kind } = entry.header
  return incarnation === 1 && seq === 1 && kind === 'certificate' && entry.bodyBytes !== undefined && isSigned(entry)
}

function isSameVerdict(a: AdmissionVerdict, b: AdmissionVerdict): boolean {
  if (a.verdict !== 'cut' || b.verdict !== 'cut') return a.verdict === b.verdict
  return a.after?.incarnation === b.after?.incarnation && a.after?.seq === b.after?.seq
}

function changedRange(before: Standing, after: Standing, incarnation: number): { readonly from: number; readonly to: number } | undefined {
  const [old, now] = [lastEffective(before, incarnation), lastEffective(after, incarnation)]
  return old === now ? undefined : { from: Math.min(old, now) + 1, to: Math.max(old, now) }
}
