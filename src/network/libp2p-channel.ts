import type { Stream, StreamCloseEvent, StreamMessageEvent } from '@libp2p/interface'
import type { Uint8ArrayList } from 'uint8arraylist'
import type { PeerId } from '../identity/keys.ts'
import { concatBytes } from '../lib/bytes.ts'
import type { Clock } from '../lib/clock.ts'
import { untilAborted, withDeadline } from '../lib/deadline.ts'
import type { Channel } from './host.ts'
import { networkFaults } from './faults.ts'
import type { FrameStep } from './frames.ts'
import { encodeLength, FrameReader } from './frames.ts'

/** Messages up to this many bytes are joined with their prefix: one frame and one encryption instead of two. */
const joinedBytes = 16_384
/** A sender goes on while no more than this is queued in front of the stream. */
const maxQueuedBytes = 262_144
/** The stream is paused when so much is read and not taken, and resumed at half of it. */
const maxUnreadBytes = 4_194_304
/** What an unread message counts for beside its bytes: an object, a buffer and a place in a list. */
const messageCostBytes = 256
/** Time for the peer to take what is queued when a channel is closed, in milliseconds. */
const closeTimeoutMs = 30_000

export interface StreamChannelDeps {
  readonly stream: Stream
  readonly peer: PeerId
  readonly clock: Clock
  /** The class, handed in because libp2p and its lists are loaded when the first host opens. */
  readonly ByteList: typeof Uint8ArrayList
}

/**
 * A channel on a libp2p stream. Attaches its reader when it is made, which must be in the turn that the stream came.
 *
 * libp2p 3: `onDrain()` works once, so `drain` events are waited for; a `pause()` made inside the event that `resume()`
 * dispatches is lost, so it is made after; iterating a stream has no back-pressure, so messages are read by event.
 */
export class StreamChannel implements Channel {
  readonly peer: PeerId
  readonly protocol: string
  readonly #deps: StreamChannelDeps
  readonly #stream: Stream
  readonly #maxMessageBytes: number
  readonly #frames: FrameReader
  #inbox: Uint8Array[] = []
  #unreadBytes = 0
  /** Bytes that came and are not cut into messages yet, and how far the first of them is. */
  #uncut: Uint8Array[] = []
  #uncutOffset = 0
  #isResuming = false
  #hasPeerClosed = false
  #hasEnded = false
  #failure: Error | undefined
  #wakeReader: (() => void) | undefined

  constructor(deps: StreamChannelDeps, options: { readonly maxMessageBytes: number }) {
    this.#deps = deps
    this.#stream = deps.stream
    this.peer = deps.peer
    this.protocol = deps.stream.protocol
    this.#maxMessageBytes = options.maxMessageBytes
    this.#frames = new FrameReader(options.maxMessageBytes)
    this.#stream.addEventListener('message', this.#onBytes)
    this.#stream.addEventListener('remoteCloseWrite', () => {
      this.#hasPeerClosed = true
    })
    this.#stream.addEventListener('end', () => this.#onEnd())
    this.#stream.addEventListener('close', (event: StreamCloseEvent) => this.#onClose(event.error))
    // What happened before anybody listened: the peer may answer a new stream, close or reset it in the packet that accepts it.
    this.#hasPeerClosed = this.#stream.remoteWriteStatus === 'closed'
    if (this.#stream.status === 'reset' || this.#stream.status === 'aborted') this.#failure = closedFault(this.peer, 'was aborted')
    else if (this.#stream.readableEnded) this.#onEnd()
  }

  async send(...parts: readonly Uint8Array[]): Promise<void> {
    this.#check()
    const byteLength = parts.reduce((sum, part) => sum + part.byteLength, 0)
    const prefix = encodeLength(byteLength)
    const stream = this.#stream
    try {
      stream.send(byteLength <= joinedBytes ? concatBytes([prefix, ...parts]) : new this.#deps.ByteList(prefix, ...parts))
    } catch (error) {
      this.#check()
      throw closedFault(this.peer, 'takes no more', error)
    }
    while (stream.writeBufferLength > maxQueuedBytes && stream.status === 'open') await drained(stream)
    this.#check()
    if (stream.status !== 'open' && stream.writeBufferLength > 0) throw closedFault(this.peer, 'ended before all was sent')
  }

  async receive(options?: { readonly signal?: AbortSignal }): Promise<Uint8Array | undefined> {
    for (;;) {
      const message = this.#inbox.shift()
      if (message !== undefined) {
        this.#unreadBytes -= message.byteLength + messageCostBytes
        this.#cut()
        this.#resume()
        return message
      }
      this.#check()
      if (this.#hasEnded && this.#frames.isWithinMessage) throw closedFault(this.peer, 'was cut within a message')
      if (this.#hasEnded) return undefined
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#wakeReader = resolve
      await (options?.signal === undefined ? promise : untilAborted(promise, options.signal))
    }
  }

  giveBack(message: Uint8Array): void {
    this.#frames.giveBack(message)
  }

  async close(): Promise<void> {
    if (this.#failure !== undefined) return
    try {
      await this.#stream.close({ signal: withDeadline(this.#deps.clock, closeTimeoutMs) })
    } catch (error) {
      // Whether the peer went away or takes nothing any more: there is nobody left to close for.
      this.abort(closedFault(this.peer, 'could not be closed in order', error))
    }
  }

  abort(reason: Error): void {
    this.#failure ??= reason
    this.#inbox = []
    this.#uncut = []
    this.#stream.abort(reason)
    this.#wakeReader?.()
  }

  readonly #onBytes = ({ data }: StreamMessageEvent): void => {
    if (data instanceof Uint8Array) this.#uncut.push(data)
    else for (const bytes of data) this.#uncut.push(bytes)
    this.#cut()
    if (!this.#isResuming) this.#pause()
    this.#wakeReader?.()
  }

  /** Cuts what came into messages, but not more than may lie unread: a megabyte of empty messages is a hundred of memory. */
  #cut(): void {
    while (this.#unreadBytes <= maxUnreadBytes && this.#failure === undefined) {
      const [bytes] = this.#uncut
      if (bytes === undefined) return
      const step = this.#frames.next(bytes, this.#uncutOffset)
      if (step.kind === 'message') {
        this.#inbox.push(step.message)
        this.#unreadBytes += step.message.byteLength + messageCostBytes
        this.#uncutOffset = step.nextOffset
      } else if (step.kind !== 'more') return this.#fail(this.#troubleOf(step))
      if (step.kind === 'more' || step.nextOffset >= bytes.byteLength) {
        this.#uncut.shift()
        this.#uncutOffset = 0
      }
    }
  }

  #troubleOf(step: Exclude<FrameStep, { readonly kind: 'message' | 'more' }>): Error {
    if (step.kind === 'malformed') return closedFault(this.peer, 'was cut: the peer sent a malformed length')
    return networkFaults.create('MESSAGE_TOO_LARGE', {
      message: `${this.peer} announced ${step.byteLength} bytes on ${this.protocol}, which takes ${this.#maxMessageBytes}`,
      data: { peer: this.peer, byteLength: step.byteLength, maxMessageBytes: this.#maxMessageBytes },
    })
  }

  #pause(): void {
    if (this.#unreadBytes > maxUnreadBytes && isReadable(this.#stream)) this.#stream.pause()
  }

  #resume(): void {
    if (this.#isResuming || this.#unreadBytes > maxUnreadBytes / 2 || this.#stream.readStatus !== 'paused') return
    this.#isResuming = true
    this.#stream.resume()
    this.#isResuming = false
    this.#pause()
  }

  #onEnd(): void {
    this.#hasEnded = true
    if (!this.#hasPeerClosed) this.#failure ??= closedFault(this.peer, 'was cut')
    this.#wakeReader?.()
  }

  #onClose(error: Error | undefined): void {
    if (error !== undefined) this.#failure ??= closedFault(this.peer, 'was aborted', error)
    this.#wakeReader?.()
  }

  /** Messages that came whole before are still read. */
  #fail(reason: Error): void {
    this.#failure ??= reason
    this.#stream.abort(reason)
    this.#wakeReader?.()
  }

  #check(): void {
    if (this.#failure !== undefined) throw this.#failure
  }
}

function isReadable(stream: Stream): boolean {
  return stream.readStatus === 'readable'
}

/** The next `drain` event and the sending that follows it, or the end of the stream. */
async function drained(stream: Stream): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const wake = (): void => resolve()
  for (const name of ['drain', 'idle', 'close'] as const) stream.addEventListener(name, wake, { once: true })
  await promise
  for (const name of ['drain', 'idle', 'close'] as const) stream.removeEventListener(name, wake)
  // libp2p goes on sending in a microtask after the event.
  await Promise.resolve()
}

function closedFault(peer: PeerId, what: string, cause?: unknown): Error {
  return networkFaults.create('CHANNEL_CLOSED', { message: `the channel with ${peer} ${what}; try again`, data: { peer }, cause })
}
