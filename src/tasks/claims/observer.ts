import type { Clock } from '../../lib/clock.ts'
import { timesOfLease } from '../rules/lease.ts'
import type { Signs, Watch } from '../rules/watch.ts'
import { judgeTakeover, watchValue } from '../rules/watch.ts'
import type { TaskKey } from '../task.ts'
import type { TaskSight } from './ledger.ts'

/** What could be done about a task now. */
export type TakeoverAdvice =
  | { readonly advice: 'none' }
  /** Its lease runs, as far as this node saw. */
  | { readonly advice: 'wait' }
  | { readonly advice: 'take-over'; readonly epoch: number; readonly reason: 'expired' | 'unknown-holder' }

/** Times how long the values of claim refs stand unchanged, on this node's own monotonic clock. A new one knows nothing: slower, never wrong. */
export class LeaseObserver {
  readonly #clock: Clock
  readonly #options: { readonly unknownTtlSeconds: number }
  readonly #watches = new Map<TaskKey, Watch>()

  /** `unknownTtlSeconds`: lease of what is no claim of the hive, where none that is longer may still run. */
  constructor(deps: { readonly clock: Clock }, options: { readonly unknownTtlSeconds: number }) {
    this.#clock = deps.clock
    this.#options = options
  }

  /** Takes in one look at a task, and says whether its lease ran out. */
  observe({ task, value, chain, meaning }: TaskSight, signs: Signs): TakeoverAdvice {
    const now = this.#clock.monotonic()
    const watch = watchValue(this.#watches.get(task), value, now)
    this.#watches.set(task, watch)
    if (meaning.meaning !== 'held' && meaning.meaning !== 'unknown' && meaning.meaning !== 'ours-elsewhere') return { advice: 'none' }
    // who held it before a stranger's commit may still work: that commit ends no lease
    const unknownTtlSeconds = Math.max(this.#options.unknownTtlSeconds, chain?.state.holding?.ttlSeconds ?? 0)
    const ttlSeconds = 'holding' in meaning ? meaning.holding.ttlSeconds : unknownTtlSeconds
    const judged = judgeTakeover(watch, timesOfLease(ttlSeconds * 1000), { signs, now })
    this.#watches.set(task, judged.watch)
    if (judged.verdict === 'wait') return { advice: 'wait' }
    return { advice: 'take-over', epoch: meaning.epoch, reason: 'holding' in meaning ? 'expired' : 'unknown-holder' }
  }

  /** Forgets every other task. */
  retain(tasks: Pick<ReadonlySet<TaskKey>, 'has'>): void {
    for (const task of this.#watches.keys()) if (!tasks.has(task)) this.#watches.delete(task)
  }
}
