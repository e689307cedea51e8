import { defineOperation } from '../operations/define-operation.ts'
import { address, writeFaults } from './operation-fields.ts'

export const reseal = defineOperation({
  name: 'context.reseal',
  summary: 'Seal what this node wrote to those who may read it now',
  input: {
    address: { ...address, optional: true },
    all: { type: 'flag', help: 'everything this node writes' },
  },
  output: (z) =>
    z.object({
      resealed: z.array(z.object({ resource: z.string(), version: z.int(), recipients: z.int() })),
      /** Resources that are sealed as they should be. */
      current: z.int(),
      failed: z.array(z.object({ resource: z.string(), reason: z.string() })),
    }),
  faults: [...writeFaults, 'RESOURCE_MISSING', 'RESEAL_WHAT', 'SEAL_TOO_WIDE', 'CONTEXT_SEALED', 'SEAL_DAMAGED', 'CONTENT_UNAVAILABLE'],
  isReadOnly: false,
  needsHome: true,
  needsPeers: true,
  examples: [
    { command: 'althing context reseal --all', does: 'after somebody left: newest versions, sealed without them' },
    { command: "althing context reseal 'ucxl://ada-claude:dev@shop:cart-42/*^/access.md'", does: 'one piece of context' },
  ],
})

export const rekey = defineOperation({
  name: 'context.rekey',
  summary: 'Make a new key for what is sealed to this node',
  input: {},
  output: (z) =>
    z.object({
      epoch: z.int(),
      /** The public key, as age writes it. */
      recipient: z.string(),
    }),
  faults: ['NODE_REVOKED', 'SEAL_KEYS_FULL', 'KEY_CORRUPT'],
  isReadOnly: false,
  needsPeers: true,
  examples: [{ command: 'althing context rekey', does: 'the old key stays, for what was sealed to it' }],
})
