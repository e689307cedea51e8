import type { PeerId } from '../identity/keys.ts'
import type { Chance } from '../lib/chance.ts'
import type { Clock } from '../lib/clock.ts'
import { describeError } from '../lib/fault.ts'
import type { Log } from '../lib/log.ts'
import type { Host } from '../network/host.ts'
import type { Entry, Head } from './entry.ts'
import { HeadSums } from './head-sums.ts'
import type { EntryRange, ForkProof, ReplicatedJournal, RunReport } from './journal.ts'
import type { PeerSession } from './peer-session.ts'
import type { Message } from './protocol.ts'
import { maxHeadsPerMessage, maxRangesPerAsk } from './protocol.ts'
import { Pace } from './pace.ts'
import { CatchUp } from './rules/catch-up.ts'
import { planRanges } from './rules/plan-ranges.ts'
import { wireSize } from './serve.ts'

export interface ReplicatorDeps {
  readonly journal: ReplicatedJournal
  readonly host: Host
  readonly clock: Clock
  readonly chance: Chance
  readonly log: Log
}

export interface ReplicatorOptions {
  readonly batchEntries: number
  readonly batchBytes: number
  readonly headsIntervalMs: number
  readonly maxInvalidBatches: number
}

/** New heads are told together after this long, in milliseconds. */
const flushDelayMs = 200
/** Incarnations wanted at once, and of those one peer may have offered. */
const [maxWants, maxWantsPerPeer] = [65_536, 16_384]
/** Authors nobody introduced, taken from one peer per comparison of heads. */
const maxStrangersPerPeer = 256
/** Sums of one peer are answered this often at most, in milliseconds: 300 bytes of them may cost the heads of everybody. */
const answerIntervalMs = 1000
/** Entries before a divergence looked at in one step. */
const probeEntries = 64
/** Peers whose wrong messages are remembered. */
const maxStrikes = 4096

/** Compares, asks and answers: what is said on the channels. Who opens them is `links.ts`'s. */
export class Replicator {
  readonly #deps: ReplicatorDeps
  readonly #options: ReplicatorOptions
  readonly #sums: HeadSums
  readonly #catchUp: CatchUp
  readonly #sessions = new Set<PeerSession>()
  readonly #answers: Pace<PeerSession, Uint8Array>
  readonly #strikes = new Map<PeerId, number>()
  readonly #strangers = new Map<PeerId, number>()
  /** Authors with news to tell, and the one peer that knows already, if there is just one. */
  readonly #news = new Map<PeerId, PeerId | undefined>()
  /** What peers told between two tellings of ours: neighbours hear of the same entries at once, and need not tell each other. */
  readonly #heard = new Map<PeerSession, Map<PeerId, Head>>()
  readonly #release: readonly (() => void)[]
  #cancelFlush: (() => void) | undefined
  #cancelCompare: () => void = () => {}
  #invalid = 0
  #dropped = 0

  constructor(deps: ReplicatorDeps, options: ReplicatorOptions) {
    this.#deps = deps
    this.#options = options
    const { journal } = deps
    this.#sums = new HeadSums(new Set(journal.heads().map((head) => head.node)), (node) => journal.lineHeads(node))
    this.#catchUp = new CatchUp(journal, { maxRanges: maxRangesPerAsk, maxEntries: options.batchEntries, maxWants, maxWantsPerPeer })
    this.#answers = new Pace(deps.clock, answerIntervalMs, (session, sums) => this.#answerSums(sums, session))
    this.#release = [
      journal.events.on('entry:added', (entry) => this.#sums.touch(entry.header.node)),
      journal.events.on('fork:seen', (node) => this.#sums.touch(node)),
      journal.events.on('author:judged', (node) => {
        this.#sums.touch(node)
        this.#scheduleFlush()
      }),
    ]
    this.#scheduleCompare()
  }

  status(): { readonly wanted: number; readonly invalid: number; readonly dropped: number } {
    return { wanted: this.#catchUp.size, invalid: this.#invalid, dropped: this.#dropped }
  }

  close(): void {
    for (const release of this.#release) release()
    this.#cancelFlush?.()
    this.#cancelCompare()
    this.#answers.close()
  }

  /** Whether a peer said so much that is wrong that it is not listened to in this run. */
  isDropped(peer: PeerId): boolean {
    return (this.#strikes.get(peer) ?? 0) >= this.#options.maxInvalidBatches
  }

  join(session: PeerSession): void {
    this.#sessions.add(session)
    session.send({ type: 'sums', sums: this.#sums.sums() })
    this.#tellTheirs(session)
  }

  leave(session: PeerSession): void {
    this.#sessions.delete(session)
    this.#heard.delete(session)
    this.#answers.forget(session)
    if (this.#sessionOf(session.peer) !== undefined) return
    this.#strangers.delete(session.peer)
    this.#catchUp.lose(session.peer)
    for (const other of this.#sessions) this.#pump(other)
  }

  compareAll(): void {
    const sums = this.#sums.sums()
    this.#strangers.clear()
    for (const session of this.#sessions) session.send({ type: 'sums', sums })
  }

  /** Takes one message. False when no honest peer sends it. */
  async hear(message: Message, session: PeerSession): Promise<boolean> {
    switch (message.type) {
      case 'sums':
        this.#answers.take(session, message.sums)
        return true
      case 'heads':
        this.#takeHeads(message.heads, session)
        return true
      case 'yours':
        return this.#takeOurs(message.heads, session)
      case 'ask':
        return session.answer(() => this.#batch(message)) || this.strike(session.peer, 'questions without waiting for answers')
      case 'batch':
        return this.#takeBatch(message, session)
      case 'fork':
        return (await this.#deps.journal.receiveFork(message.proof)) !== 'nothing' || this.strike(session.peer, 'a fork that is none')
    }
  }

  /** Takes entries from a peer, from a batch or from gossip, and sees what to ask for next. */
  async take(entries: readonly Entry[], from: PeerId, evidence: readonly Entry[]): Promise<readonly RunReport[]> {
    const reports = await this.#deps.journal.receive(entries, from, evidence)
    for (const report of reports) this.#follow(report, from)
    return reports
  }

  /** Asks a peer that offered more, if nothing is asked of it already. */
  pump(peer: PeerId): void {
    const session = this.#sessionOf(peer)
    if (session !== undefined) this.#pump(session)
  }

  /** Has news of an author told in heads, to everybody but who told us. */
  tell(node: PeerId, knower: PeerId | undefined): void {
    this.#news.set(node, this.#news.has(node) && this.#news.get(node) !== knower ? undefined : knower)
    this.#scheduleFlush()
  }

  /** Tells a proof on every channel: when gossip has nobody to carry it. */
  tellFork(proof: ForkProof): void {
    for (const session of this.#sessions) session.send({ type: 'fork', proof })
  }

  /** Counts a wrong message; drops the peer at the limit. Always false, as the message was no good. */
  strike(peer: PeerId, why: string): false {
    const { host, log } = this.#deps
    const [oldest] = this.#strikes.keys()
    if (this.#strikes.size >= maxStrikes && oldest !== undefined) this.#strikes.delete(oldest)
    this.#strikes.set(peer, (this.#strikes.get(peer) ?? 0) + 1)
    this.#invalid += 1
    log.warn('a peer sent what no honest peer sends', { peer, why, times: this.#strikes.get(peer) ?? 0 })
    if (!this.isDropped(peer)) return false
    this.#dropped += 1
    this.#catchUp.lose(peer)
    host.disconnect(peer).catch((error: unknown) => log.debug('a dropped peer was not disconnected', { peer, error: describeError(error) }))
    return false
  }

  #answerSums(sums: Uint8Array, session: PeerSession): void {
    const { journal } = this.#deps
    const heads = this.#sums.differing(sums)
    if (heads.length === 0) return
    this.#sendHeads(session, heads)
    const authors = new Set(heads.map((head) => head.node))
    for (const proof of journal.forks()) if (authors.has(proof.first.header.node)) session.send({ type: 'fork', proof })
  }

  #sendHeads(session: PeerSession, heads: readonly Head[]): void {
    for (let from = 0; from < heads.length; from += maxHeadsPerMessage) {
      session.send({ type: 'heads', heads: heads.slice(from, from + maxHeadsPerMessage) })
    }
  }

  /** What we have of the peer's own journal, cut or not: what it lost it can have back. */
  #tellTheirs(session: PeerSession): void {
    const heads = this.#deps.journal.heads().filter((head) => head.node === session.peer)
    session.send({ type: 'yours', heads })
    const forks = this.#deps.journal.forks().filter((proof) => proof.first.header.node === session.peer)
    for (const proof of forks) session.send({ type: 'fork', proof })
  }

  #takeOurs(heads: readonly Head[], session: PeerSession): boolean {
    const { journal } = this.#deps
    if (heads.some((head) => head.node !== journal.node)) return this.strike(session.peer, 'heads of another as ours')
    if (heads.length === 0) journal.peerKnowsOurHead(undefined)
    for (const head of heads) {
      const { node, incarnation, seq } = head
      const isOtherBranch = !journal.peerKnowsOurHead(head) && seq <= (journal.headOf(node, incarnation)?.seq ?? 0)
      if (isOtherBranch) this.#catchUp.probe(session.peer, { node, incarnation, from: Math.max(1, seq - probeEntries + 1), to: seq })
    }
    this.#takeHeads(heads, session)
    return true
  }

  #takeHeads(heads: readonly Head[], session: PeerSession): void {
    const { journal } = this.#deps
    const heard = this.#heard.get(session) ?? new Map<PeerId, Head>()
    this.#heard.set(session, heard)
    for (const head of heads) if (heard.size < maxHeadsPerMessage) heard.set(head.node, head)
    const known = heads.filter((head) => this.#isWorthAsking(head, session.peer))
    for (const { node, incarnation, from, to } of planRanges(journal, known)) {
      const seq = journal.headOf(node, incarnation)?.seq ?? 0
      if (from <= seq) this.#catchUp.probe(session.peer, { node, incarnation, from, to })
      else this.#catchUp.offer(session.peer, { node, incarnation, seq: to })
    }
    for (const head of known) if (journal.wantsNewest(head)) this.#catchUp.probe(session.peer, newestRange(head))
    this.#pump(session)
  }

  /** Bounds what a peer can make us ask about authors nobody introduced. S4 */
  #isWorthAsking(head: Head, peer: PeerId): boolean {
    const { journal } = this.#deps
    if (journal.headOf(head.node, 1) !== undefined || journal.lastWanted(head.node, 1) > 1) return true
    const count = this.#strangers.get(peer) ?? 0
    if (journal.isRefused(head.node) || count >= maxStrangersPerPeer) return false
    this.#strangers.set(peer, count + 1)
    return true
  }

  #batch(ask: Extract<Message, { readonly type: 'ask' }>): Message {
    const { journal } = this.#deps
    const entries: Entry[] = []
    const evidence = new Map<string, Entry>()
    let bytes = 0
    for (const range of ask.ranges) {
      const limits = { maxEntries: this.#options.batchEntries - entries.length, maxBytes: this.#options.batchBytes - bytes }
      if (limits.maxEntries <= 0 || limits.maxBytes <= 0) break
      const served = journal.serve(range, limits)
      const size = [...served.entries, ...served.evidence].reduce((sum, entry) => sum + wireSize(entry), 0)
      // The first range is always served, or an entry larger than a batch would be asked for forever.
      if (entries.length > 0 && size > limits.maxBytes) break
      entries.push(...served.entries)
      for (const record of served.evidence) evidence.set(record.cid, record)
      bytes += size
    }
    return { type: 'batch', id: ask.id, entries, evidence: [...evidence.values()] }
  }

  async #takeBatch(batch: Extract<Message, { readonly type: 'batch' }>, session: PeerSession): Promise<boolean> {
    const ranges = session.settle(batch.id)
    if (ranges === undefined) return this.strike(session.peer, 'an answer nobody asked for')
    const isAsked = (entry: Entry): boolean =>
      ranges.some(
        (range) => range.node === entry.header.node && range.incarnation === entry.header.incarnation && entry.header.seq >= range.from,
      )
    if (batch.entries.length > 4 * this.#options.batchEntries || !batch.entries.every(isAsked)) {
      return this.strike(session.peer, 'entries nobody asked for')
    }
    const reports = await this.take(batch.entries, session.peer, batch.evidence)
    for (const report of reports) if (report.stored > 0) this.tell(report.node, session.peer)
    this.#catchUp.answered(session.peer, ranges)
    const isInvalid = reports.some((report) => report.verdict === 'invalid')
    if (isInvalid) this.strike(session.peer, 'entries that do not verify')
    this.#pump(session)
    return !isInvalid
  }

  /** What a report means for what to ask next. */
  #follow(report: RunReport, from: PeerId): void {
    const { node, incarnation, seq, verdict } = report
    if (verdict === 'gap') this.#catchUp.offer(from, { node, incarnation, seq })
    if (verdict === 'diverged' && seq > 1) {
      this.#catchUp.probe(from, { node, incarnation, from: Math.max(1, seq - probeEntries), to: seq - 1 })
    }
  }

  #pump(session: PeerSession): void {
    if (session.isEnded || session.question !== undefined || this.isDropped(session.peer)) return
    const ranges: readonly EntryRange[] = this.#catchUp.next(session.peer)
    if (ranges.length > 0) session.ask(ranges)
  }

  #sessionOf(peer: PeerId): PeerSession | undefined {
    for (const session of this.#sessions) if (session.peer === peer && !session.isEnded) return session
    return undefined
  }

  #scheduleFlush(): void {
    this.#cancelFlush ??= this.#deps.clock.schedule(flushDelayMs, () => {
      this.#cancelFlush = undefined
      this.#flush()
    })
  }

  #flush(): void {
    const news = [...this.#news]
    this.#news.clear()
    if (news.length === 0) return this.compareAll()
    for (const session of this.#sessions) {
      const heard = this.#heard.get(session)
      const heads = news
        .filter(([, knower]) => knower !== session.peer)
        .flatMap(([node]) => this.#deps.journal.lineHeads(node))
        .filter((head) => !isCovered(head, heard?.get(head.node)))
      if (heads.length > 0) this.#sendHeads(session, heads)
    }
    this.#heard.clear()
  }

  /** Heads are compared at intervals that no two peers keep in step. */
  #scheduleCompare(): void {
    const { clock, chance } = this.#deps
    this.#cancelCompare = clock.schedule(this.#options.headsIntervalMs * (0.75 + chance.fraction() / 2), () => {
      this.compareAll()
      this.#scheduleCompare()
    })
  }
}

/** The last entries before a head. */
function newestRange({ node, incarnation, seq }: Head): EntryRange {
  return { node, incarnation, from: Math.max(1, seq - probeEntries + 1), to: seq }
}

/** Whether who told `told` need not be told `head`. */
function isCovered(head: Head, told: Head | undefined): boolean {
  return told !== undefined && told.incarnation === head.incarnation && (told.seq > head.seq || told.cid === head.cid)
}
