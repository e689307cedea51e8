import { defineOperation } from '../operations/define-operation.ts'

const status = defineOperation({
  name: 'p2p.status',
  summary: 'Say how the node is: hive, connections, packages, journals, content',
  input: {},
  output: (z) =>
    z.object({
      /** Whether a node runs in the background; false when the command opened the home itself. */
      isRunning: z.boolean(),
      version: z.string(),
      home: z.string(),
      uptimeMs: z.number(),
      node: z.object({ peerId: z.string(), owner: z.string(), label: z.string() }),
      /** Null where the last hive was left. */
      hive: z
        .object({
          id: z.string(),
          name: z.string(),
          policy: z.enum(['closed', 'open']),
          members: z.number(),
          /** Other hives this node is in. */
          others: z.number(),
        })
        .nullable(),
      listen: z.array(z.string()),
      connections: z.object({ open: z.number(), admitted: z.number(), bootstrap: z.number() }),
      dht: z.object({ mode: z.enum(['server', 'client', 'off']), records: z.number() }),
      packages: z.object({ local: z.number(), discovered: z.number() }),
      journals: z.object({ authors: z.number(), entries: z.number(), bytes: z.number(), troubled: z.number() }),
      content: z.object({ items: z.number(), bytes: z.number(), maxBytes: z.number() }),
      http: z.string().nullable(),
      /** What a person may want to do next; empty when all is well. */
      hints: z.array(z.string()),
    }),
  faults: [],
  isReadOnly: true,
  needsPeers: false,
  aliases: ['status'],
  examples: [
    { command: 'althing p2p status', does: 'a few lines about this node and its hive' },
    { command: 'althing p2p status --json', does: 'the same for a script' },
  ],
})

const stop = defineOperation({
  name: 'p2p.stop',
  summary: 'End the running node in good order',
  input: {},
  output: (z) => z.object({ stopping: z.boolean(), pid: z.int().describe('process that ends') }),
  faults: ['NODE_NOT_RUNNING'],
  isReadOnly: false,
  needsPeers: false,
  examples: [{ command: 'althing p2p stop', does: 'ends the node of this home and waits until it is gone' }],
})

/** What a node can be asked about itself. */
export const healthOperations = [status, stop] as const
