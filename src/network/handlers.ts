import { parsePeerId } from '../identity/keys.ts'
import { describeError } from '../lib/fault.ts'
import { mapBounded } from '../lib/map-bounded.ts'
import type { HandlersOf } from '../operations/define-operation.ts'
import { parseAddress } from './address.ts'
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
}

export interface NetworkHandlersDeps {
  /** The hive named by the caller, or the current one. @throws Fault when there is none of that name */
  readonly networkOf: (hive: string | undefined) => HiveNetwork
}

/** Dials under way at once, each with a handshake of some milliseconds of one core. */
const dialConcurrency = 8

/** The handlers of a running node's network. */
export function createNetworkHandlers({ networkOf }: NetworkHandlersDeps): HandlersOf<typeof networkOperations> {
  return {
    'p2p.peers': (_, { hive }) => {
      const rows = networkOf(hive).host.connections().map(formatConnection)
      return Promise.resolve({ peers: rows.toSorted((a, b) => Number(b.admitted) - Number(a.admitted) || a.openedAt - b.openedAt) })
    },
    'p2p.peer': ({ id }, { hive }) => Promise.resolve(describePeer(networkOf(hive), id)),
    'p2p.bootstrap': async ({ addresses }, { hive, signal }) => {
      const { host } = networkOf(hive)
      const parsed = addresses.map(parseAddress)
      const results = await mapBounded(parsed, ({ text }) => tryDial(host, text, signal), { concurrency: dialConcurrency, signal })
      const connected = results.filter((result) => result.peer !== undefined).length
      if (connected === 0) {
        const message = `none of ${results.length} addresses answered: ${results[0]?.error ?? 'none was given'}`
        throw networkFaults.create('PEER_UNREACHABLE', { message, data: { addresses: results.map(({ address }) => address) } })
      }
      return { results, connected }
    },
  }
}

function describePeer({ host, peerBook, topics }: HiveNetwork, id: string) {
  const peer = parsePeerId(id)
  if (peer === undefined) {
    const shown = id.slice(0, 128)
    throw networkFaults.create('ADDRESS_INVALID', {
      message: `"${shown}" is no peer id; they look like 12D3KooW…`,
      data: { address: shown },
    })
  }
  const connection = host.connections().find((each) => each.peer === peer)
  const known = peerBook.load().find((each) => each.peer === peer)
  if (connection === undefined && known === undefined) {
    const message = `nothing is known of ${peer}; \`althing p2p peers\` lists who is connected`
    throw networkFaults.create('PEER_UNKNOWN', { message, data: { peer } })
  }
  return {
    peer,
    ...(connection === undefined ? {} : { connection: formatConnection(connection) }),
    topics: topics.filter((topic) => host.gossip.listeners(topic).includes(peer)),
    knownAddresses: [...(known?.addresses ?? [])],
  }
}

async function tryDial(host: Host, address: string, signal: AbortSignal): Promise<{ address: string; peer?: string; error?: string }> {
  try {
    return { address, peer: await host.dial(address, { signal }) }
  } catch (error) {
    signal.throwIfAborted()
    return { address, error: describeError(error) }
  }
}

function formatConnection({ peer, address, direction, admitted, relayed, openedAt, latencyMs }: Connection) {
  return { peer, address, direction, admitted, relayed, openedAt, ...(latencyMs === undefined ? {} : { latencyMs }) }
}
