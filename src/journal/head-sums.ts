import type { PeerId } from '../identity/keys.ts'
import { encodeText } from '../lib/bytes.ts'
import { hashBytes } from '../lib/cid.ts'
import type { Head } from './entry.ts'
import { bucketCount, sumBytes } from './protocol.ts'

/** What one author adds to its bucket. */
interface Share {
  readonly bucket: number
  sum: Uint8Array
}

/**
 * Heads in a form that is compared in a few hundred bytes: authors fall into buckets by the hash of their name, and a
 * bucket's sum is the exclusive or of a hash of each head in it. Equal journals give equal sums.
 *
 * A sum is no proof: an author can at worst hide its own entries with it, which it could by not sending them.
 */
export class HeadSums {
  readonly #headsOf: (node: PeerId) => readonly Head[]
  readonly #shares = new Map<PeerId, Share>()
  readonly #dirty = new Set<PeerId>()
  readonly #sums = new Uint8Array(bucketCount * sumBytes)

  constructor(authors: Iterable<PeerId>, headsOf: (node: PeerId) => readonly Head[]) {
    this.#headsOf = headsOf
    for (const author of authors) this.#dirty.add(author)
  }

  /** Says that an author's heads may have changed. */
  touch(node: PeerId): void {
    this.#dirty.add(node)
  }

  /** One sum for each bucket, joined. */
  sums(): Uint8Array {
    for (const node of this.#dirty) this.#refresh(node)
    this.#dirty.clear()
    return new Uint8Array(this.#sums)
  }

  /** The heads in the buckets where another's sums differ from ours. */
  differing(theirs: Uint8Array): readonly Head[] {
    const ours = this.sums()
    const isOther = Array.from({ length: bucketCount }, (_, bucket) => {
      const [from, to] = [bucket * sumBytes, (bucket + 1) * sumBytes]
      return Buffer.compare(ours.subarray(from, to), theirs.subarray(from, to)) !== 0
    })
    if (!isOther.includes(true)) return []
    return [...this.#shares].flatMap(([node, share]) => (isOther[share.bucket] === true ? this.#headsOf(node) : []))
  }

  #refresh(node: PeerId): void {
    const share = this.#shares.get(node) ?? { bucket: bucketOf(node), sum: new Uint8Array(sumBytes) }
    this.#shares.set(node, share)
    this.#add(share)
    share.sum = sumOf(this.#headsOf(node))
    this.#add(share)
  }

  #add(share: Share): void {
    for (const [index, byte] of share.sum.entries()) {
      const at = share.bucket * sumBytes + index
      this.#sums[at] = (this.#sums[at] ?? 0) ^ byte
    }
  }
}

/** The bucket of an author: the first byte of the hash of its name. */
export function bucketOf(node: PeerId): number {
  return (hashBytes(encodeText(node))[0] ?? 0) % bucketCount
}

function sumOf(heads: readonly Head[]): Uint8Array {
  const sum = new Uint8Array(sumBytes)
  for (const head of heads) {
    const hash = hashBytes(encodeText(`${head.node} ${head.incarnation} ${head.seq} ${head.cid}`))
    for (const [index] of sum.entries()) sum[index] = (sum[index] ?? 0) ^ (hash[index] ?? 0)
  }
  return sum
}
