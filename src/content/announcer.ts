import type { HiveId } from '../journal/entry.ts'
import type { Cid } from '../lib/cid.ts'
import type { Clock } from '../lib/clock.ts'
import { describeError } from '../lib/fault.ts'
import type { Log } from '../lib/log.ts'
import { mapBounded } from '../lib/map-bounded.ts'
import type { Host } from '../network/host.ts'
import type { Database } from '../store/database.ts'
import type { LocalContentStore } from './content-store.ts'
import { routingKey } from './search.ts'
import { within } from './within.ts'

export interface AnnouncerDeps {
  readonly hive: HiveId
  readonly host: Host
  readonly content: LocalContentStore
  readonly database: Database
  readonly clock: Clock
  readonly log: Log
}

export interface AnnouncerOptions {
  readonly provideIntervalMs: number
  readonly askTimeoutMs: number
}

/** Peers connected in this time get one round together. */
const settleMs = 5_000
/** New peers start a round at most this often: a record lives for 24 h. */
const shortestRoundMs = 600_000
/** Provider records put at once: each is a lookup. */
const parallelProvides = 2
/** Roots looked up at a time. */
const pageSize = 1_000

/** Keeps provider records in the DHT: of all that is whole here and referenced in the hive, at start, to new peers, and every interval. */
export class Announcer implements AsyncDisposable {
  readonly #deps: AnnouncerDeps
  readonly #options: AnnouncerOptions
  readonly #end = new AbortController()
  readonly #loop: Promise<void>
  readonly #off: () => void
  #wake: (() => void) | undefined
  #lastRoundAt = -Infinity
  #isFirst = true

  constructor(deps: AnnouncerDeps, options: AnnouncerOptions) {
    this.#deps = deps
    this.#options = options
    this.#off = deps.host.events.on('peer:connected', () => {
      if (this.#isFirst || deps.clock.monotonic() - this.#lastRoundAt >= shortestRoundMs) this.#wake?.()
    })
    this.#loop = this.#run()
  }

  /** Puts one record. A lookup that fails is no failure: members are asked first anyway. */
  async announce(cid: Cid, { signal }: { readonly signal: AbortSignal }): Promise<void> {
    const { host, clock, log } = this.#deps
    const provide = (waiting: AbortSignal): Promise<void> => host.routing.provide(routingKey(cid), { signal: waiting })
    await within(clock, { ms: this.#options.askTimeoutMs, signal: AbortSignal.any([signal, this.#end.signal]) }, provide).catch(
      (error: unknown) => {
        signal.throwIfAborted()
        log.debug('no provider record was put', { cid, reason: describeError(error) })
      },
    )
  }

  async #run(): Promise<void> {
    const { signal } = this.#end
    while (!signal.aborted) {
      try {
        if (this.#deps.host.connections().some(({ admitted }) => admitted)) {
          this.#isFirst = false
          this.#lastRoundAt = this.#deps.clock.monotonic()
          await this.#round()
        }
        await this.#pause()
        await this.#deps.clock.sleep(settleMs, { signal })
      } catch (error) {
        if (!signal.aborted) this.#deps.log.warn('provider records were not renewed', { reason: describeError(error) })
        if (!signal.aborted) await this.#deps.clock.sleep(settleMs, { signal }).catch(() => {})
      }
    }
  }

  async #round(): Promise<void> {
    const { database, content, hive } = this.#deps
    const { signal } = this.#end
    const sql = 'select distinct cid from reference where hive = ? and cid > ? order by cid limit ?'
    let page = database.all<{ cid: Cid }>(sql, hive, '', pageSize)
    while (page.length > 0) {
      const whole = page.map(({ cid }) => cid).filter((cid) => content.stat(cid)?.isWhole === true)
      await mapBounded(whole, (cid) => this.announce(cid, { signal }), { concurrency: parallelProvides, signal })
      page = database.all<{ cid: Cid }>(sql, hive, page.at(-1)?.cid ?? '', pageSize)
    }
  }

  /** Until the interval is over or somebody new is there. */
  async #pause(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const cancel = this.#deps.clock.schedule(this.#options.provideIntervalMs, resolve)
    this.#wake = resolve
    this.#end.signal.addEventListener('abort', () => resolve(), { once: true })
    await promise
    this.#wake = undefined
    cancel()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#off()
    this.#end.abort(new Error('the exchange is closed'))
    await this.#loop
  }
}
