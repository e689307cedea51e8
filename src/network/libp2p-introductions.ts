import type { Connection as WireConnection, PeerId as WirePeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { PeerId } from '../identity/keys.ts'
import type { Clock } from '../lib/clock.ts'
import { describeError } from '../lib/fault.ts'
import type { Log } from '../lib/log.ts'
import { parseAddress } from './address.ts'
import type { Gate } from './gate.ts'
import { RelayWatch } from './libp2p-relay.ts'
import type { WireNode } from './libp2p-services.ts'
import type { PeerBook } from './peer-book.ts'

export interface IntroductionsDeps {
  readonly node: WireNode
  readonly gate: Gate
  readonly clock: Clock
  readonly log: Log
  readonly peerBook: PeerBook
  readonly tools: { readonly parseMultiaddr: (text: string) => Multiaddr; readonly parsePeer: (text: string) => WirePeerId }
  readonly onMember: () => void
  /** Aborted when the host closes. */
  readonly ending: AbortSignal
}

/** How often identification is tried before a member is left unidentified, and the wait between, in milliseconds. */
const identifyTries = 3
const identifyAgainMs = 1_000
/** Addresses of one peer that are remembered. */
const maxBookAddresses = 16

/** How members get to know each other's addresses and protocols, after admission and not before. */
export class Introductions {
  readonly #deps: IntroductionsDeps
  readonly #isRelayed: boolean
  readonly #relays: RelayWatch

  constructor(deps: IntroductionsDeps, options: { readonly relay: boolean }) {
    this.#deps = deps
    this.#isRelayed = options.relay
    const { node, log, tools } = deps
    this.#relays = new RelayWatch({ log, listen: node.services.inside.listen, parse: tools.parseMultiaddr })
  }

  onDisconnected(peer: PeerId): void {
    this.#relays.onDisconnected(peer)
  }

  /** Learns what a member speaks and where it listens; libp2p's topologies hear of it by this. */
  async identify(connection: WireConnection, peer: PeerId): Promise<void> {
    const { node, clock, log, peerBook } = this.#deps
    for (let time = 1; time <= identifyTries && connection.status === 'open'; time++) {
      try {
        const { listenAddrs, protocols } = await node.services.identify.identify(connection)
        if (!this.#deps.gate.isAdmitted(peer)) return
        // libp2p keeps the signed addresses with the latest wall time: a peer whose clock was set back would stay where it was. F17
        if (listenAddrs.length > 0)
          await node.peerStore.patch(connection.remotePeer, { multiaddrs: listenAddrs.slice(0, maxBookAddresses) })
        if (listenAddrs.length > 0) peerBook.save(peer, listenAddrs.map(String).slice(0, maxBookAddresses))
        this.#deps.onMember()
        if (this.#isRelayed) await this.#relays.onIdentified(connection, protocols)
        return
      } catch (error) {
        log.debug('a member was not identified', { peer, time, why: describeError(error) })
        if (this.#deps.ending.aborted) return
        await clock.sleep(identifyAgainMs, { signal: this.#deps.ending }).catch(() => {})
      }
    }
  }

  /** Makes addresses of a peer known to the dialler. What is no address is left out. */
  async learn(peer: PeerId, addresses: readonly string[]): Promise<void> {
    const { node, tools, log } = this.#deps
    try {
      const multiaddrs = addresses.slice(0, maxBookAddresses).map((address) => tools.parseMultiaddr(parseAddress(address).text))
      await node.peerStore.merge(tools.parsePeer(peer), { multiaddrs })
    } catch (error) {
      log.debug('addresses of a peer are of no use', { peer, why: describeError(error) })
    }
  }
}
