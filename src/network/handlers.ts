import type { PeerId } from '../identity/keys.ts'
import type { Nameable } from '../lib/abbreviation.ts'
import { findNamed, formatChoices } from '../lib/abbreviation.ts'
import { mapBounded } from '../lib/map-bounded.ts'
import type { HandlersOf } from '../operations/define-operation.ts'
import { parseAddress } from './address.ts'
import { whyUnreached } from './dial-failure.ts'
import { networkFaults } from './faults.ts'
import type { Connection, Host } from './host.ts'
import type { networkOperations } from './operations.ts'
import type { PeerBook } from './peer-book.ts'

/** The network of one hive, as its operations need it. */
export interface HiveNetwork {
  readonly host: Host
  readonly peerBook: PeerBook
  /** Topics this node may say somebody listens on. */
  readonly topics: readonly string[]
  /** What people call a peer: its label, and the handle of whose it is. Undefined for who is no member. */
  readonly nameOf: (peer: PeerId) => PeerName | undefined
}

export interface PeerName {
  readonly label: string
  readonly handle: string
}

export interface NetworkHandlersDeps {
  /** The hive named by the caller, or the current one. @throws Fault when there is none of that name */
  readonly networkOf: (hive: string | undefined) => HiveNetwork
}

/** Addresses named in a message that nobody was reached; all are in its data. */
const maxShown = 8
/** Dials under way at once, each with a handshake of some milliseconds of one core. */
const dialConcurrency = 8

/** The handlers of a running node's network. */
export function createNetworkHandlers({ networkOf }: NetworkHandlersDeps): HandlersOf<typeof networkOperations> {
  return {
    'p2p.peers': (_, { hive }) => {
      const network = networkOf(hive)
      const rows = network.host.connections().map((connection) => formatConnection(network, connection))
      return Promise.resolve({ peers: rows.toSorted((a, b) => Number(b.admitted) - Number(a.admitted) || a.openedAt - b.openedAt) })
    },
    'p2p.peer': ({ id }, { hive }) => Promise.resolve(describePeer(networkOf(hive), id)),
    'p2p.bootstrap': async ({ addresses }, { hive, signal }) => {
      const { host } = networkOf(hive)
      const parsed = addresses.map(parseAddress)
      const results = await mapBounded(parsed, ({ text }) => tryDial(host, text, signal), { concurrency: dialConcurrency, signal })
      const connected = results.filter((result) => result.peer !== undefined).length
      if (connected === 0) {
        const tried = results.slice(0, maxShown).map(({ address, error }) => `${address}: ${error ?? ''}`)
        const message = `nobody was reached. Dialled ${tried.join('; ')}${results.length > maxShown ? '; …' : ''}. Is the node running, and is the address right?`
        throw networkFaults.create('PEER_UNREACHABLE', { message, data: { addresses: results.map(({ address }) => address) } })
      }
      return { results, connected }
    },
  }
}

function describePeer(network: HiveNetwork, wanted: string) {
  const { host, peerBook, topics } = network
  const peer = findPeer(network, wanted)
  const connection = host.connections().find((each) => each.peer === peer)
  const known = peerBook.load().find((each) => each.peer === peer)
  return {
    peer,
    ...network.nameOf(peer),
    ...(connection === undefined ? {} : { connection: formatConnection(network, connection) }),
    topics: topics.filter((topic) => host.gossip.listeners(topic).includes(peer)),
    knownAddresses: [...(known?.addresses ?? [])],
  }
}

/** The peer that an id, the beginning of one, a label or a handle means, of those connected or reached before. @throws Fault PEER_UNKNOWN, PEER_AMBIGUOUS */
function findPeer({ host, peerBook, nameOf }: HiveNetwork, wanted: string): PeerId {
  const peers = new Set([...host.connections(), ...peerBook.load()].map(({ peer }) => peer))
  const named = [...peers].map((peer): Nameable<PeerId> => ({ item: peer, id: peer, names: namesOf(nameOf(peer)) }))
  const naming = findNamed(wanted, named)
  if (naming.match === 'one') return naming.item
  const shown = wanted.slice(0, 128)
  if (naming.match === 'none') {
    const message = `nothing is known of a peer "${shown}"; \`althing p2p peers\` lists who is connected`
    throw networkFaults.create('PEER_UNKNOWN', { message, data: { peer: shown } })
  }
  const message = `"${shown}" may mean ${formatChoices(naming.found)}; write more of the id`
  throw networkFaults.create('PEER_AMBIGUOUS', { message, data: { peer: shown, ids: naming.found.map(({ id }) => id) } })
}

/** A handle names its member's machine, too, while only one of them is known here. */
function namesOf(name: PeerName | undefined): readonly string[] {
  return name === undefined ? [] : [name.label, name.handle, `@${name.handle}`]
}

async function tryDial(host: Host, address: string, signal: AbortSignal): Promise<{ address: string; peer?: string; error?: string }> {
  try {
    return { address, peer: await host.dial(address, { signal, again: true }) }
  } catch (error) {
    signal.throwIfAborted()
    return { address, error: whyUnreached(error) }
  }
}

function formatConnection({ nameOf }: HiveNetwork, { peer, address, direction, admitted, relayed, openedAt, latencyMs }: Connection) {
  return { peer, ...nameOf(peer), address, direction, admitted, relayed, openedAt, ...(latencyMs === undefined ? {} : { latencyMs }) }
}
