import type { PeerId } from '../identity/keys.ts'
import type { HiveId } from '../journal/entry.ts'
import type { Cid } from '../lib/cid.ts'
import type { Clock } from '../lib/clock.ts'
import type { Channel, Host } from '../network/host.ts'
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

/** Asks members of one hive for content. One per exchange. */
export class ContentClient {
  readonly #deps: ContentClientDeps
  readonly #options: ContentClientOptions
  readonly #permits = new Map<string, Permits>()

  constructor(deps: ContentClientDeps, options: ContentClientOptions) {
    this.#deps = deps
    this.#options = options
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
    const release = await this.#permitsOf(`${isBulk ? 'bulk' : request.t} ${peer}`, isBulk ? bulkChannels : smallChannels).acquire({
      signal,
    })
    let channel: Channel | undefined
    try {
      channel = await this.#open(peer, signal)
      await channel.send(encodeRequest(request))
      const bytes = await channel.receive({ signal })
      const head = bytes === undefined ? undefined : parseAnswer(bytes)
      if (head === undefined || head.id !== request.id) throw new Error('the peer answered what is no answer')
      const result = await read(channel, head)
      channel.close().catch(() => {})
      return result
    } catch (error) {
      channel?.abort(error instanceof Error ? error : new Error(String(error)))
      throw error
    } finally {
      release()
    }
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
