import type { PeerId } from '../identity/keys.ts'
import { concatBytes } from '../lib/bytes.ts'
import { untilAborted } from '../lib/deadline.ts'
import { networkFaults } from './faults.ts'
import type { WorldChannel, WorldHost, WorldLink } from './memory-contract.ts'

/** Bytes sent and not read yet before a sender waits: the stream window that the libp2p host starts with. */
const windowBytes = 262_144

/** One end of a channel. */
export class MemoryChannel implements WorldChannel {
  readonly protocol: string
  readonly #link: WorldLink
  readonly #host: WorldHost
  readonly #maxMessageBytes: number
  readonly #onEnd: () => void
  remote: WorldChannel | undefined
  #inbox: Uint8Array[] = []
  unreadBytes = 0
  #failure: Error | undefined
  #hasSentAll = false
  #hasHeardAll = false
  #wakeReader: (() => void) | undefined
  #wakeWriters: (() => void)[] = []

  constructor(
    link: WorldLink,
    host: WorldHost,
    side: { readonly protocol: string; readonly maxMessageBytes: number; readonly onEnd: () => void },
  ) {
    this.#link = link
    this.#host = host
    this.protocol = side.protocol
    this.#maxMessageBytes = side.maxMessageBytes
    this.#onEnd = side.onEnd
    link.channels.add(this)
  }

  /** Makes two ends one channel. */
  join(remote: WorldChannel): void {
    this.remote = remote
    remote.remote = this
  }

  get peer(): PeerId {
    return this.#link.other(this.#host).peerId
  }

  async send(...parts: readonly Uint8Array[]): Promise<void> {
    this.#check()
    if (this.#hasSentAll) throw closedFault(this.peer, 'was closed on this side')
    const message = concatBytes(parts)
    const remote = this.remote
    if (remote === undefined) return
    remote.unreadBytes += message.byteLength
    this.#link.send(this.#host, message.byteLength, () => remote.accept(message))
    while (remote.unreadBytes > windowBytes && this.#failure === undefined) {
      await new Promise<void>((resolve) => void this.#wakeWriters.push(resolve))
    }
    this.#check()
  }

  async receive(options?: { readonly signal?: AbortSignal }): Promise<Uint8Array | undefined> {
    for (;;) {
      const message = this.#inbox.shift()
      if (message !== undefined) {
        this.unreadBytes -= message.byteLength
        this.remote?.wake()
        return message
      }
      this.#check()
      if (this.#hasHeardAll) return undefined
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#wakeReader = resolve
      await (options?.signal === undefined ? promise : untilAborted(promise, options.signal))
    }
  }

  close(): Promise<void> {
    if (this.#hasSentAll || this.#failure !== undefined) return Promise.resolve()
    this.#hasSentAll = true
    const remote = this.remote
    this.#link.send(this.#host, 0, () => remote?.endReceiving())
    this.#letGo()
    return Promise.resolve()
  }

  abort(reason: Error): void {
    this.#inbox = []
    this.#breakOff(reason)
  }

  /** Ends this side: calls reject with the reason, once what came before is read. */
  fail(reason: Error): void {
    if (this.#failure !== undefined || !this.#link.channels.has(this)) return
    this.#failure = reason
    this.unreadBytes = 0
    this.remote?.wake()
    this.#end()
  }

  /** The peer will send no more. */
  endReceiving(): void {
    this.#hasHeardAll = true
    this.#wakeReader?.()
    this.#letGo()
  }

  /** Lets a waiting sender look again. */
  wake(): void {
    const writers = this.#wakeWriters
    this.#wakeWriters = []
    for (const writer of writers) writer()
  }

  accept(message: Uint8Array): void {
    if (this.#failure !== undefined) return
    if (message.byteLength > this.#maxMessageBytes) {
      this.#breakOff(
        networkFaults.create('MESSAGE_TOO_LARGE', {
          message: `${this.peer} sent ${message.byteLength} bytes on ${this.protocol}, which takes ${this.#maxMessageBytes}`,
          data: { peer: this.peer, byteLength: message.byteLength, maxMessageBytes: this.#maxMessageBytes },
        }),
      )
      return
    }
    this.#inbox.push(message)
    this.#wakeReader?.()
  }

  #breakOff(reason: Error): void {
    if (this.#failure !== undefined) return
    const remote = this.remote
    this.#link.send(this.#host, 0, () => remote?.fail(closedFault(remote.peer, 'was aborted by the peer')))
    this.fail(reason)
  }

  #letGo(): void {
    if (this.#hasSentAll && this.#hasHeardAll) this.#end()
  }

  #end(): void {
    this.#link.channels.delete(this)
    this.#wakeReader?.()
    this.wake()
    this.#onEnd()
  }

  #check(): void {
    if (this.#failure !== undefined) throw this.#failure
  }
}

function closedFault(peer: PeerId, what: string): Error {
  return networkFaults.create('CHANNEL_CLOSED', { message: `the channel with ${peer} ${what}`, data: { peer } })
}
