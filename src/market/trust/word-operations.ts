import { defineOperation } from '../../operations/define-operation.ts'
import type { Zod } from '../../operations/define-operation.ts'

const saidOutput = (z: Zod) =>
  z.object({
    /** `unchanged` when it was so before. */
    status: z.enum(['said', 'unchanged']),
    package: z.string(),
    /** One sentence: how it is now. */
    now: z.string(),
    /** The journal entry that says it; null when nothing had to be said. */
    entry: z.string().nullable(),
    /** Members connected. */
    announcedTo: z.number(),
  })

const saidFaults = [
  'REFERENCE_INVALID',
  'PACKAGE_UNKNOWN',
  'PACKAGE_BLOCKED',
  'PACKAGE_AMBIGUOUS',
  'VERSION_UNKNOWN',
  'NOT_OWNER',
  'OWNER_UNKNOWN',
  'NODE_REVOKED',
  'TEXT_INVALID',
] as const

const packageInput = { type: 'text', help: 'NAME or @owner/NAME', position: 0, max: 256, placeholder: 'package' } as const

const yank = defineOperation({
  name: 'marketplace.yank',
  summary: 'Take a version back: who has it keeps it, nobody else gets it unasked',
  input: {
    package: { ...packageInput, help: 'NAME@1.2.3 or @owner/NAME@1.2.3, one exact version' },
    reason: { type: 'text', help: 'why, for everybody to read', optional: true, max: 512, placeholder: 'TEXT' },
    undo: { type: 'flag', help: 'put it up again' },
  },
  output: saidOutput,
  faults: saidFaults,
  isReadOnly: false,
  needsPeers: true,
  aliases: ['yank'],
  examples: [
    { command: 'althing yank code-review@1.2.0 --reason "leaks the diff into the log"', does: 'nobody new gets 1.2.0; its bytes stay' },
    { command: 'althing yank code-review@1.2.0 --undo', does: 'puts it up again' },
  ],
})

const deprecate = defineOperation({
  name: 'marketplace.deprecate',
  summary: 'Say of a package, or of some versions, that they should not be used any more',
  input: {
    package: { ...packageInput, help: 'NAME, @owner/NAME, or either with @RANGE; all versions without a range' },
    message: { type: 'text', help: 'why, and what to use instead', position: 1, optional: true, max: 512, placeholder: 'message' },
    undo: { type: 'flag', help: 'take it back; without a range, all that was said' },
  },
  output: saidOutput,
  faults: saidFaults,
  isReadOnly: false,
  needsPeers: true,
  aliases: ['deprecate'],
  examples: [
    { command: 'althing deprecate code-review "use review-kit"', does: 'whoever finds or installs it reads that' },
    { command: 'althing deprecate code-review@^1 "1.x gets no fixes any more"', does: 'only versions in the range' },
    { command: 'althing deprecate code-review --undo', does: 'takes all of it back' },
  ],
})

const tag = defineOperation({
  name: 'marketplace.tag',
  summary: 'Name a version, so that NAME@TAG means it',
  input: {
    action: { type: 'text', help: 'what to do', position: 0, choices: ['add', 'rm'] },
    package: { ...packageInput, help: 'NAME@1.2.3 to tag that version; NAME to take a tag off', position: 1 },
    tag: { type: 'text', help: 'the name: beta, next, lts', position: 2, max: 64, placeholder: 'tag' },
  },
  output: saidOutput,
  faults: [...saidFaults, 'TAG_INVALID'],
  isReadOnly: false,
  needsPeers: true,
  examples: [
    { command: 'althing marketplace tag add code-review@2.0.0-rc.1 next', does: 'code-review@next is 2.0.0-rc.1' },
    { command: 'althing marketplace tag rm code-review next', does: 'takes the tag off' },
  ],
})

const owner = defineOperation({
  name: 'marketplace.owner',
  summary: 'Let others maintain a package, or hand it on',
  input: {
    action: { type: 'text', help: 'what to do', position: 0, choices: ['add', 'remove', 'transfer'] },
    package: { ...packageInput, position: 1 },
    member: { type: 'text', help: 'handle or owner id', position: 2, max: 80, placeholder: 'member' },
    revoke: { type: 'flag', help: 'with remove: what they released does not stand either' },
  },
  output: saidOutput,
  faults: [...saidFaults, 'MEMBER_UNKNOWN'],
  isReadOnly: false,
  needsPeers: true,
  examples: [
    { command: 'althing marketplace owner add code-review @bob', does: 'bob may release, yank, deprecate and tag it' },
    { command: 'althing marketplace owner remove code-review @bob', does: 'what bob released stays, nothing more comes' },
    { command: 'althing marketplace owner transfer code-review @bob', does: "updates follow to bob's package, because you signed it" },
  ],
})

/** What an owner can say of a package. */
export const wordOperations = [yank, deprecate, tag, owner] as const
