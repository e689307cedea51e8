import type { PeerId } from '../identity/keys.ts'
import type { HiveId } from '../journal/entry.ts'
import type { Cid } from '../lib/cid.ts'
import type { Clock } from '../lib/clock.ts'
import type { Channel, Host } from '../network/host.ts'
import { ChannelPool } from './channel-pool.ts'
import type { Permits } from './permits.ts'
import { createPermits } from './permits.ts'
import { receiveBlock } from './pieces.ts'
import type { Answer, Refusal, Request } from './protocol.ts'
import { contentProtocol, encodeRequest, maxMessageBytes, parseAnswer } from './protocol.ts'
import { within } from './within.ts'

export interface ContentClientDeps {
  readonly hive: HiveId
  readonly host: Host
  readonly clock: Clock
}

export interface ContentClientOptions {
  readonly askTimeoutMs: number
  readonly stallTimeoutMs: number
}

interface Wait {
  readonly signal: AbortSignal
}

/** What a peer said that it has: all chunks, or those of a bitmap. */
export interface Possession {
  readonly size: number
  readonly blocks?: Uint8Array
}

/** Channels to one peer at once: for bulk, and for small questions. Below what a server takes from one peer. */
const bulkChannels = 4
const smallChannels = 4

/** Asks members of one hive for content. One per exchange, which disposes it. */
export class ContentClient implements Disposable {
  readonly #deps: ContentClientDeps
  readonly #options: ContentClientOptions
  readonly #permits = new Map<string, Permits>()
  readonly #pool: ChannelPool

  constructor(deps: ContentClientDeps, options: ContentClientOptions) {
    this.#deps = deps
    this.#options = options
    this.#pool = new ChannelPool(deps)
  }

  /** What the peer has of it; undefined for nothing, or when it did not answer in time. */
  async have(peer: PeerId, root: Cid, { signal }: Wait): Promise<Possession | undefined> {
    const ask = async (asking: AbortSignal): Promise<Possession | undefined> => {
      const answer = await this.#once(peer, { t: 'have', id: 1, root }, { signal: asking }, async (_, head) => head)
      return answer.t === 'have' ? answer : undefined
    }
    return await within(this.#deps.clock, { ms: this.#options.askTimeoutMs, signal }, ask).catch(() => {
      signal.throwIfAborted()
      return undefined
    })
  }

  /** The root block, not verified yet. @throws when the peer does not give it */
  async root(peer: PeerId, root: Cid, wait: Wait): Promise<Uint8Array> {
    return await this.#once(peer, { t: 'root', id: 1, root }, wait, async (channel, answer) => {
      if (answer.t !== 'root') throw new Error(answer.t === 'no' ? answer.why : 'an answer that does not fit')
      const ms = this.#options.stallTimeoutMs
      const receive = (signal: AbortSignal) => receiveBlock(channel, { length: answer.size, signal, onPiece: async () => {} })
      // A root is four pieces at most: the time for one, for each.
      const block = await within(this.#deps.clock, { ms: 4 * ms, signal: wait.signal }, receive)
      if (block === undefined) throw new Error('the peer could not read the block')
      return block
    })
  }

  /** The peer's receipt, not verified yet, or why it does not keep a copy. */
  async keep(
    peer: PeerId,
    root: Cid,
    size: number,
    wait: Wait,
  ): Promise<{ readonly at: number; readonly signature: Uint8Array } | Refusal> {
    return await this.#once(peer, { t: 'keep', id: 1, root, size }, wait, async (_, answer) => {
      if (answer.t === 'keep') return { at: answer.at, signature: answer.signature }
      return answer.t === 'no' ? answer.why : 'refused'
    })
  }

  /** A channel for ranges, when one is free. The caller ends it with `release`. */
  async open(peer: PeerId, { signal }: Wait): Promise<{ readonly channel: Channel; readonly release: () => void }> {
    const release = await this.#permitsOf(`bulk ${peer}`, bulkChannels).acquire({ signal })
    try {
      const channel = await within(this.#deps.clock, { ms: this.#options.stallTimeoutMs, signal }, (opening) => this.#open(peer, opening))
      return { channel, release }
    } catch (error) {
      release()
      throw error
    }
  }

  async #once<T>(peer: PeerId, request: Request, { signal }: Wait, read: (channel: Channel, head: Answer) => Promise<T>): Promise<T> {
    const isBulk = request.t === 'root'
    const lane = `${isBulk ? 'bulk' : request.t} ${peer}`
    const release = await this.#permitsOf(lane, isBulk ? bulkChannels : smallChannels).acquire({ signal })
    let channel: Channel | undefined
    try {
      const asked = (await this.#askAgain(lane, request, signal)) ?? (await this.#askAnew(peer, request, signal))
      channel = asked.channel
      const head = parseAnswer(asked.bytes)
      if (head === undefined || head.id !== request.id) throw new Error('the peer answered what is no answer')
      const result = await read(channel, head)
      this.#pool.give(lane, channel)
      return result
    } catch (error) {
      channel?.abort(toError(error))
      throw error
    } finally {
      release()
    }
  }

  /** Asks over a channel that was used before; undefined when none waits, or it died meanwhile. Whatever may be asked may be asked twice. */
  async #askAgain(lane: string, request: Request, signal: AbortSignal): Promise<Asked | undefined> {
    const channel = this.#pool.take(lane)
    if (channel === undefined) return undefined
    try {
      return await put(channel, request, signal)
    } catch (error) {
      channel.abort(toError(error))
      signal.throwIfAborted()
      return undefined
    }
  }

  async #askAnew(peer: PeerId, request: Request, signal: AbortSignal): Promise<Asked> {
    const channel = await this.#open(peer, signal)
    try {
      return await put(channel, request, signal)
    } catch (error) {
      channel.abort(toError(error))
      throw error
    }
  }

  [Symbol.dispose](): void {
    this.#pool[Symbol.dispose]()
  }

  #open(peer: PeerId, signal: AbortSignal): Promise<Channel> {
    return this.#deps.host.open(peer, contentProtocol(this.#deps.hive), { signal, maxMessageBytes })
  }

  #permitsOf(name: string, count: number): Permits {
    const known = this.#permits.get(name) ?? createPermits(count)
    for (const [other, permits] of this.#permits) if (permits.inUse() === 0) this.#permits.delete(other)
    this.#permits.set(name, known)
    return known
  }
}

/** A question that was put, and the first message of the answer. */
interface Asked {
  readonly channel: Channel
  readonly bytes: Uint8Array
}

async function put(channel: Channel, request: Request, signal: AbortSignal): Promise<Asked> {
  await channel.send(encodeRequest(request))
  const bytes = await channel.receive({ signal })
  if (bytes === undefined) throw new Error('the peer closed the channel')
  return { channel, bytes }
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
