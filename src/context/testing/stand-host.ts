import type { Exchange } from '../../content/content.ts'
import type { ExchangeDeps } from '../../content/exchange.ts'
import { openExchange } from '../../content/exchange.ts'
import { testExchangeOptions } from '../../content/testing/fleet.ts'
import { openReplication } from '../../journal/replication.ts'
import { fleetReplicationOptions } from '../../journal/testing/fleet.ts'
import type { MemoryHostOptions } from '../../network/memory-contract.ts'
import type { PeerId } from '../../identity/keys.ts'
import type { AdmissionVerdict, ReplicatedJournal } from '../../journal/journal.ts'

/** How hosts of stands are tuned. */
export const standHostOptions: MemoryHostOptions = {
  strangerGraceMs: 10_000,
  maxStrangers: 64,
  maxConnectionsPerPeer: 4,
  maxStreamsPerPeer: 128,
  gossipMessagesPerSecond: 200,
  maxGossipBytes: 98_304,
  dialTimeoutMs: 5_000,
  dht: 'server',
  redialBaseMs: 1_000,
  redialMaxMs: 10_000,
}

export interface OverHostDeps extends ExchangeDeps {
  readonly journal: ReplicatedJournal
  readonly names: { readonly judge: (node: PeerId) => AdmissionVerdict }
}

/** What runs over a host: journals come and go, and content. */
export function openOverHost(deps: OverHostDeps): AsyncDisposable & { readonly exchange: Exchange } {
  const { host, names } = deps
  host.events.on('stranger:connected', (peer) => (names.judge(peer).verdict === 'admitted' ? host.admit(peer) : host.expel(peer)))
  const stack = new AsyncDisposableStack()
  stack.use(openReplication(deps, fleetReplicationOptions))
  const exchange = stack.use(openExchange(deps, testExchangeOptions))
  return { exchange, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}
