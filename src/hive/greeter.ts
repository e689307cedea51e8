import type { PeerId } from '../identity/keys.ts'
import { withDeadline } from '../lib/deadline.ts'
import { describeError } from '../lib/fault.ts'
import type { Log } from '../lib/log.ts'
import type { Channel, Host } from '../network/host.ts'
import { hiveFaults } from './faults.ts'
import type { HelloDeps } from './hello.ts'
import { answerHello, sayHello } from './hello.ts'
import type { JoinDesk } from './join-desk.ts'
import { receiveMessage, sendMessage } from './messages.ts'
import { joinProtocol, maxMessageBytes, maxOpeningBytes } from './protocol.ts'
import type { Attempts } from './rules/attempts.ts'
import { takeAttempt } from './rules/attempts.ts'

export interface GreeterDeps extends HelloDeps {
  readonly host: Host
  readonly desk: JoinDesk
  /** Called with a peer that is revoked, after it was told. */
  readonly expel: (peer: PeerId) => void
  readonly log: Log
}

export interface GreeterOptions {
  /** One introduction, with the grants one side lacks, in milliseconds. */
  readonly helloTimeoutMs: number
  /** Introductions tried with one connected peer. */
  readonly helloAttempts: number
  /** One joining or enrolment as seen from the side that made the code, in milliseconds. */
  readonly joinTimeoutMs: number
  /** Codes looked at from all strangers together. */
  readonly joinsPerMinute: number
  /** Introductions of strangers looked at, all together. */
  readonly helloesPerMinute: number
}

/** Channels of this protocol one peer may hold. */
const maxChannelsPerPeer = 2
/** First wait before an introduction is tried again; it doubles. */
const retryMs = 500

/** Introduces this node to whom it dials, and answers who dials it. Runs until disposed. */
export class Greeter implements AsyncDisposable {
  readonly #deps: GreeterDeps
  readonly #options: GreeterOptions
  readonly #ending = new AbortController()
  readonly #greeting = new Map<PeerId, Promise<void>>()
  /** When the connection over which a peer was greeted last was opened. */
  readonly #greeted = new Map<PeerId, number>()
  readonly #off: (() => void)[]
  /** Members that said they do not let us in any more. */
  readonly #denied = new Set<PeerId>()
  #joins: Attempts | undefined
  #helloes: Attempts | undefined

  constructor(deps: GreeterDeps, options: GreeterOptions) {
    this.#deps = deps
    this.#options = options
    const { host, membership } = deps
    const handling = { maxMessageBytes, maxPerPeer: maxChannelsPerPeer, strangers: true }
    this.#off = [
      host.handle(joinProtocol(membership.hive), (channel, { signal }) => this.#answer(channel, signal), handling),
      host.events.on('stranger:connected', (peer) => this.#greet(peer)),
      // whom we admitted before may have forgotten us meanwhile: a dialler always introduces itself
      host.events.on('peer:connected', (peer) => this.#greet(peer)),
      host.events.on('peer:disconnected', (peer) => this.#greeted.delete(peer)),
    ]
    for (const { peer } of host.connections()) this.#greet(peer)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort(new Error('the hive is closing'))
    for (const off of this.#off) off()
    await Promise.allSettled(this.#greeting.values())
  }

  /** Members that said lately that this node is revoked. They may know it before we do, or be wrong. */
  readonly deniedBy = (): readonly PeerId[] => [...this.#denied]

  /** Who came back with a new code is not held to what was said before: members that have not heard of it say it again. */
  forgetDenials(): void {
    this.#denied.clear()
  }

  #greet(peer: PeerId): void {
    const connection = this.#deps.host.connections().find((candidate) => candidate.peer === peer)
    if (this.#ending.signal.aborted || this.#greeting.has(peer) || connection === undefined) return
    if (connection.direction !== 'outbound' || this.#greeted.get(peer) === connection.openedAt) return
    this.#greeted.set(peer, connection.openedAt)
    const greeting = this.#introduce(peer).finally(() => this.#greeting.delete(peer))
    this.#greeting.set(peer, greeting)
  }

  async #introduce(peer: PeerId): Promise<void> {
    const { host, log, clock, membership } = this.#deps
    const { signal } = this.#ending
    for (let attempt = 1; attempt <= this.#options.helloAttempts && !signal.aborted; attempt++) {
      try {
        const outcome = await this.#sayHello(peer)
        this.#denied.delete(peer)
        if (outcome === 'admitted') return
        if (outcome === 'denied' && membership.judge(peer).verdict === 'cut') return this.#deps.expel(peer)
        if (outcome === 'denied') this.#noteDenial(peer)
        else log.info('a node and we do not know each other', { peer })
        break
      } catch (error) {
        if (signal.aborted) return
        log.debug('an introduction failed', { peer, attempt, error: describeError(error) })
        await clock.sleep(retryMs * 2 ** (attempt - 1), { signal }).catch(() => undefined)
        if (!host.connections().some((connection) => connection.peer === peer)) break
      }
    }
    this.#greeted.delete(peer)
    if (!signal.aborted) await host.disconnect(peer).catch(() => undefined)
  }

  #noteDenial(peer: PeerId): void {
    const isMember = this.#deps.membership.judge(peer).verdict === 'admitted'
    if (isMember) this.#denied.add(peer)
    this.#deps.log.warn('a node says that we are revoked', { peer, isMember })
  }

  async #sayHello(peer: PeerId): Promise<'admitted' | 'unknown' | 'denied'> {
    const { host, membership, clock } = this.#deps
    const signal = withDeadline(clock, this.#options.helloTimeoutMs, this.#ending.signal)
    const channel = await host.open(peer, joinProtocol(membership.hive), { signal, maxMessageBytes })
    try {
      const outcome = await sayHello(this.#deps, channel, { signal })
      await channel.close()
      return outcome
    } catch (error) {
      channel.abort(error instanceof Error ? error : new Error(describeError(error)))
      throw error
    }
  }

  async #answer(channel: Channel, closing: AbortSignal): Promise<void> {
    const { clock, host, membership } = this.#deps
    const isMember = membership.judge(channel.peer).verdict === 'admitted'
    const opening = withDeadline(clock, this.#options.helloTimeoutMs, closing, this.#ending.signal)
    const first = await receiveMessage(channel, { signal: opening, maxBytes: maxOpeningBytes })
    if (first?.t === 'hello') {
      if (!isMember && !this.#mayHello()) return
      const outcome = await answerHello(this.#deps, channel, { hello: first, signal: opening })
      if (outcome === 'denied') this.#deps.expel(channel.peer)
      if (outcome === 'unknown' && !opening.aborted) await host.disconnect(channel.peer)
      return
    }
    if (first?.t === 'knock') {
      if (!this.#mayJoin()) return sendMessage(channel, { t: 'refused', reason: 'busy' })
      const signal = withDeadline(clock, this.#options.joinTimeoutMs, closing, this.#ending.signal)
      return this.#deps.desk.answer(channel, { knock: first, signal })
    }
    if (first !== undefined) {
      const message = `${channel.peer} began with "${first.t}", which answers to nothing`
      throw hiveFaults.create('JOIN_PROTOCOL', { message, data: { peer: channel.peer } })
    }
  }

  #mayJoin(): boolean {
    const { attempts, isTaken } = takeAttempt(this.#joins, this.#deps.clock.monotonic(), this.#options.joinsPerMinute)
    this.#joins = attempts
    return isTaken
  }

  #mayHello(): boolean {
    const { attempts, isTaken } = takeAttempt(this.#helloes, this.#deps.clock.monotonic(), this.#options.helloesPerMinute)
    this.#helloes = attempts
    return isTaken
  }
}
