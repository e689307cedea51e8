import type { Clock } from '../lib/clock.ts'

interface Turn<T> {
  readonly servedAt: number
  /** What came meanwhile; only the newest matters. */
  waiting: T | undefined
  cancel: () => void
}

/** Serves each of many at most once in a while. Of what one says in between only the newest is kept, and served when its time has come. */
export class Pace<K, T> {
  readonly #clock: Clock
  readonly #intervalMs: number
  readonly #serve: (key: K, value: T) => void
  readonly #turns = new Map<K, Turn<T>>()

  constructor(clock: Clock, intervalMs: number, serve: (key: K, value: T) => void) {
    this.#clock = clock
    this.#intervalMs = intervalMs
    this.#serve = serve
  }

  /** Serves now, or later if this one was served just before. */
  take(key: K, value: T): void {
    const turn = this.#turns.get(key)
    const now = this.#clock.monotonic()
    const left = turn === undefined ? 0 : turn.servedAt + this.#intervalMs - now
    if (turn === undefined || (left <= 0 && turn.waiting === undefined)) {
      this.#turns.set(key, { servedAt: now, waiting: undefined, cancel: () => {} })
      return this.#serve(key, value)
    }
    if (turn.waiting === undefined) turn.cancel = this.#clock.schedule(left, () => this.#late(key, turn))
    turn.waiting = value
  }

  /** Forgets one that is gone, with what of it waits. */
  forget(key: K): void {
    this.#turns.get(key)?.cancel()
    this.#turns.delete(key)
  }

  close(): void {
    for (const key of this.#turns.keys()) this.forget(key)
  }

  #late(key: K, turn: Turn<T>): void {
    const { waiting } = turn
    if (this.#turns.get(key) !== turn || waiting === undefined) return
    this.#turns.delete(key)
    this.take(key, waiting)
  }
}
