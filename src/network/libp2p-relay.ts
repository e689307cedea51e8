import type { Connection } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { describeError } from '../lib/fault.ts'
import type { Log } from '../lib/log.ts'

/** What libp2p calls the protocol of a relay that takes reservations. */
const hopProtocol = '/libp2p/circuit/relay/0.2.0/hop'
/** Relays on which a node is reachable at once: one may go. */
const maxRelays = 2

export interface RelayWatchDeps {
  readonly log: Log
  readonly listen: (address: Multiaddr) => Promise<void>
  readonly parse: (text: string) => Multiaddr
}

/**
 * Keeps a place on up to two relays among the members.
 *
 * libp2p does not renew a reservation when the relay restarts (js-libp2p #3601): it is made again whenever a relay is identified anew.
 */
export class RelayWatch {
  readonly #deps: RelayWatchDeps
  readonly #relays = new Set<string>()

  constructor(deps: RelayWatchDeps) {
    this.#deps = deps
  }

  /** A member was identified on this connection. */
  async onIdentified(connection: Connection, protocols: readonly string[]): Promise<void> {
    const peer = connection.remotePeer.toString()
    const isRelay = protocols.includes(hopProtocol) && connection.direct && connection.limits === undefined
    if (!isRelay || this.#relays.has(peer) || this.#relays.size >= maxRelays) return
    this.#relays.add(peer)
    try {
      await this.#deps.listen(this.#deps.parse(`/p2p/${peer}/p2p-circuit`))
    } catch (error) {
      this.#relays.delete(peer)
      this.#deps.log.debug('no place on this relay', { peer, why: describeError(error) })
    }
  }

  onDisconnected(peer: string): void {
    this.#relays.delete(peer)
  }
}
