import { defineFaults } from '../lib/fault.ts'

/** What can go wrong between a client and the node's HTTP interface. */
export const httpFaults = defineFaults({
  REQUEST_INVALID: { kind: 'invalid', meaning: 'The request is no JSON, too long, too slow or of another media type. Data: `reason`.' },
  ROUTE_UNKNOWN: { kind: 'missing', meaning: 'Nothing answers at this path. Data: `path`.' },
  TOKEN_REQUIRED: { kind: 'denied', meaning: 'The bearer token is missing or wrong; it is in the file `http.token` of the home.' },
  ORIGIN_REFUSED: { kind: 'denied', meaning: 'The request names another host or comes from a page of another origin.' },
  ADDRESS_REFUSED: { kind: 'invalid', meaning: 'HTTP may only be answered on a loopback address. Data: `address`.' },
  SOCKET_UNSAFE: { kind: 'denied', meaning: 'The folder of the socket is not ours alone. Data: `folder`.' },
  TOKEN_UNSAFE: { kind: 'denied', meaning: 'The file with the bearer token may be read by others, or holds no token. Data: `file`.' },
  NODE_STOPPING: { kind: 'unavailable', meaning: 'The node ends; ask again when it runs.' },
  NODE_INTERNAL: { kind: 'unavailable', meaning: 'The node met a bug while it answered; its log has the details.' },
  ANSWER_INVALID: {
    kind: 'unavailable',
    meaning: 'What answers at the socket does not speak this version of the interface. Data: `reason`.',
  },
})
