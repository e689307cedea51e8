import type { Clock } from '../lib/clock.ts'
import type { Channel } from '../network/host.ts'

/** An unused channel is closed after so many milliseconds: long before a server, at its default, would cut it. */
const keepMs = 5_000
/** Channels that wait at once, of all peers together; the oldest goes first. */
const maxWaiting = 64

interface Waiting {
  readonly lane: string
  readonly cancel: () => void
}

/**
 * Channels whose last question was answered, for the next one to the same peer: opening one costs two round trips and several messages.
 *
 * One that died meanwhile is noticed when it is used.
 */
export class ChannelPool implements Disposable {
  readonly #clock: Clock
  /** Oldest first. */
  readonly #waiting = new Map<Channel, Waiting>()
  #isDisposed = false

  constructor({ clock }: { readonly clock: Clock }) {
    this.#clock = clock
  }

  /** The channel of a lane that was used last, if one waits. */
  take(lane: string): Channel | undefined {
    const found = [...this.#waiting].findLast(([, waiting]) => waiting.lane === lane)
    if (found === undefined) return undefined
    const [channel, { cancel }] = found
    cancel()
    this.#waiting.delete(channel)
    return channel
  }

  /** Keeps a channel on which nothing is under way. */
  give(lane: string, channel: Channel): void {
    if (this.#isDisposed) return close(channel)
    const [oldest] = this.#waiting.keys()
    if (this.#waiting.size >= maxWaiting && oldest !== undefined) this.#drop(oldest)
    this.#waiting.set(channel, { lane, cancel: this.#clock.schedule(keepMs, () => this.#drop(channel)) })
  }

  #drop(channel: Channel): void {
    this.#waiting.get(channel)?.cancel()
    this.#waiting.delete(channel)
    close(channel)
  }

  [Symbol.dispose](): void {
    this.#isDisposed = true
    for (const channel of [...this.#waiting.keys()]) this.#drop(channel)
  }
}

function close(channel: Channel): void {
  channel.close().catch(() => {})
}
