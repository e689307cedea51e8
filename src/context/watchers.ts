import { setImmediate } from 'node:timers/promises'
import type { PeerId } from '../identity/keys.ts'
import type { Chance } from '../lib/chance.ts'
import type { Address } from '../ucxl/ucxl.ts'
import { matchResource } from '../ucxl/ucxl.ts'
import type { ContextEvent, NextEvents, Version, Waiting } from './context.ts'
import { contextFaults } from './faults.ts'
import { addressOf } from './resource.ts'

/** Runs tell their places apart by where they begin to count, and each has so many before the next begins. */
const runs = 1_000_000_000
const idsApart = 1_000

interface Watcher {
  readonly pattern: Address
  readonly waiting: ContextEvent[]
  dropped: number
  wake: () => void
}

/** Hands events to those who watch. Each may be so many events behind; the same number is remembered for who comes back. */
export class Watchers {
  readonly #maxWaiting: number
  readonly #watchers = new Set<Watcher>()
  readonly #recent: ContextEvent[] = []
  /** What the place before the first event of this run is called. */
  readonly #firstId: number
  #lastId: number

  constructor({ chance }: { readonly chance: Chance }, maxWaiting: number) {
    this.#maxWaiting = maxWaiting
    // places of another run mean nothing in this one, so they are not the same numbers
    this.#firstId = Math.floor(chance.fraction() * runs) * idsApart
    this.#lastId = this.#firstId
  }

  tell(version: Version, announced?: { readonly provider: PeerId; readonly expiresAt: number }): void {
    this.#lastId += 1
    const id = this.#lastId
    const event: ContextEvent =
      announced === undefined
        ? { id, event: version.cid === null ? 'deleted' : 'stored', version }
        : { id, event: 'announced', version, provider: announced.provider, expiresAt: announced.expiresAt }
    this.#recent.push(event)
    if (this.#recent.length > this.#maxWaiting) this.#recent.shift()
    for (const watcher of this.#watchers) this.#give(watcher, event)
  }

  /** Events that a pattern means, until the signal. `after`: behind an event that was seen. @throws Fault WATCH_LAGGED */
  async *watch(pattern: Address, { signal, after }: Waiting & { readonly after?: number | undefined }): AsyncGenerator<ContextEvent> {
    const watcher: Watcher = { pattern, waiting: [], dropped: 0, wake: () => {} }
    const onAbort = (): void => watcher.wake()
    this.#replay(watcher, after)
    this.#watchers.add(watcher)
    signal.addEventListener('abort', onAbort, { once: true })
    try {
      while (!signal.aborted) {
        if (watcher.dropped > 0) throw lagged(watcher.dropped)
        const event = watcher.waiting.shift()
        if (event !== undefined) yield event
        else await new Promise<void>((resolve) => (watcher.wake = resolve))
      }
    } finally {
      signal.removeEventListener('abort', onAbort)
      this.#watchers.delete(watcher)
    }
  }

  /**
   * What comes first of what a pattern means, with all that was committed together; nothing, once the signal says so.
   *
   * `after` stands behind everything that was looked at, meant or not: what comes later is told to who asks with it. @throws Fault WATCH_LAGGED
   */
  async next(pattern: Address, { signal, after }: Waiting & { readonly after?: number | undefined }): Promise<NextEvents> {
    const first = Promise.withResolvers<void>()
    const watcher: Watcher = { pattern, waiting: [], dropped: 0, wake: first.resolve }
    this.#replay(watcher, after)
    this.#watchers.add(watcher)
    signal.addEventListener('abort', watcher.wake, { once: true })
    try {
      if (watcher.waiting.length === 0 && !signal.aborted) await first.promise
      if (watcher.waiting.length > 0) await setImmediate()
      if (watcher.dropped > 0) throw lagged(watcher.dropped)
      // no wait between what is taken and its place
      return { items: watcher.waiting, after: this.#lastId }
    } finally {
      signal.removeEventListener('abort', watcher.wake)
      this.#watchers.delete(watcher)
    }
  }

  #replay(watcher: Watcher, after: number | undefined): void {
    if (after === undefined) return
    if (after < this.#firstId || after > this.#lastId) throw fromAnotherRun(after)
    const oldest = this.#recent[0]?.id ?? this.#lastId + 1
    if (after < oldest - 1) throw lagged(oldest - 1 - after)
    for (const event of this.#recent) if (event.id > after) this.#give(watcher, event)
  }

  #give(watcher: Watcher, event: ContextEvent): void {
    if (!matchResource(watcher.pattern, addressOf(event.version.resource))) return
    if (watcher.waiting.length >= this.#maxWaiting) watcher.dropped += 1
    else watcher.waiting.push(event)
    watcher.wake()
  }
}

function fromAnotherRun(after: number): Error {
  return contextFaults.create('WATCH_LAGGED', {
    message: `${after} is no place of this run of the node: it was started again, and what came since is not remembered; look with \`context query --since\`, then watch again without "after"`,
    data: { dropped: null },
  })
}

function lagged(dropped: number): Error {
  return contextFaults.create('WATCH_LAGGED', {
    message: `${dropped} events of context are no longer remembered here; look with \`context query --since\`, then watch again without "after"`,
    data: { dropped },
  })
}
