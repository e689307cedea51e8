import { defineOperation } from '../../operations/define-operation.ts'
import type { Zod } from '../../operations/define-operation.ts'

const changedOutput = (z: Zod) =>
  z.object({
    /** `unchanged` when it was so before. */
    status: z.enum(['changed', 'unchanged']),
    /** An owner id. */
    owner: z.string(),
    /** Null when it is about the owner and all it has. */
    package: z.string().nullable(),
    /** One sentence: how it is now. */
    now: z.string(),
  })

const ownerInput = { type: 'text', help: '@name, fingerprint or owner id', position: 0, max: 96, placeholder: 'owner' } as const
const subjectInput = {
  ...ownerInput,
  help: 'an owner, or one package: @owner/NAME',
  max: 256,
  placeholder: 'owner or package',
} as const
const localFaults = ['OWNER_NOT_FOUND', 'REFERENCE_INVALID'] as const

const follow = defineOperation({
  name: 'marketplace.follow',
  summary: 'Keep all that an owner publishes in open hives, whatever others fill them with',
  input: { owner: ownerInput },
  output: changedOutput,
  faults: localFaults,
  isReadOnly: false,
  needsPeers: false,
  aliases: ['follow'],
  examples: [{ command: 'althing follow @alice', does: 'the journals of alice are kept whole, and nobody is told' }],
})

const unfollow = defineOperation({
  name: 'marketplace.unfollow',
  summary: 'Follow an owner no more',
  input: { owner: ownerInput },
  output: changedOutput,
  faults: localFaults,
  isReadOnly: false,
  needsPeers: false,
  aliases: ['unfollow'],
  examples: [{ command: 'althing unfollow @alice', does: 'what is here stays as far as there is room for it' }],
})

const block = defineOperation({
  name: 'marketplace.block',
  summary: 'Want nothing of an owner, or not one of its packages: not found, not installed, not stored',
  input: { subject: subjectInput },
  output: changedOutput,
  faults: localFaults,
  isReadOnly: false,
  needsPeers: false,
  aliases: ['block'],
  examples: [
    { command: 'althing block @mallory', does: 'drops what is here of mallory, and takes nothing more' },
    { command: 'althing block @mallory/axum', does: 'drops one package' },
  ],
})

const unblock = defineOperation({
  name: 'marketplace.unblock',
  summary: 'Take a block back; what is missing comes again from others',
  input: { subject: subjectInput },
  output: changedOutput,
  faults: localFaults,
  isReadOnly: false,
  needsPeers: false,
  aliases: ['unblock'],
  examples: [{ command: 'althing unblock @mallory', does: 'asks members for it again as they connect' }],
})

const blocked = defineOperation({
  name: 'marketplace.blocked',
  summary: 'List whom this node follows and blocks',
  input: {},
  output: (z) =>
    z.object({
      followed: z.array(z.object({ owner: z.string(), handle: z.string() })),
      blocked: z.array(z.object({ owner: z.string(), handle: z.string(), package: z.string().nullable() })),
    }),
  faults: [],
  isReadOnly: true,
  needsPeers: false,
  aliases: ['blocked'],
  examples: [{ command: 'althing blocked', does: 'one line for each' }],
})

const name = defineOperation({
  name: 'owner.name',
  summary: 'Give an owner a name of your own: shown and taken for its fingerprint in open hives, here only',
  input: {
    owner: { ...ownerInput, help: 'owner id, fingerprint, or the name it has now' },
    name: { type: 'text', help: '1 to 32 of a–z, 0–9 and hyphen', position: 1, optional: true, max: 32, placeholder: 'name' },
    remove: { type: 'flag', help: 'take its name off' },
  },
  output: (z) => z.object({ owner: z.string(), fingerprint: z.string(), name: z.string().nullable() }),
  faults: ['OWNER_NOT_FOUND', 'PETNAME_INVALID', 'PETNAME_TAKEN'],
  isReadOnly: false,
  needsPeers: false,
  examples: [
    { command: 'althing owner name z6MkpTHR8VNsBxYAAWHut2Geadd9jSwuBV8xRoAnwWsdvktH alice', does: 'that owner is @alice here' },
    { command: 'althing owner name @alice --remove', does: 'its fingerprint is shown again' },
  ],
})

/** What the person of this node says of others, to nobody but this node. */
export const commonsOperations = [follow, unfollow, block, unblock, blocked, name] as const
