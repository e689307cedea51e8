import type { PeerId } from '../identity/keys.ts'
import type { HiveId } from '../journal/entry.ts'
import type { Chance } from '../lib/chance.ts'
import type { Cid } from '../lib/cid.ts'
import type { Clock } from '../lib/clock.ts'
import { withDeadline } from '../lib/deadline.ts'
import { describeError } from '../lib/fault.ts'
import type { Log } from '../lib/log.ts'
import { mapBounded } from '../lib/map-bounded.ts'
import type { Host } from '../network/host.ts'
import type { Database } from '../store/database.ts'
import type { ContentStore, Exchange } from './content.ts'
import { findSigners } from './receipts.ts'
import { admittedPeers } from './search.ts'

export interface ReplenisherDeps {
  readonly hive: HiveId
  readonly host: Host
  readonly exchange: Pick<Exchange, 'replicate'>
  readonly content: Pick<ContentStore, 'stat'>
  readonly database: Database
  readonly clock: Clock
  readonly chance: Chance
  readonly log: Log
  /** What this node wants copied, that comes first which matters most. */
  readonly listOwn: (limit: number) => readonly Cid[]
  /** Whether a node that signed for a copy is one whose copies count. */
  readonly isMember: (node: PeerId) => boolean
}

export interface ReplenisherOptions {
  /** Nodes that have each content, ourselves counted. */
  readonly replicas: number
  /** From a member's connecting to the first question, in milliseconds; half more or less by chance. */
  readonly copyDelayMs: number
  /** Between two rounds when nobody new is there, in milliseconds; half more or less by chance. */
  readonly copyRetryMs: number
}

/** Contents looked at in one round. */
const maxPerRound = 1_000
/** Contents that members are asked for at once: they fetch these from us. */
const parallelCopies = 2
/** One content in one round, in milliseconds; chunks that came until then stay where they are. */
const askMs = 120_000
/** Contents in a row that nobody took: members are full or busy, and the round is over. */
const maxFruitless = 3

/**
 * Brings what this node published to the wished number of copies when members appear.
 *
 * A publish asks those who are there; whoever published alone, or to too few, has nobody else to do this. Rounds are apart by chance, so that
 * members who come back together are not asked by everybody at once.
 */
export class Replenisher implements AsyncDisposable {
  readonly #deps: ReplenisherDeps
  readonly #options: ReplenisherOptions
  readonly #end = new AbortController()
  readonly #loop: Promise<void>
  readonly #off: () => void
  #isSomebodyNew: boolean
  #wake: (() => void) | undefined

  constructor(deps: ReplenisherDeps, options: ReplenisherOptions) {
    this.#deps = deps
    this.#options = options
    this.#isSomebodyNew = admittedPeers(deps.host).length > 0
    this.#off = deps.host.events.on('peer:connected', () => {
      this.#isSomebodyNew = true
      this.#wake?.()
    })
    this.#loop = this.#run()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#off()
    this.#end.abort(new Error('the exchange is closed'))
    this.#wake?.()
    await this.#loop
  }

  async #run(): Promise<void> {
    const { clock, log } = this.#deps
    const { signal } = this.#end
    while (!signal.aborted) {
      try {
        await this.#pause()
        await clock.sleep(this.#around(this.#options.copyDelayMs), { signal })
        this.#isSomebodyNew = false
        await this.#round()
      } catch (error) {
        if (!signal.aborted) log.warn('copies of what was published were not seen to', { reason: describeError(error) })
      }
    }
  }

  /** Until somebody is new, or it is time to try again. */
  async #pause(): Promise<void> {
    if (this.#isSomebodyNew || this.#end.signal.aborted) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const cancel = this.#deps.clock.schedule(this.#around(this.#options.copyRetryMs), resolve)
    this.#wake = resolve
    await promise
    this.#wake = undefined
    cancel()
  }

  async #round(): Promise<void> {
    const { listOwn, content } = this.#deps
    const { signal } = this.#end
    const lacking = listOwn(maxPerRound).filter((cid) => this.#lack(cid) > 0 && content.stat(cid)?.isWhole === true)
    let fruitless = 0
    const ask = async (cid: Cid): Promise<void> => {
      const copies = this.#lack(cid)
      if (copies <= 0 || fruitless >= maxFruitless) return
      const signed = await this.#ask(cid, copies)
      fruitless = signed === 0 ? fruitless + 1 : 0
    }
    await mapBounded(lacking, ask, { concurrency: parallelCopies, signal })
  }

  /** How many of those connected could sign so that copies are enough; 0 where all of them did. */
  #lack(cid: Cid): number {
    const { database, hive, host, isMember } = this.#deps
    const connected = admittedPeers(host)
    const signers = new Set(findSigners(database, hive, cid).filter(isMember))
    const wanted = this.#options.replicas - 1
    if (signers.size >= wanted || connected.every((peer) => signers.has(peer))) return 0
    const away = [...signers].filter((peer) => !connected.includes(peer)).length
    // those here who signed are asked again, and count again
    return Math.min(wanted - away, connected.length)
  }

  async #ask(cid: Cid, copies: number): Promise<number> {
    const { exchange, clock, log } = this.#deps
    const { signal } = this.#end
    try {
      const holders = await exchange.replicate(cid, { copies, signal: withDeadline(clock, askMs, signal) })
      if (holders.length > 0) log.debug('members keep what was published here', { cid, copies: holders.length })
      return holders.length
    } catch (error) {
      signal.throwIfAborted()
      log.warn('members could not be asked to keep what was published', { cid, reason: describeError(error) })
      return 0
    }
  }

  #around(ms: number): number {
    return Math.round(ms * (0.5 + this.#deps.chance.fraction()))
  }
}
