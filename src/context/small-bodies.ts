import type { Cid } from '../lib/cid.ts'
import type { Version } from './context.ts'

/** Longest content that is remembered, in bytes. */
const maxEntryBytes = 65_536

export interface SmallBodiesOptions {
  /** Content remembered in all, in bytes. */
  readonly cacheBytes: number
}

/** A part of content, in bytes; `end` is exclusive. */
export interface BodyRange {
  readonly start?: number
  readonly end?: number
}

/** Short content that was read lately, verified then and immutable: reading it again asks neither disk nor network. The one unused for longest goes first. */
export class SmallBodies {
  readonly #options: SmallBodiesOptions
  /** By the entry that says the version, so that each version is read from the disk once. */
  readonly #kept = new Map<Cid, Uint8Array>()
  #bytes = 0

  constructor(options: SmallBodiesOptions) {
    this.#options = options
  }

  /** The content of a version: what is remembered, or what `open` gives, which is remembered when it was read to its end. The bytes are the caller's own. */
  read(
    { entry, size }: Pick<Version, 'entry' | 'size'>,
    range: BodyRange | undefined,
    open: () => AsyncIterable<Uint8Array>,
  ): AsyncIterable<Uint8Array> {
    const known = this.#kept.get(entry)
    if (known === undefined) return range === undefined && size <= maxEntryBytes ? this.#remember(entry, open()) : open()
    this.#kept.delete(entry)
    this.#kept.set(entry, known)
    return giveOne(known.slice(range?.start ?? 0, range?.end ?? known.byteLength))
  }

  async *#remember(entry: Cid, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    const parts: Uint8Array[] = []
    let bytes = 0
    for await (const chunk of chunks) {
      bytes += chunk.byteLength
      // how long it is, only its writer says
      if (bytes <= maxEntryBytes) parts.push(chunk.slice())
      else parts.length = 0
      yield chunk
    }
    if (bytes <= maxEntryBytes) this.#keep(entry, new Uint8Array(Buffer.concat(parts)))
  }

  #keep(entry: Cid, bytes: Uint8Array): void {
    // two that read at once
    if (this.#kept.has(entry) || bytes.byteLength > Math.min(maxEntryBytes, this.#options.cacheBytes)) return
    this.#kept.set(entry, bytes)
    this.#bytes += bytes.byteLength
    for (const [oldest, { byteLength }] of this.#kept) {
      if (this.#bytes <= this.#options.cacheBytes) return
      this.#kept.delete(oldest)
      this.#bytes -= byteLength
    }
  }
}

async function* giveOne(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  if (bytes.byteLength > 0) yield bytes
}
