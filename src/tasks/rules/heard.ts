import type { PeerId } from '../../identity/keys.ts'

/** How long a bid counts, in milliseconds: longer than any window, shorter than a task takes. */
const bidMs = 5_000
/** Tasks, and peers of each, that are remembered; who came first goes. */
const maxTasks = 4_096
const maxPeers = 256
/** Messages of one sender of which it is remembered that they came. */
const maxNonces = 1_024
/** Senders that are remembered; who was heard longest ago goes. */
const maxSenders = 4_096
/** A sender that was not heard for so long begins anew, in milliseconds: its clock may have been set back. */
const forgetSenderMs = 600_000

/** Who bid for what lately. */
export class HeardBids {
  readonly #bids = new Map<string, Map<PeerId, { readonly score: number; readonly at: number }>>()

  hear(bid: { readonly task: string; readonly by: PeerId; readonly score: number }, now: number): void {
    const bids = roomFor(this.#bids, bid.task, maxTasks, () => new Map())
    dropOldest(bids, bid.by, maxPeers)
    bids.set(bid.by, { score: bid.score, at: now })
  }

  /** Score by bidder, of those in time. */
  of(task: string, now: number): ReadonlyMap<PeerId, number> {
    const fresh = [...(this.#bids.get(task) ?? [])].filter(([, { at }]) => now - at <= bidMs)
    return new Map(fresh.map(([by, { score }]) => [by, score]))
  }
}

/**
 * Who said that it claimed what.
 *
 * Words only: each holds off one look of ours once, and the refs tell the truth at the next. Saying the same again, or less, is no news.
 */
export class ClaimWords {
  readonly #words = new Map<string, Map<PeerId, { readonly epoch: number; readonly at: number }>>()

  /** Whether that was news. */
  hear(word: { readonly task: string; readonly by: PeerId; readonly epoch: number }, now: number): boolean {
    const words = roomFor(this.#words, word.task, maxTasks, () => new Map())
    if ((words.get(word.by)?.epoch ?? 0) >= word.epoch) return false
    dropOldest(words, word.by, maxPeers)
    words.set(word.by, { epoch: word.epoch, at: now })
    return true
  }

  /** Whether somebody claimed exactly what a look that began at `since` would have claimed. */
  isTaken({ task, epoch, since }: { readonly task: string; readonly epoch: number; readonly since: number }): boolean {
    return [...(this.#words.get(task)?.values() ?? [])].some((word) => word.epoch === epoch && word.at >= since)
  }
}

/** Messages of each sender that came before, by the number each bears, which grows. */
export class Repeats {
  readonly #senders = new Map<PeerId, { floor: number; readonly seen: Set<number>; at: number }>()

  /** Takes note of a message; false when it came before, or too long ago to know. */
  isNew(sender: PeerId, nonce: number, now: number): boolean {
    const known = this.#senders.get(sender)
    const state = known === undefined || now - known.at > forgetSenderMs ? { floor: -1, seen: new Set<number>(), at: now } : known
    if (nonce <= state.floor || state.seen.has(nonce)) return false
    this.#senders.delete(sender)
    dropOldest(this.#senders, sender, maxSenders)
    this.#senders.set(sender, state)
    state.at = now
    state.seen.add(nonce)
    if (state.seen.size > maxNonces) this.#forgetHalf(state)
    return true
  }

  #forgetHalf(state: { floor: number; readonly seen: Set<number> }): void {
    const sorted = [...state.seen].toSorted((a, b) => a - b)
    const gone = sorted.slice(0, maxNonces / 2)
    state.floor = gone.at(-1) ?? state.floor
    for (const nonce of gone) state.seen.delete(nonce)
  }
}

function roomFor<Value>(map: Map<string, Value>, key: string, max: number, create: () => Value): Value {
  const value = map.get(key) ?? create()
  dropOldest(map, key, max)
  map.set(key, value)
  return value
}

/** Makes room for a key that is not there yet: of `max` who came first goes. */
export function dropOldest<Key>(map: Map<Key, unknown>, key: Key, max: number): void {
  const [oldest] = map.keys()
  if (map.size >= max && !map.has(key) && oldest !== undefined) map.delete(oldest)
}
