/** What the next bytes were. */
export type FrameStep =
  | { readonly kind: 'message'; readonly message: Uint8Array; readonly nextOffset: number }
  | { readonly kind: 'more' }
  | { readonly kind: 'too-large'; readonly byteLength: number }
  | { readonly kind: 'malformed' }

/** Bytes of the longest length prefix; 2^35 is more than any limit. */
const maxPrefixBytes = 5
/** Smaller pieces are copied out, so that a short message does not keep a whole packet alive. */
const smallPieceBytes = 4096

/** A message's whole memory is taken when so much of it has come. */
const reservedFromBytes = 32_768

/** Messages whose memory is kept for others to come. */
const maxFree = 16

/** The length prefix of a message: unsigned varint, as in multiformats. */
export function encodeLength(byteLength: number): Uint8Array {
  const bytes: number[] = []
  let rest = byteLength
  while (rest > 0x7f) {
    bytes.push((rest & 0x7f) | 0x80)
    rest = Math.floor(rest / 128)
  }
  bytes.push(rest)
  return Uint8Array.from(bytes)
}

/** Cuts a stream of bytes into messages, one at a time. Nothing of a message over the limit is kept. */
export class FrameReader {
  readonly #maxMessageBytes: number
  /** Memory of long messages that nobody reads any more, all of one length. */
  readonly #free = new Set<Uint8Array>()
  /** What was taken here: memory that came with the bytes may still be somebody else's. */
  readonly #own = new WeakSet<Uint8Array>()
  #prefix = 0
  #prefixBytes = 0
  #pieces: Uint8Array[] = []
  #missing = -1
  /** The message's own memory, taken when enough of it has come: who only announces a long one costs nothing. */
  #whole: Uint8Array | undefined

  constructor(maxMessageBytes: number) {
    this.#maxMessageBytes = maxMessageBytes
  }

  /** Whether the bytes so far end within a message. */
  get isWithinMessage(): boolean {
    return this.#missing >= 0 || this.#prefixBytes > 0
  }

  /** Takes bytes from `offset` on up to the end of one message; `more`: all are taken and the message is not whole. After `too-large` or `malformed` the stream is of no use. */
  next(bytes: Uint8Array, offset: number): FrameStep {
    let at = offset
    while (at < bytes.byteLength) {
      if (this.#missing < 0) {
        const trouble = this.#readPrefix(bytes[at] ?? 0)
        at += 1
        if (trouble !== undefined) return trouble
      } else {
        const piece = bytes.subarray(at, at + this.#missing)
        this.#keep(piece)
        this.#missing -= piece.byteLength
        at += piece.byteLength
      }
      if (this.#missing === 0) return { kind: 'message', message: this.#finish(), nextOffset: at }
    }
    return { kind: 'more' }
  }

  /** Copied at once into its place where the message is long: pieces that wait for each other fall out of the processor's cache. */
  #keep(piece: Uint8Array): void {
    const at = this.#prefix - this.#missing
    if (this.#whole === undefined && at >= reservedFromBytes) {
      this.#whole = this.#takeMemory(this.#prefix)
      fill(this.#whole, this.#pieces)
      this.#pieces = []
    }
    if (this.#whole !== undefined) this.#whole.set(piece, at)
    else this.#pieces.push(piece.byteLength < smallPieceBytes ? piece.slice() : piece)
  }

  /** Gives back the memory of a message that nobody reads any more, for one to come: new memory for each keeps the garbage collector busy. */
  giveBack(message: Uint8Array): void {
    if (this.#own.has(message) && message.byteLength === this.#maxMessageBytes && this.#free.size < maxFree) this.#free.add(message)
  }

  #takeMemory(byteLength: number): Uint8Array {
    const [free] = this.#free
    if (free !== undefined && byteLength === free.byteLength) {
      this.#free.delete(free)
      return free
    }
    const fresh = allocate(byteLength)
    this.#own.add(fresh)
    return fresh
  }

  #readPrefix(byte: number): FrameStep | undefined {
    this.#prefix += (byte & 0x7f) * 128 ** this.#prefixBytes
    this.#prefixBytes += 1
    if (byte >= 0x80) return this.#prefixBytes >= maxPrefixBytes ? { kind: 'malformed' } : undefined
    if (byte === 0 && this.#prefixBytes > 1) return { kind: 'malformed' }
    if (this.#prefix > this.#maxMessageBytes) return { kind: 'too-large', byteLength: this.#prefix }
    this.#missing = this.#prefix
    return undefined
  }

  #finish(): Uint8Array {
    const [first = new Uint8Array(0)] = this.#pieces
    const message = this.#whole ?? (this.#pieces.length <= 1 ? first : fill(allocate(this.#prefix), this.#pieces))
    this.#whole = undefined
    this.#pieces = []
    this.#prefix = 0
    this.#prefixBytes = 0
    this.#missing = -1
    return message
  }
}

/** Memory of its own, not zeroed: Node's pool would keep other messages alive with this one. */
function allocate(byteLength: number): Uint8Array {
  return new Uint8Array(Buffer.allocUnsafeSlow(byteLength).buffer)
}

/** Copies the pieces one after the other to the beginning of `target`. */
function fill(target: Uint8Array, pieces: readonly Uint8Array[]): Uint8Array {
  let offset = 0
  for (const piece of pieces) {
    target.set(piece, offset)
    offset += piece.byteLength
  }
  return target
}
