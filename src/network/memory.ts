import type { PeerId } from '../identity/keys.ts'
import type { Chance } from '../lib/chance.ts'
import type { Clock } from '../lib/clock.ts'
import type { Host } from './host.ts'
import type { MemoryHostOptions, MemoryNetworkOptions, NetworkCounters } from './memory-contract.ts'
import { MemoryHost } from './memory-host.ts'
import { MemoryWorld } from './memory-world.ts'

/** Nothing is late or lost: for tests about something else. */
export const quietNetwork: MemoryNetworkOptions = {
  latencyMs: 1,
  jitterMs: 0,
  loss: 0,
  duplicates: 0,
  bytesPerSecond: 0,
  gossipDegree: 8,
  linkTimeoutMs: 20_000,
}

/** Hosts in one process on virtual time: the in-memory twin of the libp2p host, with faults on demand. */
export interface MemoryNetwork {
  /** A running host. `clock` is the node's own view of the time, where it differs from the network's. */
  readonly openHost: (peerId: PeerId, options: MemoryHostOptions, own?: { readonly clock: Clock }) => Host
  /** Changes how the network behaves from now on. */
  readonly configure: (options: Partial<MemoryNetworkOptions>) => void
  /** Only peers of one group reach each other; peers in no group reach nobody. Takes the place of the partition before. */
  readonly partition: (groups: readonly (readonly PeerId[])[]) => void
  /** Nothing gets from `from` to `to` any more; the other way stays open. */
  readonly cut: (from: PeerId, to: PeerId) => void
  /** Ends partitions and cuts. Who sleeps goes on sleeping. */
  readonly heal: () => void
  /** The peer neither hears nor is heard, as behind a closed lid. Its clock is not touched: see `SkewedClock.suspend`. */
  readonly sleep: (peer: PeerId) => void
  readonly wake: (peer: PeerId) => void
  /** Cuts a link both ways, and mends it, `times` times over, `periodMs` each. Resolves when it is mended for good. */
  readonly flap: (a: PeerId, b: PeerId, flapping: Flapping) => Promise<void>
  readonly counters: () => NetworkCounters
}

export interface Flapping {
  readonly times: number
  readonly periodMs: number
  readonly signal: AbortSignal
}

/** An empty network. */
export function createMemoryNetwork(
  deps: { readonly clock: Clock; readonly chance: Chance },
  options: MemoryNetworkOptions,
): MemoryNetwork {
  const world = new MemoryWorld(deps, options)
  return {
    openHost: (peerId, hostOptions, own) => new MemoryHost({ world, peerId, clock: own?.clock ?? deps.clock }, hostOptions),
    configure: (changes) => world.configure(changes),
    partition: (groups) => world.partition(groups),
    cut: (from, to) => world.cut(from, to),
    heal: () => world.heal(),
    sleep: (peer) => world.sleep(peer),
    wake: (peer) => world.wake(peer),
    flap: async (a, b, { times, periodMs, signal }) => {
      for (let time = 0; time < times; time++) {
        world.cut(a, b)
        world.cut(b, a)
        await deps.clock.sleep(periodMs / 2, { signal })
        world.mend(a, b)
        world.mend(b, a)
        await deps.clock.sleep(periodMs / 2, { signal })
      }
    },
    counters: () => ({ ...world.counters }),
  }
}
