import type { Exchange } from '../../content/content.ts'
import { within } from '../../content/within.ts'
import type { Cid } from '../../lib/cid.ts'
import type { Clock } from '../../lib/clock.ts'
import { describeError } from '../../lib/fault.ts'
import type { Log } from '../../lib/log.ts'
import type { Host } from '../../network/host.ts'
import { resourceKey } from './resolver.ts'

export interface ProvideQueueDeps {
  readonly host: { readonly routing: Pick<Host['routing'], 'provide'> }
  readonly exchange: Pick<Exchange, 'announce'>
  readonly clock: Clock
  readonly log: Log
}

export interface ProvideQueueOptions {
  /** Time for one record, in milliseconds. */
  readonly askTimeoutMs: number
}

/** Resources whose records are put at once: each is a lookup. */
const parallelProvides = 2

/** Puts what is provided into the DHT, which keeps it up from then on: a few at once, whatever comes together. */
export class ProvideQueue implements AsyncDisposable {
  readonly #deps: ProvideQueueDeps
  readonly #options: ProvideQueueOptions
  readonly #waiting = new Map<string, Cid>()
  readonly #end = new AbortController()
  readonly #working = new Set<Promise<void>>()
  #workers = 0

  constructor(deps: ProvideQueueDeps, options: ProvideQueueOptions) {
    this.#deps = deps
    this.#options = options
  }

  /** The name of a resource, and that of its content. One that waits already keeps its place. */
  add(resource: string, cid: Cid): void {
    this.#waiting.set(resource, cid)
    if (this.#workers === parallelProvides) return
    const work: Promise<void> = this.#work().finally(() => this.#working.delete(work))
    this.#working.add(work)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort(new Error('the context is closed'))
    await Promise.allSettled(this.#working)
  }

  async #work(): Promise<void> {
    this.#workers += 1
    try {
      for (let [next] = this.#waiting; next !== undefined && !this.#end.signal.aborted; [next] = this.#waiting) {
        const [resource, cid] = next
        this.#waiting.delete(resource)
        await this.#provide(resource, cid)
      }
    } finally {
      // before anybody else runs: what is added from now on needs a worker of its own
      this.#workers -= 1
    }
  }

  async #provide(resource: string, cid: Cid): Promise<void> {
    const { host, exchange, clock, log } = this.#deps
    const { signal } = this.#end
    try {
      const put = (waiting: AbortSignal): Promise<void> => host.routing.provide(resourceKey(resource), { signal: waiting })
      await within(clock, { ms: this.#options.askTimeoutMs, signal }, put)
      await exchange.announce(cid, { signal })
    } catch (error) {
      log.debug('a resource was not put in the DHT', { resource, reason: describeError(error) })
    }
  }
}
