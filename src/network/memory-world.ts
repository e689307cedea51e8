import type { PeerId } from '../identity/keys.ts'
import type { Chance } from '../lib/chance.ts'
import type { Clock } from '../lib/clock.ts'
import type { MemoryNetworkOptions, World, WorldHost } from './memory-contract.ts'

/** How long a lost message of a channel takes to be sent again, in milliseconds: TCP's least retransmission time. */
const retransmitMs = 200

/** What lies between the hosts: who exists, who reaches whom, and how long it takes. */
export class MemoryWorld implements World {
  readonly clock: Clock
  readonly chance: Chance
  readonly hosts = new Map<PeerId, WorldHost>()
  readonly links = new Set<{ readonly review: () => void }>()
  readonly counters = { dials: 0, links: 0, messages: 0, gossips: 0, bytes: 0 }
  options: MemoryNetworkOptions
  #groups: Map<PeerId, number> | undefined
  readonly #cuts = new Set<string>()
  readonly #asleep = new Set<PeerId>()
  readonly #busyUntil = new Map<PeerId, number>()

  constructor(deps: { readonly clock: Clock; readonly chance: Chance }, options: MemoryNetworkOptions) {
    this.clock = deps.clock
    this.chance = deps.chance
    this.options = options
  }

  configure(changes: Partial<MemoryNetworkOptions>): void {
    this.options = { ...this.options, ...changes }
  }

  /** Whether nothing gets from one to the other now. */
  isBlocked(from: PeerId, to: PeerId): boolean {
    if (this.#asleep.has(from) || this.#asleep.has(to) || this.#cuts.has(`${from}>${to}`)) return true
    if (this.#groups === undefined) return false
    const group = this.#groups.get(from)
    return group === undefined || group !== this.#groups.get(to)
  }

  /** Milliseconds until a message arrives; undefined when it is lost. */
  transit(from: PeerId, byteLength: number): number | undefined {
    this.counters.bytes += byteLength
    const delay = this.#uplink(from, byteLength) + this.#flight()
    return this.options.loss > 0 && this.chance.fraction() < this.options.loss ? undefined : delay
  }

  /** As `transit`, for a channel, which sends again what was lost. */
  reliableTransit(from: PeerId, byteLength: number): number {
    this.counters.bytes += byteLength
    let delay = this.#uplink(from, byteLength) + this.#flight()
    while (this.options.loss > 0 && this.chance.fraction() < this.options.loss) delay += retransmitMs
    return delay
  }

  partition(groups: readonly (readonly PeerId[])[]): void {
    this.#groups = new Map(groups.flatMap((group, index) => group.map((peer) => [peer, index] as const)))
    this.#review()
  }

  cut(from: PeerId, to: PeerId): void {
    this.#cuts.add(`${from}>${to}`)
    this.#review()
  }

  mend(from: PeerId, to: PeerId): void {
    this.#cuts.delete(`${from}>${to}`)
    this.#review()
  }

  heal(): void {
    this.#groups = undefined
    this.#cuts.clear()
    this.#review()
  }

  sleep(peer: PeerId): void {
    this.#asleep.add(peer)
    this.#review()
  }

  wake(peer: PeerId): void {
    this.#asleep.delete(peer)
    this.#review()
  }

  #review(): void {
    for (const link of Array.from(this.links)) link.review()
  }

  #flight(): number {
    const { latencyMs, jitterMs } = this.options
    return jitterMs > 0 ? latencyMs + this.chance.fraction() * jitterMs : latencyMs
  }

  #uplink(from: PeerId, byteLength: number): number {
    const { bytesPerSecond } = this.options
    if (bytesPerSecond === 0) return 0
    const now = this.clock.monotonic()
    const until = Math.max(now, this.#busyUntil.get(from) ?? 0) + (byteLength * 1000) / bytesPerSecond
    this.#busyUntil.set(from, until)
    return until - now
  }
}
