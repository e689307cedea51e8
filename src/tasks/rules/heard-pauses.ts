import type { PeerId } from '../../identity/keys.ts'
import { dropOldest } from './heard.ts'

/** A pause that a member says a forge asked it for. */
export interface HeardPause {
  /** Which forge, and which of its tokens. */
  readonly key: string
  readonly by: PeerId
  /** How long it lasts yet, in milliseconds. */
  readonly ms: number
}

/** Longest pause that is believed, and longest time for which one member may hold us back within an hour, in milliseconds. */
const maxHeldMs = 900_000
const hourMs = 3_600_000
/** Shortest that is worth while, in milliseconds. */
const minHeldMs = 1_000
/** Pauses, and members that told some, that are remembered; who came first goes. */
const maxPauses = 1_024
const maxMembers = 4_096

/**
 * Until when members say that a forge wants to be left alone by whoever has a token.
 *
 * Nobody can tell whether that is so without asking the forge. So a liar holds us back for a quarter of the time at most, and after each pause the
 * forge itself is heard.
 */
export class HeardPauses {
  readonly #until = new Map<string, number>()
  /** What each member may still make us wait, and when that was so. */
  readonly #allowed = new Map<PeerId, { readonly ms: number; readonly at: number }>()

  hear({ key, by, ms }: HeardPause, now: number): void {
    const begins = Math.max(this.#until.get(key) ?? 0, now)
    const allowed = this.#allowedTo(by, now)
    const added = Math.min(now + Math.min(ms, maxHeldMs) - begins, allowed)
    if (added < minHeldMs) return
    put(this.#until, { key, value: begins + added, max: maxPauses })
    put(this.#allowed, { key: by, value: { ms: allowed - added, at: now }, max: maxMembers })
  }

  /** How long nothing is sent yet, in milliseconds; 0 when nobody says so. */
  leftOf(key: string, now: number): number {
    return Math.max(0, (this.#until.get(key) ?? 0) - now)
  }

  #allowedTo(by: PeerId, now: number): number {
    const { ms, at } = this.#allowed.get(by) ?? { ms: maxHeldMs, at: now }
    return Math.min(maxHeldMs, ms + ((now - at) * maxHeldMs) / hourMs)
  }
}

function put<Key, Value>(
  map: Map<Key, Value>,
  { key, value, max }: { readonly key: Key; readonly value: Value; readonly max: number },
): void {
  map.delete(key)
  dropOldest(map, key, max)
  map.set(key, value)
}
