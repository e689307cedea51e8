import type { QueryEvent } from '@libp2p/kad-dht'

/** What of Kademlia's own network is stood before. */
interface KadNetwork {
  sendRequest: (...question: unknown[]) => AsyncIterable<QueryEvent>
  safeDispatchEvent: (name: string, detail?: object) => boolean
}

/** Peers nearer to a key that one answer may name: Kademlia's k. */
const maxCloser = 20
/** Providers that one answer may name. libp2p ends a lookup at 20 of them, so that one member who names 20 that are none would hide all others. */
const maxProviders = 4
/** Peers of one answer whose addresses are taken note of. */
const maxNoted = 64

/**
 * Bounds what one answer can name, however many peers it lists: neither hides what others answer, nor fills the peer store. F25 S3
 *
 * libp2p takes all that fits into 4 MiB; it has no option for it.
 */
export function boundAnswers(kad: object): void {
  const network = networkIn(kad)
  const sendRequest = network.sendRequest.bind(network)
  const dispatch = network.safeDispatchEvent.bind(network)
  network.sendRequest = async function* (...question) {
    for await (const event of sendRequest(...question)) yield event.name === 'PEER_RESPONSE' ? cut(event) : event
  }
  let noted = 0
  network.safeDispatchEvent = (name, detail) => {
    if (name !== 'peer') return dispatch(name, detail)
    // The peers of one answer are told of one after the other, in one turn.
    if (noted === 0) queueMicrotask(() => (noted = 0))
    noted += 1
    return noted <= maxNoted && dispatch(name, detail)
  }
}

function cut(event: Extract<QueryEvent, { readonly name: 'PEER_RESPONSE' }>): QueryEvent {
  return { ...event, closer: event.closer.slice(0, maxCloser), providers: event.providers.slice(0, maxProviders) }
}

function networkIn(kad: object): KadNetwork {
  const network: unknown = Reflect.get(kad, 'network')
  if (!isKadNetwork(network)) {
    throw new Error('Kademlia of libp2p has another network than this was written for: its answers cannot be bounded')
  }
  return network
}

function isKadNetwork(value: unknown): value is KadNetwork {
  if (typeof value !== 'object' || value === null || !('sendRequest' in value) || !('safeDispatchEvent' in value)) return false
  return typeof value.sendRequest === 'function' && typeof value.safeDispatchEvent === 'function'
}
