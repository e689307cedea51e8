import type { OwnerId, PeerId } from '../../identity/keys.ts'
import type { Entry } from '../../journal/entry.ts'
import { nodeOf } from '../../journal/testing/bench-of-peers.ts'
import { fleetHostOptions } from '../../journal/testing/fleet.ts'
import { createSeededChance } from '../../lib/chance.ts'
import { silentLog } from '../../lib/log.ts'
import type { VirtualClock } from '../../lib/virtual-clock.ts'
import { createVirtualClock } from '../../lib/virtual-clock.ts'
import type { Host } from '../../network/host.ts'
import { createMemoryNetwork, quietNetwork } from '../../network/memory.ts'
import type { Release } from '../release.ts'
import { formatRelease, releaseKind } from '../release.ts'
import { RemoteSearch } from '../remote/remote-search.ts'
import type { RemoteSearchOptions } from '../remote/remote-search.ts'
import { serveSearch } from '../remote/serve-search.ts'
import type { ServeSearchOptions } from '../remote/serve-search.ts'
import type { Stand, StandOptions } from './stand.ts'
import { openStand, ownerOf } from './stand.ts'

/** A member of an open hive that keeps a part of it: nothing is replicated here. */
export interface MarketMember extends Stand {
  readonly name: string
  readonly host: Host
  readonly remote: RemoteSearch
  readonly publish: (...releases: readonly Release[]) => Promise<readonly Entry[]>
}

export interface OpenMarket extends AsyncDisposable {
  readonly clock: VirtualClock
  readonly open: (name: string, options?: MemberOptions) => Promise<MarketMember>
  /** Connects one with all others. */
  readonly connect: (one: MarketMember, ...others: readonly MarketMember[]) => Promise<void>
}

export interface MemberOptions {
  readonly search?: Partial<RemoteSearchOptions & ServeSearchOptions>
  /** Does not answer searches: the test does. */
  readonly isSilent?: boolean
  readonly stand?: StandOptions
}

const searchOptions: RemoteSearchOptions & ServeSearchOptions = {
  remoteMembers: 128,
  remoteTimeoutMs: 2_000,
  remoteIdleTimeoutMs: 60_000,
  questionsPerSecond: 2,
  allQuestionsPerSecond: 50,
}

/** Members of an open hive on a network in memory, in virtual time; each is known by who it is, without certificates. */
export function openMarket({ latencyMs = 5 }: { readonly latencyMs?: number } = {}): OpenMarket {
  const clock = createVirtualClock({ startsAt: 1_760_000_000_000 })
  const network = createMemoryNetwork({ clock, chance: createSeededChance(5) }, { ...quietNetwork, latencyMs })
  const stack = new AsyncDisposableStack()
  const owners = new Map<PeerId, OwnerId>()
  const hosts: Host[] = []
  const open: OpenMarket['open'] = async (name, options = {}) => {
    owners.set(nodeOf(name), ownerOf(name))
    const host = network.openHost(nodeOf(name), fleetHostOptions, { clock })
    let remote: RemoteSearch | undefined
    const asking = {
      members: () => remote?.members() ?? [],
      ask: (...asked: Parameters<RemoteSearch['ask']>) => need(remote).ask(...asked),
    }
    const stand = stack.use(await openStand(name, { policy: 'open', owners, remote: asking, ...options.stand }))
    for (const other of hosts) {
      host.admit(other.peerId)
      other.admit(host.peerId)
    }
    hosts.push(host)
    const { database, journal } = stand
    const knobs = { ...searchOptions, ...options.search }
    remote = stack.use(
      new RemoteSearch(
        {
          journal,
          host,
          clock,
          chance: createSeededChance(9),
          log: silentLog,
          ownerOf: (node) => owners.get(node),
          introducedOwner: () => undefined,
        },
        knobs,
      ),
    )
    if (options.isSilent !== true) stack.defer(serveSearch({ database, journal, host, clock }, knobs))
    stack.defer(() => clock.run(Promise.resolve(host[Symbol.asyncDispose]())))
    const publish: MarketMember['publish'] = async (...releases) => {
      const entries: Entry[] = []
      for (const release of releases) entries.push(await journal.append(releaseKind, formatRelease(release)))
      return entries
    }
    return { ...stand, name, host, remote, publish, [Symbol.asyncDispose]: async () => {} }
  }
  return {
    clock,
    open,
    connect: async (one, ...others) => {
      for (const other of others) await clock.run(one.host.dial(`/memory/${other.node}/p2p/${other.node}`, { signal: AbortSignal.any([]) }))
      await clock.advance(100)
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

function need<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('it is asked for before it is open')
  return value
}
