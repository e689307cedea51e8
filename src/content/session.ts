import type { PeerId } from '../identity/keys.ts'
import type { Cid } from '../lib/cid.ts'
import { describeError } from '../lib/fault.ts'
import type { TokenBucket } from '../lib/token-bucket.ts'
import type { Channel } from '../network/host.ts'
import type { ChunkList } from './chunks.ts'
import { chunkLength } from './chunks.ts'
import type { ContentClient } from './client.ts'
import type { BlockMemory } from './pieces.ts'
import { receiveBlock } from './pieces.ts'
import { encodeRequest, parseAnswer } from './protocol.ts'

/** What a session tells the fetch it works for. */
export interface SessionListener {
  readonly onPiece: (bytes: number) => void
  /** Owns the bytes from then on. The next block is not read before it resolves. */
  readonly onBlock: (range: number, index: number, bytes: Uint8Array) => Promise<void>
  readonly onEnd: (range: number) => void
  /** Nothing more comes of this session. */
  readonly onFail: (reason: string) => void
}

export interface SessionDeps {
  readonly client: ContentClient
  readonly download: TokenBucket
  readonly memory: BlockMemory
  readonly listener: SessionListener
}

export interface SessionTarget {
  readonly peer: PeerId
  readonly root: Cid
  readonly list: ChunkList
}

interface Asked {
  readonly range: number
  readonly from: number
  readonly count: number
}

/** One channel to one provider: ranges are asked ahead, and come in the order they were asked. Opens with the first. */
export class ProviderSession {
  readonly #deps: SessionDeps
  readonly #target: SessionTarget
  readonly #end = new AbortController()
  readonly #asked: Asked[] = []
  #channel: Channel | undefined
  #sent = 0
  #wake: (() => void) | undefined
  #isSending = false

  constructor(deps: SessionDeps, target: SessionTarget) {
    this.#deps = deps
    this.#target = target
    void this.#run()
  }

  ask(asked: Asked): void {
    this.#asked.push(asked)
    this.#wake?.()
    void this.#sendAsked()
  }

  /** Lets go of the channel; what was asked does not come. */
  abort(): void {
    this.#end.abort(new Error('no longer needed'))
    this.#wake?.()
  }

  async #run(): Promise<void> {
    const { signal } = this.#end
    let release: (() => void) | undefined
    try {
      const opened = await this.#deps.client.open(this.#target.peer, { signal })
      release = opened.release
      this.#channel = opened.channel
      await this.#sendAsked()
      for (;;) {
        const asked = await this.#next()
        if (asked === undefined) break
        await this.#receive(opened.channel, asked)
        this.#asked.shift()
        this.#sent -= 1
        if (signal.aborted) break
        this.#deps.listener.onEnd(asked.range)
      }
    } catch (error) {
      if (!signal.aborted) this.#deps.listener.onFail(describeError(error))
    } finally {
      this.#channel?.abort(new Error('the fetch is over'))
      this.#end.abort(new Error('the session is over'))
      release?.()
    }
  }

  async #sendAsked(): Promise<void> {
    if (this.#isSending || this.#channel === undefined) return
    this.#isSending = true
    try {
      for (let next = this.#asked[this.#sent]; next !== undefined; next = this.#asked[this.#sent]) {
        this.#sent += 1
        await this.#channel.send(encodeRequest({ t: 'get', id: next.range, root: this.#target.root, from: next.from, count: next.count }))
      }
    } catch {
      // The reader meets the same broken channel and says so.
    } finally {
      this.#isSending = false
    }
  }

  async #next(): Promise<Asked | undefined> {
    while (this.#asked.length === 0 && !this.#end.signal.aborted) {
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#wake = resolve
      await promise
    }
    return this.#end.signal.aborted ? undefined : this.#asked[0]
  }

  async #receive(channel: Channel, asked: Asked): Promise<void> {
    const { signal } = this.#end
    const bytes = await channel.receive({ signal })
    if (bytes === undefined) throw new Error('the peer closed the channel')
    const answer = parseAnswer(bytes)
    if (answer?.id !== asked.range) throw new Error('the peer answered what was not asked')
    if (answer.t === 'no' && answer.why !== 'absent') throw new Error(answer.why)
    const count = answer.t === 'get' ? answer.count : 0
    if (count > asked.count) throw new Error('the peer offers more than was asked')
    for (let index = asked.from; index < asked.from + count; index += 1) {
      const length = chunkLength(this.#target.list.size, index)
      const block = await receiveBlock(channel, { length, signal, memory: this.#deps.memory, onPiece: (size) => this.#onPiece(size) })
      if (block === undefined) return
      signal.throwIfAborted()
      await this.#deps.listener.onBlock(asked.range, index, block)
    }
  }

  async #onPiece(size: number): Promise<void> {
    const { signal } = this.#end
    signal.throwIfAborted()
    this.#deps.listener.onPiece(size)
    await this.#deps.download.take(size, { signal })
  }
}
