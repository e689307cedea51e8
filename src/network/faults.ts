import { defineFaults } from '../lib/fault.ts'

/** What can stop a request to the network. */
export const networkFaults = defineFaults({
  ADDRESS_INVALID: { kind: 'usage', meaning: 'A text given as an address is no multiaddr this node can dial or listen on.' },
  CHANNEL_CLOSED: { kind: 'unavailable', meaning: 'The channel was cut, by the peer or with its connection.' },
  GOSSIP_TOO_LARGE: { kind: 'invalid', meaning: 'A message for everybody is longer than a gossip message may be.' },
  HOST_CLOSED: { kind: 'unavailable', meaning: 'The host of this hive is closed or closing.' },
  MESSAGE_TOO_LARGE: {
    kind: 'denied',
    meaning: 'A peer announced a message longer than its protocol allows; the channel was cut before it was read.',
  },
  PEER_AMBIGUOUS: { kind: 'conflict', meaning: 'A label, or the beginning of a peer id, means several peers. Data: `ids`.' },
  PEER_EXPELLED: { kind: 'denied', meaning: 'The peer was expelled from the hive and is neither dialled nor let in.' },
  PEER_NOT_ADMITTED: { kind: 'denied', meaning: 'The protocol is for members, and this peer has not shown that it is one.' },
  PEER_UNREACHABLE: { kind: 'unavailable', meaning: 'No connection to the peer could be made in time.' },
  PEER_UNKNOWN: { kind: 'missing', meaning: 'Nothing is known of this peer: neither a connection nor an address.' },
  PROTOCOL_UNSUPPORTED: { kind: 'unavailable', meaning: 'The peer does not speak this protocol, or not with us.' },
})
