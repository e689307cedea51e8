import { concatBytes } from '../../lib/bytes.ts'
import { tasksFaults } from '../faults.ts'

/** Reads a stream of bytes in the pieces a protocol names, never more than its limit. */
export class ByteReader {
  readonly #chunks: AsyncIterator<Uint8Array>
  readonly #maxBytes: number
  #held: Uint8Array = new Uint8Array(0)
  #taken = 0
  #isEnded = false

  constructor(source: AsyncIterable<Uint8Array>, options: { readonly maxBytes: number }) {
    this.#chunks = source[Symbol.asyncIterator]()
    this.#maxBytes = options.maxBytes
  }

  /** Whether the other side has said all it will say. */
  get isEnded(): boolean {
    return this.#isEnded
  }

  /** The next `count` bytes; undefined when the stream ends before the first of them. @throws Fault REMOTE_UNREACHABLE when it ends among them, REMOTE_PROTOCOL past the limit */
  async read(count: number): Promise<Uint8Array | undefined> {
    while (this.#held.byteLength < count) {
      const next = await this.#next()
      if (next === undefined) {
        if (this.#held.byteLength === 0) return undefined
        throw tasksFaults.create('REMOTE_UNREACHABLE', { message: 'the git server broke off in the middle of its answer' })
      }
      this.#held = this.#held.byteLength === 0 ? next : concatBytes([this.#held, next])
    }
    const bytes = this.#held.subarray(0, count)
    this.#held = this.#held.subarray(count)
    return bytes
  }

  /** Whatever comes next, in the pieces it comes in; undefined at the end. */
  async readChunk(): Promise<Uint8Array | undefined> {
    if (this.#held.byteLength === 0) return this.#next()
    const held = this.#held
    this.#held = new Uint8Array(0)
    return held
  }

  /** All that is left. */
  async readRest(): Promise<Uint8Array> {
    const parts: Uint8Array[] = []
    for (let next = await this.readChunk(); next !== undefined; next = await this.readChunk()) parts.push(next)
    return concatBytes(parts)
  }

  async #next(): Promise<Uint8Array | undefined> {
    const { done, value } = await this.#chunks.next()
    if (done === true) {
      this.#isEnded = true
      return undefined
    }
    this.#taken += value.byteLength
    if (this.#taken <= this.#maxBytes) return value
    throw tasksFaults.create('REMOTE_PROTOCOL', {
      message: `the git server's answer is longer than ${this.#maxBytes} bytes; it was not read further`,
      data: { maxBytes: this.#maxBytes },
    })
  }
}
