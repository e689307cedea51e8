import type { Cid } from '../lib/cid.ts'
import type { Clock } from '../lib/clock.ts'

/** Content waits so long for its record, whatever the grace age is. */
const shortestGraceMs = 3_600_000

/** What is kept from collection though nothing refers to it: content under transfer, just added, or being added. */
export class HeldContent {
  readonly #clock: Clock
  readonly #graceMs: number
  readonly #holds = new Map<Cid, number>()
  readonly #added = new Map<Cid, number>()
  readonly #adding = new Map<string, number>()
  #count = 0

  constructor(clock: Clock, { graceMs }: { readonly graceMs: number }) {
    this.#clock = clock
    this.#graceMs = Math.max(graceMs, shortestGraceMs)
  }

  /** How often something was held: grows, and never falls. */
  get count(): number {
    return this.#count
  }

  /** Holds content until the returned function is called. */
  hold(cid: Cid): () => void {
    this.#count += 1
    this.#holds.set(cid, (this.#holds.get(cid) ?? 0) + 1)
    let isHeld = true
    return () => {
      if (!isHeld) return
      isHeld = false
      const left = (this.#holds.get(cid) ?? 1) - 1
      if (left > 0) this.#holds.set(cid, left)
      else this.#holds.delete(cid)
    }
  }

  /** Content is whole here, and may still get its record. */
  added(cid: Cid): void {
    this.#forgetOld()
    // the newest last, so that the old ones are found without a look at the others
    this.#added.delete(cid)
    this.#added.set(cid, this.#clock.monotonic())
  }

  /** Contents remembered because they were added. */
  get addedCount(): number {
    return this.#added.size
  }

  roots(): Iterable<Cid> {
    this.#forgetOld()
    return [...this.#holds.keys(), ...this.#added.keys()]
  }

  #forgetOld(): void {
    const since = this.#clock.monotonic() - this.#graceMs
    for (const [cid, at] of this.#added) {
      if (at >= since) return
      this.#added.delete(cid)
    }
  }

  beginAdding(digest: Uint8Array): void {
    this.#adding.set(nameOf(digest), this.addsOf(digest) + 1)
  }

  endAdding(digest: Uint8Array): void {
    const left = this.addsOf(digest) - 1
    if (left > 0) this.#adding.set(nameOf(digest), left)
    else this.#adding.delete(nameOf(digest))
  }

  /** Adds under way that have a block. */
  addsOf(digest: Uint8Array): number {
    return this.#adding.get(nameOf(digest)) ?? 0
  }

  isBeingAdded(digest: Uint8Array): boolean {
    return this.#adding.has(nameOf(digest))
  }
}

function nameOf(digest: Uint8Array): string {
  return Buffer.from(digest.buffer, digest.byteOffset, digest.byteLength).toString('latin1')
}
