import type { PeerId } from '../../identity/keys.ts'
import type { EntryRange } from '../journal.ts'
import type { OurHeads } from './plan-ranges.ts'

export interface CatchUpLimits {
  /** Ranges in one question. */
  readonly maxRanges: number
  /** Entries one answer can hold; asking for more in one question is in vain. */
  readonly maxEntries: number
  /** Incarnations wanted at once; more are offered again later. */
  readonly maxWants: number
  /** Of those, so many that one peer offered: who invents heads must leave room for what others really have. */
  readonly maxWantsPerPeer: number
}

/** One incarnation of which peers have more than we do. */
interface Want {
  readonly node: PeerId
  readonly incarnation: number
  /** How far each peer has it. */
  readonly offers: Map<PeerId, number>
  /** The one peer asked for it just now: nothing travels twice. */
  asked: { readonly peer: PeerId; readonly seq: number } | undefined
}

/**
 * Who is asked for what: each author's range goes to one peer at a time, and to another when that one has nothing or stalls.
 *
 * Knows no clock and sends nothing; `replication.ts` does what it says.
 */
export class CatchUp {
  readonly #ours: OurHeads
  readonly #limits: CatchUpLimits
  readonly #wants = new Map<string, Want>()
  readonly #offered = new Map<PeerId, number>()
  /** Ranges to be looked at again with one peer, to find where a fork begins. */
  readonly #probes = new Map<PeerId, EntryRange[]>()

  constructor(ours: OurHeads, limits: CatchUpLimits) {
    this.#ours = ours
    this.#limits = limits
  }

  /** Incarnations that lack something somebody offered. */
  get size(): number {
    return this.#wants.size
  }

  /** A peer has entries up to `seq`. */
  offer(peer: PeerId, offer: { readonly node: PeerId; readonly incarnation: number; readonly seq: number }): void {
    const { node, incarnation, seq } = offer
    const key = keyOf(node, incarnation)
    const want = this.#wants.get(key)
    const isNew = want?.offers.has(peer) !== true
    const offered = this.#offered.get(peer) ?? 0
    if (isNew && offered >= this.#limits.maxWantsPerPeer) return
    if (want === undefined && this.#wants.size >= this.#limits.maxWants) return
    if (isNew) this.#offered.set(peer, offered + 1)
    if (want === undefined) this.#wants.set(key, { node, incarnation, offers: new Map([[peer, seq]]), asked: undefined })
    else want.offers.set(peer, Math.max(seq, want.offers.get(peer) ?? 0))
  }

  /** Has a range asked of this very peer, whatever we hold of it. */
  probe(peer: PeerId, range: EntryRange): void {
    const probes = this.#probes.get(peer) ?? []
    if (probes.length < this.#limits.maxRanges) probes.push(range)
    this.#probes.set(peer, probes)
  }

  /** What to ask a peer for now; marked as asked. Empty when it has nothing we lack that is not asked of another. */
  next(peer: PeerId): readonly EntryRange[] {
    const probes = this.#probes.get(peer)
    if (probes !== undefined) {
      this.#probes.delete(peer)
      return probes
    }
    const ranges: EntryRange[] = []
    let entries = 0
    for (const [key, want] of this.#wants) {
      if (ranges.length >= this.#limits.maxRanges || entries >= this.#limits.maxEntries) break
      const offered = want.offers.get(peer)
      if (offered === undefined || want.asked !== undefined) continue
      const { node, incarnation } = want
      const seq = this.#ours.headOf(node, incarnation)?.seq ?? 0
      const to = Math.min(offered, this.#ours.lastWanted(node, incarnation))
      if (to <= seq) {
        this.#withdraw(key, peer)
        continue
      }
      want.asked = { peer, seq }
      ranges.push({ node, incarnation, from: seq + 1, to })
      entries += to - seq
    }
    return ranges
  }

  /**
   * A peer answered a question, and the journal took what it took. What made no progress while nothing else of the
   * question did is not asked of that peer again until it offers it again.
   */
  answered(peer: PeerId, ranges: readonly EntryRange[]): void {
    const open = ranges.map((range) => keyOf(range.node, range.incarnation)).filter((key) => this.#wants.get(key)?.asked?.peer === peer)
    const stuck = open.filter((key) => !this.#hasProgress(key))
    const isInVain = stuck.length === open.length
    for (const key of open.toSorted((a, b) => Number(stuck.includes(b)) - Number(stuck.includes(a)))) {
      const want = this.#wants.get(key)
      if (want === undefined) continue
      want.asked = undefined
      // Behind the others, and what the answer had no room for before what it had, so that nobody is passed over.
      this.#wants.delete(key)
      this.#wants.set(key, want)
    }
    if (isInVain) for (const key of stuck) this.#withdraw(key, peer)
  }

  /** A peer is gone, stalled, or not believed any more: what it was asked for goes to others. */
  lose(peer: PeerId): void {
    this.#probes.delete(peer)
    for (const [key, want] of this.#wants) {
      if (want.asked?.peer === peer) want.asked = undefined
      this.#withdraw(key, peer)
    }
  }

  #withdraw(key: string, peer: PeerId): void {
    const want = this.#wants.get(key)
    if (want?.offers.delete(peer) !== true) return
    const left = (this.#offered.get(peer) ?? 0) - 1
    if (left > 0) this.#offered.set(peer, left)
    else this.#offered.delete(peer)
    if (want.offers.size === 0) this.#wants.delete(key)
  }

  #hasProgress(key: string): boolean {
    const want = this.#wants.get(key)
    if (want?.asked === undefined) return false
    return (this.#ours.headOf(want.node, want.incarnation)?.seq ?? 0) > want.asked.seq
  }
}

function keyOf(node: PeerId, incarnation: number): string {
  return `${node}/${incarnation}`
}
