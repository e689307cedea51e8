import type { OwnerId, PeerId } from '../../identity/keys.ts'
import { isSigned, parseBody } from '../../journal/codec.ts'
import type { Entry } from '../../journal/entry.ts'
import type { ReplicatedJournal } from '../../journal/journal.ts'
import type { Chance } from '../../lib/chance.ts'
import type { Clock } from '../../lib/clock.ts'
import { withDeadline } from '../../lib/deadline.ts'
import { describeError } from '../../lib/fault.ts'
import type { Log } from '../../lib/log.ts'
import { mapBounded } from '../../lib/map-bounded.ts'
import type { Channel, Host } from '../../network/host.ts'
import { parseRelease, releaseKind } from '../release.ts'
import { parseTextQuery } from '../search/rules/query.ts'
import type { RemoteAnswer, RemoteQuestion } from './protocol.ts'
import { formatQuestion, maxAnswerBytes, parseAnswer, searchProtocol } from './protocol.ts'
import type { Statistics } from '../search/search-text.ts'
import { addStatistics } from './rules/add-statistics.ts'
import { filterOf, isAnswer } from './rules/judge-hit.ts'

export interface RemoteSearchDeps {
  readonly journal: Pick<ReplicatedJournal, 'hive' | 'receiveLoose' | 'find'>
  readonly host: Host
  readonly clock: Clock
  readonly chance: Chance
  readonly log: Log
  readonly ownerOf: (node: PeerId) => OwnerId | undefined
  /** The owner that the first entry of a journal says its author is certified by; undefined when it says none. */
  readonly introducedOwner: (introduction: Entry) => OwnerId | undefined
}

export interface RemoteSearchOptions {
  /** Members asked for one search at most. */
  readonly remoteMembers: number
  /** Time for all answers, in milliseconds. */
  readonly remoteTimeoutMs: number
}

/** What became of one question. */
export interface RemoteReport {
  readonly asked: number
  readonly answered: number
  /** Releases that are known here now and were not before. */
  readonly added: number
  /** Releases that were no answer: unsigned, another's, or not what was asked for. */
  readonly dropped: number
  /** How common the words are at all who answered. */
  readonly statistics: Statistics
}

/** Times a member may answer what no honest one does before it is asked no more in this run. */
const maxStrikes = 3
/** Members with strikes that are remembered. */
const maxStruck = 4_096

/** Asks connected members of one hive what they have; what is good of their answers is in the index when it resolves. */
export class RemoteSearch implements Disposable {
  readonly #deps: RemoteSearchDeps
  readonly #options: RemoteSearchOptions
  /** Channels on which nothing is asked just now: the next question costs one round trip. */
  readonly #idle = new Map<PeerId, Channel>()
  readonly #strikes = new Map<PeerId, number>()
  readonly #release: () => void
  #lastId = 0
  #dropped = 0

  constructor(deps: RemoteSearchDeps, options: RemoteSearchOptions) {
    this.#deps = deps
    this.#options = options
    this.#release = deps.host.events.on('peer:disconnected', (peer) => this.#idle.delete(peer))
  }

  /** Members who would be asked now, as many as are asked at most. */
  members(): readonly PeerId[] {
    const connected = this.#deps.host.connections().filter(({ admitted, peer }) => admitted && (this.#strikes.get(peer) ?? 0) < maxStrikes)
    const drawn = connected.map(({ peer }) => ({ peer, place: this.#deps.chance.fraction() })).toSorted((a, b) => a.place - b.place)
    return drawn.slice(0, this.#options.remoteMembers).map(({ peer }) => peer)
  }

  /** Releases that came and were dropped, since start. */
  dropped(): number {
    return this.#dropped
  }

  async ask(
    question: Omit<RemoteQuestion, 'id'>,
    { signal, peers }: { readonly signal: AbortSignal; readonly peers: readonly PeerId[] },
  ): Promise<RemoteReport> {
    const late = withDeadline(this.#deps.clock, this.#options.remoteTimeoutMs, signal)
    this.#lastId += 1
    const whole = { ...question, id: this.#lastId }
    // every question is a message and an answer of a mebibyte at most; who is asked is bounded by `remoteMembers`
    const answers = await mapBounded(peers, (peer) => this.#askOne(peer, whole, late), { concurrency: Math.max(1, peers.length) })
    signal.throwIfAborted()
    const found = answers.flatMap((answer) => answer ?? [])
    const releases = new Map<string, Entry>()
    let dropped = 0
    for (const answer of found) {
      const good = answer.releases.filter((entry) => this.#isGood(entry, answer, whole))
      dropped += answer.releases.length - good.length
      if (good.length < answer.releases.length) this.#strike(answer.peer, 'releases that are no answer')
      for (const entry of good) releases.set(entry.cid, entry)
    }
    this.#dropped += dropped
    const news = [...releases.values()].filter(({ cid }) => this.#deps.journal.find(cid) === undefined)
    const introductions = found.flatMap((answer) => answer.introductions)
    const added = news.length === 0 ? [] : await this.#deps.journal.receiveLoose(news, introductions)
    const statistics = found.map((answer) => answer.statistics).reduce(addStatistics, { packages: 0, counts: [] })
    return { asked: peers.length, answered: found.length, added: added.length, dropped, statistics }
  }

  [Symbol.dispose](): void {
    this.#release()
    for (const channel of this.#idle.values()) channel.close().catch(() => {})
    this.#idle.clear()
  }

  async #askOne(peer: PeerId, question: RemoteQuestion, signal: AbortSignal): Promise<PeerAnswer | undefined> {
    const waiting = this.#idle.get(peer)
    this.#idle.delete(peer)
    try {
      const again = waiting && (await this.#exchange(waiting, question, signal).catch(() => undefined))
      if (waiting !== undefined && again !== undefined) return this.#settle(waiting, question, again)
      // the other side lets go of channels on which nothing is asked
      waiting?.abort(new Error('the channel was closed'))
      signal.throwIfAborted()
      const channel = await this.#open(peer, signal)
      const answer = await this.#exchange(channel, question, signal).catch((error: unknown) => {
        channel.abort(new Error('no answer came'))
        throw error
      })
      return this.#settle(channel, question, answer)
    } catch (error) {
      this.#deps.log.debug('a member did not answer a search', { peer, error: describeError(error) })
      return undefined
    }
  }

  #settle(channel: Channel, question: RemoteQuestion, answer: RemoteAnswer | 'nonsense' | undefined): PeerAnswer | undefined {
    const { peer } = channel
    if (answer === undefined || answer === 'nonsense' || answer.id !== question.id) {
      if (answer !== undefined) this.#strike(peer, 'an answer that is none')
      channel.abort(new Error('the answer was none'))
      return undefined
    }
    this.#idle
      .get(peer)
      ?.close()
      .catch(() => {})
    this.#idle.set(peer, channel)
    return answer.type === 'found' ? { ...answer, peer } : undefined
  }

  #open(peer: PeerId, signal: AbortSignal): Promise<Channel> {
    return this.#deps.host.open(peer, searchProtocol(this.#deps.journal.hive), { signal, maxMessageBytes: maxAnswerBytes })
  }

  async #exchange(channel: Channel, question: RemoteQuestion, signal: AbortSignal): Promise<RemoteAnswer | 'nonsense' | undefined> {
    await channel.send(formatQuestion(question))
    const bytes = await channel.receive({ signal })
    return bytes === undefined ? undefined : (parseAnswer(bytes) ?? 'nonsense')
  }

  /** Signed by a node of the owner it names, of this hive, and an answer to what was asked. */
  #isGood(entry: Entry, { introductions }: PeerAnswer, question: RemoteQuestion): boolean {
    const { hive, kind, node } = entry.header
    if (hive !== this.#deps.journal.hive || kind !== releaseKind || entry.bodyBytes === undefined || !isSigned(entry)) return false
    const release = parseRelease(parseBody(entry)?.value)
    if (release === undefined) return false
    const introduction = introductions.find(({ header }) => header.node === node)
    const owner = this.#deps.ownerOf(node) ?? (introduction && this.#deps.introducedOwner(introduction))
    if (owner !== release.owner) return false
    return isAnswer({ ...release.manifest, owner: release.owner, isYanked: false }, parseTextQuery(question.query), filterOf(question))
  }

  #strike(peer: PeerId, why: string): void {
    const [oldest] = this.#strikes.keys()
    if (this.#strikes.size >= maxStruck && oldest !== undefined) this.#strikes.delete(oldest)
    this.#strikes.set(peer, (this.#strikes.get(peer) ?? 0) + 1)
    this.#deps.log.warn('a member answered a search with what no honest member sends', { peer, why })
  }
}

type PeerAnswer = Extract<RemoteAnswer, { readonly type: 'found' }> & { readonly peer: PeerId }
