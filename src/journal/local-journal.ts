import type { PeerId, SigningKey } from '../identity/keys.ts'
import type { Clock } from '../lib/clock.ts'
import type { Cid } from '../lib/cid.ts'
import { linkOfCid } from '../lib/cid.ts'
import { formatBody, isKind, maxBodyBytes } from './codec.ts'
import { describeError } from '../lib/fault.ts'
import type { StoredEntry } from './entry-table.ts'
import type { Entry, Head } from './entry.ts'
import { eraseKind, isErasable } from './erasure-table.ts'
import { journalFaults } from './faults.ts'
import type { JournalCore } from './journal-core.ts'
import type {
  AppendOptions,
  EntryRange,
  ForkProof,
  ForkVerdict,
  JournalEvents,
  JournalStatus,
  ReplicatedJournal,
  RunReport,
  ServedRange,
  ServeLimits,
} from './journal.ts'
import type { Events } from '../lib/events.ts'
import type { HiveId } from './entry.ts'
import { OwnHead } from './own-head.ts'
import type { MendOptions } from './own-head.ts'
import { OwnJournal } from './own-journal.ts'
import { Receiver } from './receiver.ts'
import { dropRestoredMark } from './restored.ts'
import { lastOnLine, lastWanted } from './rules/standing.ts'
import { serveRange } from './serve.ts'

export interface LocalJournalDeps {
  readonly core: JournalCore
  readonly key: SigningKey
  readonly clock: Clock
}

export interface LocalJournalOptions {
  readonly isRestored: boolean
  readonly maxBodyBytes: number
  readonly ownHeadTimeoutMs: number
}

/** Authors refused lately that are remembered; the oldest is forgotten first and may be asked about again. */
const maxRefused = 4096

/** The journals of one hive over a database. */
export class LocalJournal implements ReplicatedJournal {
  readonly hive: HiveId
  readonly node: PeerId
  readonly events: Events<JournalEvents>
  readonly #core: JournalCore
  readonly #own: OwnJournal
  readonly #receiver: Receiver
  readonly #ownHead: OwnHead
  readonly #maxBodyBytes: number
  readonly #refused = new Set<PeerId>()
  readonly #gaps = new Set<PeerId>()
  #bytesSent = 0
  #bytesReceived = 0
  #isClosed = false

  constructor(deps: LocalJournalDeps, options: LocalJournalOptions) {
    this.#core = deps.core
    this.hive = deps.core.deps.hive
    this.node = deps.core.deps.node
    this.events = deps.core.deps.events
    this.#own = new OwnJournal(deps)
    this.#receiver = new Receiver(deps.core, this.#own)
    this.#maxBodyBytes = Math.min(options.maxBodyBytes, maxBodyBytes)
    this.#ownHead = new OwnHead(
      {
        clock: deps.clock,
        log: deps.core.deps.log,
        lastSeq: (incarnation) => this.headOf(this.node, incarnation)?.seq ?? 0,
        mend: (how) => this.#mend(how),
      },
      { isRestored: options.isRestored, ownHeadTimeoutMs: options.ownHeadTimeoutMs },
    )
    if (options.isRestored) void this.#goOn()
  }

  async append(kind: string, body: unknown, options?: AppendOptions): Promise<Entry> {
    if (!isKind(kind))
      throw journalFaults.create('ENTRY_INVALID', { message: `"${kind}" names no kind of record; use 1–64 of a–z, 0–9, dot and hyphen` })
    const formatted = formatBody(body)
    const size = formatted.bytes.byteLength
    if (size > this.#maxBodyBytes)
      throw journalFaults.create('ENTRY_TOO_LARGE', {
        message: `this ${kind} record has ${size} bytes and the journal takes ${this.#maxBodyBytes}; store what is large as content and name it`,
        data: { kind, size, max: this.#maxBodyBytes },
      })
    await this.#ownHead.settled
    return this.#core.write((tx) => {
      const entry = this.#own.append(tx, kind, formatted)
      options?.within?.(tx, entry)
      return entry
    })
  }

  heads(): readonly Head[] {
    return this.#core.heads()
  }

  headOf(node: PeerId, incarnation: number): Head | undefined {
    const head = this.#core.headOf(node, incarnation)
    if (node !== this.node) return head
    const stray = this.#own.lastStray(incarnation)
    return stray !== undefined && stray.seq > (head?.seq ?? 0) ? { node, incarnation, ...stray } : head
  }

  find(cid: Cid): Entry | undefined {
    return this.#core.deps.entries.find(cid)?.entry ?? this.#core.deps.loose.find(cid)
  }

  *range(node: PeerId, incarnation: number, from: number, to: number): Iterable<Entry> {
    for (const { entry } of this.#core.deps.entries.range({ node, incarnation, from, to })) yield entry
  }

  async receive(entries: readonly Entry[], _from: PeerId, evidence: readonly Entry[] = []): Promise<readonly RunReport[]> {
    const reports = await this.#receiver.receive(entries, evidence)
    for (const report of reports) this.#note(report)
    return reports
  }

  async receiveLoose(entries: readonly Entry[], introductions: readonly Entry[]): Promise<readonly Entry[]> {
    return this.#receiver.receiveLoose(entries, introductions)
  }

  async reconsider(): Promise<void> {
    const { quota } = this.#core.deps
    const blocked = [...new Set(this.heads().map(({ node }) => node))].filter((node) => quota.isBlocked(node))
    await this.#core.write((tx) => {
      for (const node of blocked) this.#core.forgetAuthor(tx, node)
      quota.recount()
    })
    for (const node of blocked) this.events.emit('author:judged', node)
    this.events.emit('author:judged', this.node)
  }

  async rebuildViews(kinds: readonly string[]): Promise<void> {
    await this.#core.write((tx) => this.#core.deps.views.rebuild(tx, kinds))
  }

  async erase(cid: Cid): Promise<void> {
    const entry = this.find(cid)
    if (entry === undefined) throw journalFaults.create('ENTRY_MISSING', { message: `no entry ${cid} is here; look it up with its author` })
    if (entry.header.node !== this.node || !isErasable(entry.header.kind))
      throw journalFaults.create('ENTRY_NOT_OURS', {
        message: `entry ${cid} of kind ${entry.header.kind} is by ${entry.header.node}; only its author can erase it, and not what holds the journal together`,
      })
    if (entry.bodyBytes === undefined) return
    await this.append(eraseKind, { cid: linkOfCid(cid) })
  }

  async rejudge(node: PeerId): Promise<void> {
    // A grant to an owner names no node, so every stranger may be known now.
    this.#refused.clear()
    await this.#core.write((tx) => this.#core.judge(tx, node))
    this.events.emit('author:judged', node)
  }

  status(): JournalStatus {
    const { quota, views, authors } = this.#core.deps
    const forked = new Set(
      authors
        .forks()
        .map(({ first }) => first.header)
        .filter((header) => header.incarnation === this.#newest(header.node))
        .map((header) => header.node),
    )
    return {
      ...quota.totals(),
      authors: this.#core.authors(),
      troubled: [
        ...[...this.#gaps].map((node) => ({ node, trouble: 'gap' as const })),
        ...[...forked].map((node) => ({ node, trouble: 'fork' as const })),
      ],
      quarantinedViews: views.quarantined(),
      bytesSent: this.#bytesSent,
      bytesReceived: this.#bytesReceived,
    }
  }

  lastWanted(node: PeerId, incarnation: number): number {
    if (node === this.node) return Infinity
    const { authors, admission, quota } = this.#core.deps
    if (quota.isFull(node)) return this.headOf(node, incarnation)?.seq ?? 0
    if (quota.isBlocked(node)) return 0
    const standing = authors.standing(node)
    if (standing.admission.verdict !== 'unknown') return lastWanted(standing, incarnation)
    const verdict = admission.judge(node)
    // Nobody we know yet: its first entry says whether the hive takes it.
    return verdict.verdict === 'unknown' ? (incarnation === 1 ? 1 : 0) : lastWanted({ ...standing, admission: verdict }, incarnation)
  }

  wantsNewest(head: Head): boolean {
    return head.seq > (this.headOf(head.node, head.incarnation)?.seq ?? 0) && this.#core.deps.quota.wantsNewest(head)
  }

  isRefused(node: PeerId): boolean {
    return this.#refused.has(node)
  }

  serve(range: EntryRange, limits: ServeLimits): ServedRange {
    const { entries, erasures } = this.#core.deps
    const remember = (stored: StoredEntry, isGood: boolean): void => {
      const work = this.#core.write((tx) => entries.setProven(tx, stored.arrival, isGood ? 1 : -1))
      work.catch((error: unknown) => this.#core.deps.log.debug('a checked signature was not remembered', { error: describeError(error) }))
    }
    return serveRange({ entries, erasures, remember }, range, limits)
  }

  peerKnowsOurHead(head: Head | undefined): boolean {
    this.#ownHead.claim(head)
    return head === undefined || this.#own.knows(head)
  }

  async receiveFork(proof: ForkProof): Promise<ForkVerdict> {
    if (this.#core.isKnownFork(proof)) return 'known'
    const outcome = await this.#core.write((tx) => this.#core.takeFork(tx, proof))
    if (outcome === 'new' && proof.first.header.node === this.node) this.#ownHead.progress()
    return outcome
  }

  lineHeads(node: PeerId): readonly Head[] {
    const { authors, entries } = this.#core.deps
    const standing = authors.standing(node)
    return this.#core.headsOf(node).flatMap((head) => {
      // Of a revoked author some hold more than others; past its end nobody asks, so it must not make a difference.
      const wanted = node === this.node ? Infinity : lastWanted(standing, head.incarnation)
      const seq = Math.min(wanted, lastOnLine(standing, head.incarnation))
      if (head.seq <= seq) return [head]
      const cid = entries.cidAt(node, { incarnation: head.incarnation, seq })
      return cid === undefined ? [] : [{ ...head, seq, cid }]
    })
  }

  forks(): readonly ForkProof[] {
    return this.#core.deps.authors.forks()
  }

  countTraffic(sentBytes: number, receivedBytes: number): void {
    this.#bytesSent += sentBytes
    this.#bytesReceived += receivedBytes
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    this.#ownHead.close()
    await Promise.resolve()
  }

  #newest(node: PeerId): number {
    return this.#core.deps.entries.incarnations(node)[0] ?? 1
  }

  #note(report: RunReport): void {
    const { node, verdict } = report
    if (verdict === 'unknown') {
      const [oldest] = this.#refused
      if (this.#refused.size >= maxRefused && oldest !== undefined) this.#refused.delete(oldest)
      this.#refused.add(node)
    } else this.#refused.delete(node)
    if (verdict === 'gap') this.#gaps.add(node)
    else if (verdict === 'stored') this.#gaps.delete(node)
    if (node === this.node && verdict !== 'known') this.#ownHead.progress()
  }

  async #mend(how: MendOptions): Promise<boolean> {
    if (this.#isClosed) return true
    return this.#core.write((tx) => {
      if (how.openNew) this.#own.openIncarnation(tx)
      return this.#own.mend(tx, how)
    })
  }

  async #goOn(): Promise<void> {
    await this.#ownHead.settled
    if (this.#isClosed) return
    const { database, log } = this.#core.deps
    try {
      await dropRestoredMark(database, this.hive)
    } catch (error) {
      // Nobody waits for this. With the mark the next start asks the peers once more, which does no harm.
      log.warn('the mark of a restore stays until the next start', { error: describeError(error) })
    }
  }
}
