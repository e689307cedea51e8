import type { Zod } from '../operations/define-operation.ts'
import { defineOperation } from '../operations/define-operation.ts'

const nameShape = (z: Zod) => ({
  label: z.string().optional().describe('what its machine is called'),
  handle: z.string().optional().describe('whose it is'),
})

const connectionShape = (z: Zod) =>
  z.object({
    peer: z.string().describe('peer id'),
    ...nameShape(z),
    address: z.string().describe('multiaddr it is connected at'),
    direction: z.enum(['inbound', 'outbound']).describe('who dialled: they or we'),
    admitted: z.boolean().describe('whether it is a member; others are cut soon'),
    relayed: z.boolean().describe('whether the connection goes over a relay'),
    openedAt: z.int().describe('since when, in milliseconds since 1970'),
    latencyMs: z.number().optional().describe('last measured round trip'),
  })

/** Asks who is connected. */
const peers = defineOperation({
  name: 'p2p.peers',
  summary: 'List connected peers',
  input: {},
  output: (z) => z.object({ peers: z.array(connectionShape(z)) }),
  faults: [],
  isReadOnly: true,
  needsPeers: true,
  examples: [{ command: 'althing p2p peers', does: 'lists who is connected to this hive, members first' }],
})

/** Asks about one peer. */
const peer = defineOperation({
  name: 'p2p.peer',
  summary: 'Show one peer',
  input: { id: { type: 'text', help: 'peer id or the beginning of one, label of a machine, or handle', position: 0, max: 128 } },
  output: (z) =>
    z.object({
      peer: z.string().describe('peer id'),
      ...nameShape(z),
      connection: connectionShape(z).optional().describe('absent when it is not connected'),
      topics: z.array(z.string()).describe('topics it listens on, of those this node listens on'),
      knownAddresses: z.array(z.string()).describe('where it was reached before'),
    }),
  faults: ['PEER_UNKNOWN', 'PEER_AMBIGUOUS'],
  isReadOnly: true,
  needsPeers: true,
  examples: [{ command: 'althing p2p peer 12D3KooWRkZhiR', does: 'shows its connection and addresses' }],
})

/** Dials addresses given by hand. */
const bootstrap = defineOperation({
  name: 'p2p.bootstrap',
  summary: 'Connect to peers at these addresses',
  input: { addresses: { type: 'texts', help: 'multiaddrs, /ip4/192.0.2.7/tcp/4001/p2p/12D3KooW…', position: 'rest', max: 64 } },
  output: (z) =>
    z.object({
      results: z.array(
        z.object({
          address: z.string(),
          peer: z.string().optional().describe('who answered'),
          error: z.string().optional().describe('why nobody did'),
        }),
      ),
      connected: z.int().describe('how many answered'),
    }),
  faults: ['ADDRESS_INVALID', 'PEER_UNREACHABLE'],
  isReadOnly: false,
  needsPeers: true,
  examples: [
    {
      command: 'althing p2p bootstrap /ip4/192.0.2.7/tcp/4001/p2p/12D3KooWRkZhiRhsqmrQ28rt73K7V3aCBpqKrLGSXmZ99PTcTZby',
      does: 'connects to that node; others of the hive are met through it',
    },
  ],
})

/** What can be asked of the network of a hive. */
export const networkOperations = [peers, peer, bootstrap] as const
