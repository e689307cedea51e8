import type { PeerId } from '../identity/keys.ts'
import type { Clock } from '../lib/clock.ts'
import type { Channel } from '../network/host.ts'
import type { Message } from './protocol.ts'
import { formatMessage, parseMessage } from './protocol.ts'
import type { EntryRange } from './journal.ts'

export interface PeerSessionDeps {
  readonly channel: Channel
  readonly clock: Clock
  /** What the peer says, one message after the other. False: no honest peer says that. */
  readonly hear: (message: Message, session: PeerSession) => Promise<boolean>
  /** Wire bytes, for the counters. */
  readonly count: (sentBytes: number, receivedBytes: number) => void
}

export interface PeerSessionOptions {
  readonly maxMessageBytes: number
  /** An unanswered question ends the session after this many milliseconds. */
  readonly stallTimeoutMs: number
}

/** Messages waiting to be sent to one peer; one who does not read is not written to. */
const maxOutbox = 256
/** Questions of one peer that wait for their answer; an honest one asks once at a time. */
const maxWaitingAnswers = 4

/** One channel to one peer: reads and writes apart, so that two who send much to each other never wait for each other. */
export class PeerSession {
  readonly peer: PeerId
  readonly #deps: PeerSessionDeps
  readonly #options: PeerSessionOptions
  readonly #outbox: (() => Message | undefined)[] = []
  readonly #ending = new AbortController()
  #wake: () => void = () => {}
  #waitingAnswers = 0
  #nextId = 0
  #question: { readonly id: number; readonly ranges: readonly EntryRange[]; readonly cancel: () => void } | undefined

  constructor(deps: PeerSessionDeps, options: PeerSessionOptions) {
    this.peer = deps.channel.peer
    this.#deps = deps
    this.#options = options
  }

  /** The question under way. */
  get question(): readonly EntryRange[] | undefined {
    return this.#question?.ranges
  }

  get isEnded(): boolean {
    return this.#ending.signal.aborted
  }

  /** Speaks and listens until the peer closes, something breaks, or the signal. Never throws; gives why it ended. */
  async run(signal: AbortSignal): Promise<string> {
    const leave = (): void => this.end(reasonOf(signal.reason))
    if (signal.aborted) leave()
    // One listener for the life of the session: one for each message would pile up as long as the channel lives.
    signal.addEventListener('abort', leave, { once: true })
    const writing = this.#write()
    let reason = 'closed by the peer'
    try {
      reason = await this.#read()
    } catch (error) {
      reason = reasonOf(error)
    }
    this.end(reason)
    await writing
    signal.removeEventListener('abort', leave)
    return reason
  }

  /** Ends the session from our side. */
  end(reason: string): void {
    if (this.isEnded) return
    this.#question?.cancel()
    this.#question = undefined
    this.#ending.abort(new Error(reason))
    this.#wake()
    this.#deps.channel.abort(new Error(reason))
  }

  send(message: Message): void {
    this.#post(() => message)
  }

  /** Asks for ranges; the answer comes to `hear` as a batch. One question at a time. */
  ask(ranges: readonly EntryRange[]): void {
    const id = this.#nextId++
    const cancel = this.#deps.clock.schedule(this.#options.stallTimeoutMs, () =>
      this.end(`no answer within ${this.#options.stallTimeoutMs} ms`),
    )
    this.#question = { id, ranges, cancel }
    this.send({ type: 'ask', id, ranges })
  }

  /** Answers a question when its turn to be sent comes, so that no answer waits in memory. False when too many wait. */
  answer(make: () => Message): boolean {
    if (this.#waitingAnswers >= maxWaitingAnswers) return false
    this.#waitingAnswers += 1
    this.#post(() => {
      this.#waitingAnswers -= 1
      return make()
    })
    return true
  }

  /** Takes the answer to our question off; undefined for one nobody asked. */
  settle(id: number): readonly EntryRange[] | undefined {
    const question = this.#question
    if (question === undefined || question.id !== id) return undefined
    question.cancel()
    this.#question = undefined
    return question.ranges
  }

  async #read(): Promise<string> {
    for (;;) {
      const bytes = await this.#deps.channel.receive({ signal: this.#ending.signal })
      if (bytes === undefined) return 'closed by the peer'
      this.#deps.count(0, bytes.byteLength)
      const message = parseMessage(bytes, { maxBytes: this.#options.maxMessageBytes })
      if (message === undefined) return 'a malformed message'
      if (!(await this.#deps.hear(message, this))) return 'a message no honest peer sends'
    }
  }

  async #write(): Promise<void> {
    try {
      while (!this.isEnded) {
        const make = this.#outbox.shift()
        if (make === undefined) {
          const { promise, resolve } = Promise.withResolvers<void>()
          this.#wake = resolve
          await promise
          continue
        }
        const message = make()
        if (message === undefined) continue
        const bytes = formatMessage(message)
        await this.#deps.channel.send(bytes)
        this.#deps.count(bytes.byteLength, 0)
      }
    } catch (error) {
      this.end(reasonOf(error))
    }
  }

  #post(make: () => Message | undefined): void {
    if (this.isEnded) return
    if (this.#outbox.length >= maxOutbox) return this.end('the peer does not read')
    this.#outbox.push(make)
    this.#wake()
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
