import type { Exchange } from '../../content/content.ts'
import type { LocalContentStore } from '../../content/content-store.ts'
import type { Permits } from '../../content/permits.ts'
import { createPermits } from '../../content/permits.ts'
import { signReceipt } from '../../content/protocol.ts'
import { within } from '../../content/within.ts'
import type { PeerId, SigningKey } from '../../identity/keys.ts'
import type { HiveId } from '../../journal/entry.ts'
import type { ReplicatedJournal } from '../../journal/journal.ts'
import type { Cid } from '../../lib/cid.ts'
import type { Clock } from '../../lib/clock.ts'
import type { TokenBucket } from '../../lib/token-bucket.ts'
import { createTokenBucket } from '../../lib/token-bucket.ts'
import type { ChannelHandler, Host } from '../../network/host.ts'
import type { Database } from '../../store/database.ts'
import { findVersionAt, findVersionOf, getResource, readVersions } from '../version-table.ts'
import type { Answer, Question } from './protocol.ts'
import { contextProtocol, formatAnswer, fullAnswerBytes, maxQuestionBytes, maxSmallBytes, parseQuestion } from './protocol.ts'
import { untilVersion } from './until-version.ts'

export interface ServeContextDeps {
  readonly hive: HiveId
  readonly host: Host
  readonly key: SigningKey
  readonly journal: Pick<ReplicatedJournal, 'find'>
  readonly database: Database
  readonly content: LocalContentStore
  readonly exchange: Exchange
  readonly clock: Clock
  /** Tells of versions as they can be read. */
  readonly onVersion: (listener: (entry: Cid) => void) => () => void
  /** Whether a member may have us keep what it wrote: not where strangers may write, there `content` keeps copies within its bound. */
  readonly isClosed: boolean
}

export interface ServeContextOptions {
  /** Questions of one member that are answered in a second; a long one counts as several. */
  readonly questionsPerSecond: number
  /** How long we wait for the entry of a version that a member wants us to keep, in milliseconds. */
  readonly copiesTimeoutMs: number
}

/** Channels of one member. */
const maxPerPeer = 16
/** Copies being made at once, and of those for one member, which asks for no more at once itself; more wait, each with a channel of its own. */
const parallelKeeps = 32
const keepsPerPeer = 12
/** Members whose rate is remembered. */
const maxPeers = 4_096
/** Seconds' worth of questions that may come at once. */
const burstSeconds = 10
/** Names that cost as much as one question. */
const namesPerQuestion = 32
/** A version to keep is asked for by every put, and waits for a disk anyway. */
const keepCost = 0.1
/** A channel on which nothing is asked is closed after this long, in milliseconds. */
const idleMs = 30_000

/** Answers questions of members about the context of one hive, until the signal. */
export function serveContext(deps: ServeContextDeps, options: ServeContextOptions, { signal }: { readonly signal: AbortSignal }): void {
  const rates = new Rates(deps, options)
  const slots = new KeepSlots()
  const handler: ChannelHandler = async (channel, { signal: closed }) => {
    const ending = AbortSignal.any([closed, signal])
    for (;;) {
      const bytes = await within(deps.clock, { ms: idleMs, signal: ending }, (waiting) => channel.receive({ signal: waiting }))
      if (bytes === undefined) return
      const question = parseQuestion(bytes)
      if (question === undefined) throw new Error('what came is no question of this protocol')
      const isHeard = rates.tryTake(channel.peer, question)
      const busy: Answer = { type: 'no', id: question.id, why: 'busy' }
      const answering = { ...deps, ...options, slots, peer: channel.peer, signal: ending }
      await channel.send(formatAnswer(isHeard ? await answer(answering, question) : busy))
    }
  }
  const off = deps.host.handle(contextProtocol(deps.hive), handler, { maxMessageBytes: maxQuestionBytes, maxPerPeer })
  signal.addEventListener('abort', off, { once: true })
}

interface Answering extends ServeContextDeps, ServeContextOptions {
  readonly slots: KeepSlots
  readonly peer: PeerId
  readonly signal: AbortSignal
}

async function answer(to: Answering, question: Question): Promise<Answer> {
  switch (question.type) {
    case 'resolve':
      return resolveHere(to, question)
    case 'hold':
      return signHeld(to, question)
    case 'give':
      return await giveSmall(to, question)
    case 'keep':
      return await keepVersion(to, question)
  }
}

/** The entry of the version that is wanted, as its writer signed it. A contested number is nobody's. */
function resolveHere({ database, hive, journal }: Answering, { id, resource, wanted }: Extract<Question, { type: 'resolve' }>): Answer {
  const known = getResource(database, hive, resource)
  const number = known && (wanted.is === 'moment' ? findVersionAt(database, known, wanted.at) : (numberOf(wanted) ?? known.last))
  const isKept = known !== undefined && number !== undefined && number >= known.first && number <= known.last
  const [only, ...others] = isKept ? readVersions(database, known, number) : []
  return { type: 'version', id, entry: only !== undefined && others.length === 0 ? (journal.find(only.entry) ?? null) : null }
}

function numberOf(wanted: Extract<Question, { type: 'resolve' }>['wanted']): number | undefined {
  return wanted.is === 'number' ? wanted.version : undefined
}

/** Content of another hive, or of none, is not here as far as others are concerned. */
function isWhole({ content, hive }: ServeContextDeps, cid: Cid): boolean {
  return content.isServed(hive, cid) && content.stat(cid)?.isWhole === true
}

function signHeld(to: Answering, { id, cids }: Extract<Question, { type: 'hold' }>): Answer {
  const { hive, host, key, clock } = to
  const at = Math.trunc(clock.now())
  const signatures = cids.map((cid) => (isWhole(to, cid) ? signReceipt(key, { hive, cid, node: host.peerId, at }) : null))
  return { type: 'held', id, at, signatures }
}

async function giveSmall(to: Answering, { id, cids }: Extract<Question, { type: 'give' }>): Promise<Answer> {
  const contents: (Uint8Array | null)[] = []
  let bytes = 0
  for (const cid of cids) {
    const content = isWhole(to, cid) && (to.content.sizeOf(cid) ?? Infinity) <= maxSmallBytes ? await readSmall(to, cid) : null
    contents.push(content)
    bytes += content?.byteLength ?? 0
    if (bytes > fullAnswerBytes) break
  }
  return { type: 'given', id, contents }
}

/** Undefined for what has gone bad: the steward of this node finds it by itself. */
async function readSmall({ content, exchange, signal }: Answering, cid: Cid): Promise<Uint8Array | null> {
  const block = await content.rootBlock(cid).catch(() => undefined)
  if (block !== undefined) return block
  void exchange.fetch(cid, { signal, maxBytes: maxSmallBytes }).catch(() => {})
  return null
}

/** Waits until the version came by the journal, then for its content, and signs when both are on this disk. */
async function keepVersion(to: Answering, { id, entry, cid }: Extract<Question, { type: 'keep' }>): Promise<Answer> {
  const { hive, host, key, clock, database, exchange, slots } = to
  const { signal } = to
  if (!to.isClosed) return { type: 'no', id, why: 'refused' }
  let release: (() => void) | undefined
  try {
    // without a slot: an entry that never comes keeps nobody else from theirs
    const isHere = await within(clock, { ms: to.copiesTimeoutMs, signal }, (waiting) => untilVersion(to, entry, { signal: waiting }))
    if (!isHere) return { type: 'no', id, why: 'absent' }
    release = await slots.acquire(to.peer, { signal })
    const version = findVersionOf(database, hive, entry)
    if (version === undefined || version.cid !== cid) return { type: 'no', id, why: 'refused' }
    if (cid !== null) await exchange.fetch(cid, { signal, maxBytes: version.size })
    const at = Math.trunc(clock.now())
    return { type: 'kept', id, at, signature: signReceipt(key, { hive, cid: cid ?? entry, node: host.peerId, at }) }
  } catch {
    return { type: 'no', id, why: 'absent' }
  } finally {
    release?.()
  }
}

/** Turns to make copies: some for each member, and some for all. */
class KeepSlots {
  readonly #all = createPermits(parallelKeeps)
  readonly #ofPeers = new Map<PeerId, { readonly permits: Permits; users: number }>()

  /** Resolves with the function that gives the slot back. @throws the signal's reason */
  async acquire(peer: PeerId, { signal }: { readonly signal: AbortSignal }): Promise<() => void> {
    const own = this.#ofPeers.get(peer) ?? { permits: createPermits(keepsPerPeer), users: 0 }
    this.#ofPeers.set(peer, own)
    own.users += 1
    const releases: (() => void)[] = []
    const leave = (): void => {
      for (const release of releases) release()
      own.users -= 1
      if (own.users === 0) this.#ofPeers.delete(peer)
    }
    try {
      releases.push(await own.permits.acquire({ signal }))
      releases.push(await this.#all.acquire({ signal }))
      return leave
    } catch (error) {
      leave()
      throw error
    }
  }
}

/** What each member may ask in a while. */
class Rates {
  readonly #deps: Pick<ServeContextDeps, 'clock'>
  readonly #perSecond: number
  readonly #rates = new Map<PeerId, TokenBucket>()

  constructor(deps: Pick<ServeContextDeps, 'clock'>, { questionsPerSecond }: ServeContextOptions) {
    this.#deps = deps
    this.#perSecond = questionsPerSecond
  }

  tryTake(peer: PeerId, question: Question): boolean {
    const cost = 'cids' in question ? Math.ceil(question.cids.length / namesPerQuestion) : question.type === 'keep' ? keepCost : 1
    const rate =
      this.#rates.get(peer) ?? createTokenBucket(this.#deps, { perSecond: this.#perSecond, burst: burstSeconds * this.#perSecond })
    const oldest = this.#rates.keys().next().value
    if (this.#rates.size >= maxPeers && !this.#rates.has(peer) && oldest !== undefined) this.#rates.delete(oldest)
    this.#rates.set(peer, rate)
    return rate.tryTake(cost)
  }
}
