import type { Clock } from '../lib/clock.ts'
import { restMs } from './rules/hindrance.ts'

/** Tasks of which is remembered that they are tried last; of one that is forgotten it is found out anew. */
const maxLast = 1_000

/** Tasks that came to nothing here lately, which are left to others first: longer each time. */
export class TaskRests {
  readonly #clock: Pick<Clock, 'monotonic'>
  readonly #pollMs: number
  readonly #rests = new Map<string, { readonly until: number; readonly times: number }>()
  readonly #last = new Set<string>()

  constructor({ clock }: { readonly clock: Pick<Clock, 'monotonic'> }, { pollMs }: { readonly pollMs: number }) {
    this.#clock = clock
    this.#pollMs = pollMs
  }

  has(name: string): boolean {
    return (this.#rests.get(name)?.until ?? 0) > this.#clock.monotonic()
  }

  /** Whether others are tried before it. */
  isLast(name: string): boolean {
    return this.#last.has(name)
  }

  /** It was under way when this node could not work at all, as its agent said: that may be of the task after all. */
  putLast(name: string): void {
    if (this.#last.size >= maxLast) this.#last.clear()
    this.#last.add(name)
  }

  /** It came to nothing once more. */
  begin(name: string): void {
    this.#last.delete(name)
    const now = this.#clock.monotonic()
    // what came to nothing long ago counts no more, and is not kept for ever
    const longestMs = restMs(Number.POSITIVE_INFINITY, this.#pollMs)
    for (const [other, { until }] of this.#rests) if (now - until > longestMs) this.#rests.delete(other)
    const times = (this.#rests.get(name)?.times ?? 0) + 1
    this.#rests.set(name, { times, until: now + restMs(times, this.#pollMs) })
  }

  /** It came to something. */
  end(name: string): void {
    this.#rests.delete(name)
    this.#last.delete(name)
  }
}
