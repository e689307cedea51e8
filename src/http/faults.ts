import { defineFaults } from '../lib/fault.ts'

/** What can go wrong between a client and the node's HTTP interface. */
export const httpFaults = defineFaults({
  REQUEST_INVALID: { kind: 'invalid', meaning: 'The request is no JSON, too long, too slow or of another media type. Data: `reason`.' },
  ROUTE_UNKNOWN: { kind: 'missing', meaning: 'Nothing answers at this path. Data: `path`.' },
  TOKEN_REQUIRED: { kind: 'denied', meaning: 'The bearer token is missing or wrong; it is in the file `http.token` of the home.' },
  ORIGIN_REFUSED: { kind: 'denied', meaning: 'The request names another host or comes from a page of another origin.' },
  HOOK_REFUSED: {
    kind: 'denied',
    meaning: 'A webhook came that is of no project with one, or is not signed with its secret.',
  },
  ADDRESS_REFUSED: { kind: 'invalid', meaning: 'HTTP may only be answered on a loopback address. Data: `address`.' },
  SOCKET_UNSAFE: { kind: 'denied', meaning: 'The folder of the socket is not ours alone. Data: `folder`.' },
  TOKEN_UNSAFE: { kind: 'denied', meaning: 'The file with the bearer token may be read by others, or holds no token. Data: `file`.' },
  UCXI_DISABLED: { kind: 'missing', meaning: 'This node answers no UCXI: `ucxl.enabled` is false.' },
  UCXI_ADDRESS_INVALID: {
    kind: 'invalid',
    meaning:
      'A text over UCXI is no address, or none of the kind that a route takes. Data: `field`, `provided`, `expected_format`, `parse_error`, `offset`.',
  },
  UCXI_TEMPORAL_INVALID: {
    kind: 'invalid',
    meaning: 'A text over UCXI is no temporal segment. Data: `field`, `provided`, `expected_format`, `parse_error`, `offset`.',
  },
  UCXI_PARAMETER_INVALID: { kind: 'invalid', meaning: 'A parameter or header over UCXI is unknown, or not of its form. Data: `field`.' },
  UCXI_PAYLOAD_INVALID: { kind: 'invalid', meaning: 'The JSON that came over UCXI is not of its shape. Data: `field`.' },
  UCXI_UNPROCESSABLE: { kind: 'invalid', meaning: 'What came over UCXI is of its shape and still makes no sense. Data: `field`.' },
  UCXI_TOO_LARGE: { kind: 'invalid', meaning: 'A body is longer than is taken, or content longer than is put into JSON. Data: `max`.' },
  UCXI_MEDIA_UNSUPPORTED: {
    kind: 'invalid',
    meaning: 'A route of UCXI does not take a body of this media type or encoding. Data: `provided`.',
  },
  UCXI_RANGE_INVALID: { kind: 'invalid', meaning: 'A range begins past the end of a content. Data: `size`.' },
  UCXI_CONTENT_WRONG: {
    kind: 'unavailable',
    meaning: 'Content is not as long as its version says, so that it is not given. Data: `size`.',
  },
  UCXI_RESOURCE_EXISTS: { kind: 'conflict', meaning: 'A resource that was to be made over UCXI exists. Data: as of CONDITION_FAILED.' },
  UCXI_METHOD_WRONG: { kind: 'invalid', meaning: 'A route of UCXI is asked by another method. Data: `allowed`.' },
  UCXI_REQUESTS_LIMITED: { kind: 'unavailable', meaning: 'A caller over UCXI asks more often than is answered. Data: `perSecond`.' },
  UCXI_SUBSCRIPTIONS_FULL: { kind: 'unavailable', meaning: 'As many subscriptions are open as the node keeps. Data: `max`.' },
  NODE_STOPPING: { kind: 'unavailable', meaning: 'The node ends; ask again when it runs.' },
  NODE_INTERNAL: { kind: 'unavailable', meaning: 'The node met a bug while it answered; its log has the details.' },
  ANSWER_INVALID: {
    kind: 'unavailable',
    meaning: 'What answers at the socket does not speak this version of the interface. Data: `reason`.',
  },
})
