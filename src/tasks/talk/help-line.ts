import { createPermits } from '../../content/permits.ts'
import { within } from '../../content/within.ts'
import { rankNodes } from '../../content/rules/rendezvous.ts'
import type { PeerId } from '../../identity/keys.ts'
import type { HiveId } from '../../journal/entry.ts'
import { equalBytes } from '../../lib/bytes.ts'
import type { Chance } from '../../lib/chance.ts'
import type { Clock } from '../../lib/clock.ts'
import { withDeadline } from '../../lib/deadline.ts'
import { describeError } from '../../lib/fault.ts'
import type { Log } from '../../lib/log.ts'
import type { Channel, Host } from '../../network/host.ts'
import { chooseHelpers } from '../rules/choose-helpers.ts'
import type { AskedQuestion, HelpAnswer, HelpQuestion } from './help-protocol.ts'
import {
  clipText,
  formatAnswer,
  formatQuestion,
  helpProtocol,
  maxAnswerLength,
  maxHelpBytes,
  maxHops,
  maxQuestionLength,
  parseAnswer,
  parseQuestion,
} from './help-protocol.ts'
import { SenderRates } from './sender-rates.ts'
import type { Talk } from './talk.ts'

export interface HelpLineDeps {
  readonly hive: HiveId
  readonly host: Pick<Host, 'peerId' | 'connections' | 'open' | 'handle'>
  readonly clock: Clock
  readonly chance: Chance
  readonly log: Log
  readonly talk: Pick<Talk, 'workers'>
}

export interface HelpLineOptions {
  /** How long an agent waits for an answer of others, in milliseconds. */
  readonly helpTimeoutMs: number
}

/** Answers a question with this node's model; undefined when it cannot. Never throws but the signal's reason. */
export type AnswerHelp = (question: HelpQuestion & { readonly asker: PeerId }, options: Waiting) => Promise<string | undefined>

interface Waiting {
  readonly signal: AbortSignal
}

/** Questions of one neighbour that are looked at. */
const askedRate = { perSecond: 1 / 30, burst: 10 }
/** Answers that our model works on at once, for others. */
const parallelAnswers = 2
/** Channels of one neighbour. */
const maxPerPeer = 4
/** Time for a question to come, once a channel is open, in milliseconds. */
const questionMs = 10_000
/** What an answer takes on its way back, in milliseconds: who passes a question on has so much less time than whoever asked. */
const wayBackMs = 1_000
/** Less time than this is not worth asking anybody, in milliseconds. */
const leastMs = 500
/** Questions that are remembered, so that none goes in a circle. */
const maxRemembered = 1_024

/** Asks agents of other nodes, answers theirs, and passes on what it cannot answer: at most three hops, and never in a circle. */
export class HelpLine implements Disposable {
  readonly #deps: HelpLineDeps
  readonly #options: HelpLineOptions
  readonly #rates: SenderRates
  readonly #answering = createPermits(parallelAnswers)
  readonly #remembered = new Set<string>()
  readonly #end = new AbortController()
  readonly #off: () => void
  #answer: AnswerHelp | undefined

  constructor(deps: HelpLineDeps, options: HelpLineOptions) {
    this.#deps = deps
    this.#options = options
    this.#rates = new SenderRates(deps, askedRate)
    const limits = { maxMessageBytes: maxHelpBytes, maxPerPeer }
    this.#off = deps.host.handle(helpProtocol(deps.hive), (channel, { signal }) => this.#serve(channel, signal), limits)
  }

  /** Answers questions of others from now on, until the returned thing is disposed. */
  answerWith(answer: AnswerHelp): Disposable {
    this.#answer = answer
    return {
      [Symbol.dispose]: () => {
        if (this.#answer === answer) this.#answer = undefined
      },
    }
  }

  /** The first answer of another node; undefined when nobody answers in time. @throws the signal's reason */
  ask(question: HelpQuestion, { signal }: Waiting): Promise<HelpAnswer | undefined> {
    const id = this.#deps.chance.bytes(16)
    this.#remember(id)
    const text = clipText(question.text, maxQuestionLength)
    return this.#askOthers({ ...question, text, id, path: [], waitMs: this.#options.helpTimeoutMs }, signal)
  }

  [Symbol.dispose](): void {
    this.#off()
    this.#end.abort(new Error('the hive is closed'))
  }

  async #askOthers(asked: AskedQuestion, signal: AbortSignal): Promise<HelpAnswer | undefined> {
    const { host, clock } = this.#deps
    if (asked.path.length >= maxHops) return undefined
    const until = clock.monotonic() + asked.waitMs
    const path = [...asked.path, host.peerId]
    const peers = this.#choose({ ...asked, path })
    for (const [index, peer] of peers.entries()) {
      const waitMs = (until - clock.monotonic()) / (peers.length - index)
      if (waitMs < leastMs) return undefined
      const answer = await this.#askOne(peer, { ...asked, path, waitMs }, signal)
      if (answer !== undefined) return answer
    }
    return undefined
  }

  #choose({ id, project, path }: AskedQuestion): readonly PeerId[] {
    const { host, talk } = this.#deps
    const connected = new Set(host.connections().flatMap(({ peer, admitted }) => (admitted ? [peer] : [])))
    const name = Buffer.from(id).toString('hex')
    const order = (peers: readonly PeerId[]): readonly PeerId[] => rankNodes(name, peers)
    return chooseHelpers({ project, path, workers: talk.workers(), connected, order })
  }

  async #askOne(peer: PeerId, asked: AskedQuestion, signal: AbortSignal): Promise<HelpAnswer | undefined> {
    const { clock, log } = this.#deps
    try {
      return await within(clock, { ms: asked.waitMs, signal }, (asking) => this.#exchange(peer, asked, asking))
    } catch (error) {
      signal.throwIfAborted()
      log.debug('a member did not help', { peer, reason: describeError(error) })
      return undefined
    }
  }

  async #exchange(peer: PeerId, asked: AskedQuestion, signal: AbortSignal): Promise<HelpAnswer | undefined> {
    const { host, hive } = this.#deps
    const channel = await host.open(peer, helpProtocol(hive), { signal, maxMessageBytes: maxHelpBytes })
    try {
      await channel.send(formatQuestion(asked))
      const bytes = await channel.receive({ signal })
      const said = bytes === undefined ? undefined : parseAnswer(bytes)
      if (said === undefined || !equalBytes(said.id, asked.id)) throw new Error('the peer answered what is no answer')
      channel.close().catch(() => {})
      return said.answer === 'none' ? undefined : said.answer
    } catch (error) {
      channel.abort(error instanceof Error ? error : new Error(String(error)))
      throw error
    }
  }

  async #serve(channel: Channel, closed: AbortSignal): Promise<void> {
    const { clock, host } = this.#deps
    const ending = AbortSignal.any([closed, this.#end.signal])
    const bytes = await channel.receive({ signal: withDeadline(clock, questionMs, ending) })
    const asked = bytes === undefined ? undefined : parseQuestion(bytes)
    if (asked === undefined || asked.path.at(-1) !== channel.peer) throw new Error('what came is no question of this protocol')
    // a circle, or more than one neighbour may ask
    const isHeard = !asked.path.includes(host.peerId) && this.#remember(asked.id) && this.#rates.tryTake(channel.peer)
    await channel.send(formatAnswer(asked.id, isHeard ? await this.#help(asked, ending) : undefined))
  }

  /** Our own model's answer, else that of somebody else. */
  async #help(asked: AskedQuestion, signal: AbortSignal): Promise<HelpAnswer | undefined> {
    const { clock, host } = this.#deps
    const waitMs = Math.min(asked.waitMs, this.#options.helpTimeoutMs) - wayBackMs
    const until = clock.monotonic() + waitMs
    const text = waitMs < leastMs ? undefined : await this.#answerHere(asked, withDeadline(clock, waitMs, signal))
    if (text !== undefined) return { text: clipText(text, maxAnswerLength), by: host.peerId }
    signal.throwIfAborted()
    return this.#askOthers({ ...asked, waitMs: until - clock.monotonic() }, signal)
  }

  async #answerHere({ project, task, text, path }: AskedQuestion, signal: AbortSignal): Promise<string | undefined> {
    const asker = path[0]
    const release = this.#answer === undefined ? undefined : this.#answering.tryAcquire()
    if (this.#answer === undefined || asker === undefined || release === undefined) return undefined
    try {
      return await this.#answer({ project, task, text, asker }, { signal })
    } catch (error) {
      if (!signal.aborted) this.#deps.log.warn('a question of another node was not answered', { reason: describeError(error) })
      return undefined
    } finally {
      release()
    }
  }

  /** Whether a question is new. */
  #remember(id: Uint8Array): boolean {
    const name = Buffer.from(id).toString('hex')
    if (this.#remembered.has(name)) return false
    const [oldest] = this.#remembered
    if (this.#remembered.size >= maxRemembered && oldest !== undefined) this.#remembered.delete(oldest)
    this.#remembered.add(name)
    return true
  }
}
