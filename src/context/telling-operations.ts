import { defineOperation } from '../operations/define-operation.ts'
import { address, pattern, versionShape, addressFaults } from './operation-fields.ts'

export const watch = defineOperation({
  name: 'context.watch',
  summary: 'Wait for versions that a pattern means',
  input: {
    pattern,
    after: { type: 'integer', help: 'go on behind this place, which the answer before said', optional: true, min: 0, placeholder: 'ID' },
    wait: { type: 'number', help: 'seconds to wait for the first one', default: 30, min: 0, max: 600, placeholder: 'SECONDS' },
  },
  output: (z) =>
    z.object({
      items: z.array(
        z.object({
          id: z.int(),
          event: z.enum(['stored', 'deleted', 'announced']),
          ...versionShape(z),
          /** Who provides it, and until when, ISO 8601 in UTC; of an `announced` alone. */
          provider: z.string().nullable(),
          expires: z.string().nullable(),
        }),
      ),
      /** To give as `after` next time, also when nothing came: what is written in between is told then. */
      after: z.int(),
    }),
  faults: [...addressFaults, 'WATCH_LAGGED'],
  isReadOnly: true,
  needsPeers: true,
  examples: [{ command: "althing context watch 'ucxl://any:any@shop:any' --json", does: 'waits for the next version in the project shop' }],
})

export const announce = defineOperation({
  name: 'context.announce',
  summary: 'Tell members that this node provides a piece of context',
  input: {
    address,
    checksum: { type: 'text', help: 'only when the newest version has this content', optional: true, max: 80, placeholder: 'CID' },
  },
  output: (z) =>
    z.object({
      ...versionShape(z),
      /** `refreshed`: it was announced already, and is for longer now. */
      status: z.enum(['announced', 'refreshed']),
      provider: z.string(),
      /** ISO 8601 in UTC; a node that keeps running says it again in time. */
      expires: z.string(),
    }),
  faults: [
    ...addressFaults,
    'ADDRESS_NOT_CONCRETE',
    'RESOURCE_MISSING',
    'RESOURCE_DELETED',
    'VERSION_CONTESTED',
    'CHECKSUM_DIFFERS',
    'CONTENT_UNAVAILABLE',
    'ANNOUNCE_LIMITED',
    'HIVE_OFFLINE',
    'NODE_REVOKED',
  ],
  isReadOnly: false,
  needsHome: true,
  needsPeers: true,
  examples: [
    {
      command: "althing context announce 'ucxl://ada-claude:dev@shop:cart-42/*^/plan.md'",
      does: 'others find it here for an hour, or as long as the node runs',
    },
  ],
})

export const status = defineOperation({
  name: 'context.status',
  summary: 'Show how much context there is, and as whom this node writes',
  input: {},
  output: (z) =>
    z.object({
      resources: z.int(),
      versions: z.int(),
      deleted: z.int(),
      contested: z.int(),
      sessions: z.int(),
      agents: z.array(z.string()),
      /** Null where no host is open, or the node goes away when the command is done. */
      copies: z
        .object({
          /** Copies there should be, and members about, this node counted. */
          target: z.int(),
          members: z.int(),
          /** Pieces of content this node looks after with too few copies, and some of them. */
          below: z.int(),
          scarce: z.array(z.object({ cid: z.string(), size: z.int(), wanted: z.int(), holders: z.array(z.string()) })),
          /** Whether it is still going through what there is. */
          isChecking: z.boolean(),
        })
        .nullable(),
      /** Resources this node announces, and announcements it knows. */
      announced: z.object({ own: z.int(), known: z.int() }),
      /** Questions to others for what no journal here says; null where no host is open. */
      resolver: z
        .object({ asked: z.int(), cached: z.int(), told: z.int(), missed: z.int(), refused: z.int(), remembered: z.int() })
        .nullable(),
      seals: z.object({
        /** Of this node's key; null while it said none here. */
        epoch: z.int().nullable(),
        /** Nodes of members with a key, this one counted. */
        keys: z.int(),
        /** Age of the oldest of these keys, in milliseconds. */
        oldestMs: z.number().nullable(),
        /** Nodes of members without one. */
        unreachable: z.int(),
        /** Resources whose newest version is sealed. */
        sealed: z.int(),
        /** Those sealed to other keys than they would be now. */
        outdated: z.int(),
      }),
    }),
  faults: [],
  isReadOnly: true,
  needsPeers: false,
  examples: [{ command: 'althing context status', does: 'counts of this hive, and agent names of this node' }],
})
