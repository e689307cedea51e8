import type { PeerId } from '../identity/keys.ts'
import { encodeText } from '../lib/bytes.ts'
import { hashBytes } from '../lib/cid.ts'
import type { Head } from './entry.ts'
import { bucketCount, sumBytes } from './protocol.ts'

/** What one author adds to its bucket. */
interface Share {
  readonly bucket: number
  /** 64 bits, kept as one number: there is one of these for every author in the hive. */
  sum: bigint
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
  readonly #sums = new BigUint64Array(bucketCount)

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
    const bytes = Buffer.alloc(bucketCount * sumBytes)
    for (const [bucket, sum] of this.#sums.entries()) bytes.writeBigUInt64BE(sum, bucket * sumBytes)
    return new Uint8Array(bytes)
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
    const share = this.#shares.get(node) ?? { bucket: bucketOf(node), sum: 0n }
    this.#shares.set(node, share)
    const sum = sumOf(this.#headsOf(node))
    this.#sums[share.bucket] = (this.#sums[share.bucket] ?? 0n) ^ share.sum ^ sum
    share.sum = sum
  }
}

/** The bucket of an author: the first byte of the hash of its name. */
export function bucketOf(node: PeerId): number {
  return (hashBytes(encodeText(node))[0] ?? 0) % bucketCount
}

function sumOf(heads: readonly Head[]): bigint {
  let sum = 0n
  for (const head of heads) {
    const hash = hashBytes(encodeText(`${head.node} ${head.incarnation} ${head.seq} ${head.cid}`))
    sum ^= Buffer.from(hash).readBigUInt64BE(0)
  }
  return sum
}
