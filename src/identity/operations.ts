import { defineOperation } from '../operations/define-operation.ts'

const showOwner = defineOperation({
  name: 'owner.show',
  summary: 'Show who owns what this node publishes',
  input: {},
  output: (z) =>
    z.object({
      owner: z.string().describe('owner id, the multibase form of its public key'),
      isKeyHere: z.boolean().describe('whether this machine can certify nodes'),
      label: z.string().describe('what this node is called'),
      node: z.string().describe('peer id of this node'),
    }),
  faults: [],
  isReadOnly: true,
  needsPeers: false,
  examples: [{ command: 'althing owner show', does: 'prints the owner id, to give to somebody who follows you' }],
})

const exportOwner = defineOperation({
  name: 'owner.export',
  summary: 'Write the owner key to a file under a passphrase',
  input: {
    file: { type: 'text', help: 'file to write, in age format; must not exist', position: 0, isPath: true },
    'passphrase-file': { type: 'text', help: 'file that holds the passphrase, on its first line', isPath: true, placeholder: 'file' },
  },
  output: (z) => z.object({ owner: z.string(), file: z.string() }),
  faults: ['OWNER_KEY_ABSENT', 'PASSPHRASE_WEAK', 'IDENTITY_FILE_INVALID'],
  isReadOnly: true,
  needsPeers: false,
  examples: [
    { command: 'althing owner export owner.age --passphrase-file words.txt', does: 'writes a copy to keep offline; `age -d` opens it too' },
  ],
})

const importOwner = defineOperation({
  name: 'owner.import',
  summary: 'Take in an owner key, and certify this node by it',
  input: {
    file: { type: 'text', help: 'file made by `owner export`', position: 0, isPath: true },
    'passphrase-file': { type: 'text', help: 'file that holds the passphrase, on its first line', isPath: true, placeholder: 'file' },
  },
  output: (z) => z.object({ owner: z.string(), previousOwner: z.string() }),
  faults: ['OWNER_EXPORT_INVALID', 'IDENTITY_FILE_INVALID'],
  isReadOnly: false,
  needsPeers: false,
  examples: [{ command: 'althing owner import owner.age --passphrase-file words.txt', does: 'makes this machine one of that owner' }],
})

const rotateOwner = defineOperation({
  name: 'owner.rotate',
  summary: 'Make a new owner key, after the old one may have been stolen',
  input: {},
  output: (z) =>
    z.object({
      owner: z.string(),
      previousOwner: z.string(),
      askAgain: z.array(z.string()).describe('hives whose root must revoke the old owner and invite the new one'),
    }),
  faults: ['OWNER_KEY_ABSENT'],
  isReadOnly: false,
  needsPeers: false,
  examples: [{ command: 'althing owner rotate', does: 'sets the old key aside and says which hives must admit the new one' }],
})

const showNode = defineOperation({
  name: 'node.show',
  summary: 'Show this node and its certificate',
  input: {},
  output: (z) =>
    z.object({
      node: z.string(),
      owner: z.string(),
      label: z.string(),
      agents: z.array(z.string()),
      roles: z.array(z.string()),
      serial: z.int(),
      notBefore: z.int().describe('wall time in milliseconds'),
      notAfter: z.int().nullable(),
    }),
  faults: [],
  isReadOnly: true,
  needsPeers: false,
  examples: [{ command: 'althing node show', does: 'prints the peer id and what the owner certified' }],
})

const certifyNode = defineOperation({
  name: 'node.certify',
  summary: 'Give this node agent names, roles or another label, or take them away: its certificate is signed again',
  input: {
    label: { type: 'text', help: 'what the node is called', optional: true, max: 64 },
    agent: { type: 'texts', help: 'an agent name more that this node may write as', optional: true, max: 32, placeholder: 'NAME' },
    without: { type: 'texts', help: 'an agent name that it may write as no longer', optional: true, max: 32, placeholder: 'NAME' },
    role: { type: 'texts', help: 'a role more of this node', optional: true, max: 16, placeholder: 'ROLE' },
    withoutRole: { type: 'texts', help: 'a role that it has no longer', optional: true, max: 16, placeholder: 'ROLE' },
  },
  output: (z) =>
    z.object({ node: z.string(), label: z.string(), agents: z.array(z.string()), roles: z.array(z.string()), serial: z.int() }),
  faults: ['OWNER_KEY_ABSENT', 'NAME_INVALID', 'AGENT_NAME_TAKEN', 'CERTIFICATE_FULL'],
  isReadOnly: false,
  needsPeers: false,
  examples: [
    {
      command: 'althing node certify --agent ada-claude --role backend',
      does: 'lets this node write as ada-claude, beside the names it has',
    },
    { command: 'althing node certify --without ada-claude', does: 'so that another machine of yours can write under that name' },
  ],
})

const enrollNode = defineOperation({
  name: 'node.enroll',
  summary: 'Make a code that brings another machine under this owner, once',
  input: {
    label: { type: 'text', help: 'what the other node will be called; its own name otherwise', optional: true, max: 64 },
    agent: { type: 'texts', help: 'agent names it may write as', optional: true, max: 32 },
    role: { type: 'texts', help: 'its roles', optional: true, max: 16 },
    expires: { type: 'text', help: 'how long the code is taken: 30m, 24h, 7d', default: '24h', optional: true, max: 16 },
  },
  output: (z) => z.object({ code: z.string(), hive: z.string(), name: z.string(), expiresAt: z.int() }),
  faults: ['NAME_INVALID', 'OWNER_KEY_ABSENT', 'HIVE_UNKNOWN', 'HIVE_NOT_RUNNING', 'TERMS_INVALID'],
  isReadOnly: false,
  needsHome: true,
  needsPeers: true,
  examples: [{ command: 'althing node enroll --label laptop', does: 'prints one code; run `althing node accept CODE` on the laptop' }],
})

const acceptNode = defineOperation({
  name: 'node.accept',
  summary: 'Bring this machine under the owner who made the code',
  input: {
    code: { type: 'text', help: 'code from `althing node enroll`', position: 0 },
    label: { type: 'text', help: 'what to call this machine, where the code does not say', optional: true, max: 64 },
  },
  output: (z) => z.object({ owner: z.string(), previousOwner: z.string(), label: z.string(), hive: z.string(), name: z.string() }),
  faults: ['INVITE_INVALID', 'INVITE_REFUSED', 'JOIN_UNREACHABLE', 'JOIN_PROTOCOL', 'CERTIFICATE_INVALID'],
  isReadOnly: false,
  needsPeers: true,
  examples: [{ command: 'althing node accept althing-2Vfm…', does: 'the owner key stays on the other machine' }],
})

const revokeNode = defineOperation({
  name: 'node.revoke',
  summary: 'Say everywhere that one of the owner’s nodes is lost or stolen',
  input: {
    node: { type: 'text', help: 'peer id or label of the node', position: 0, max: 80 },
    after: { type: 'integer', help: 'its last entry that still counts; the newest known here otherwise', min: 0, optional: true },
  },
  output: (z) => z.object({ node: z.string(), hives: z.array(z.string()) }),
  faults: ['OWNER_KEY_ABSENT', 'NODE_REVOKED', 'MEMBER_UNKNOWN', 'MEMBER_AMBIGUOUS', 'CERTIFICATE_INVALID'],
  isReadOnly: false,
  needsHome: true,
  needsPeers: true,
  examples: [{ command: 'althing node revoke 12D3KooW…', does: 'cuts the stolen laptop in every hive of this node' }],
})

/** What a node can be asked about owners and machines. */
export const identityOperations = [
  showOwner,
  exportOwner,
  importOwner,
  rotateOwner,
  showNode,
  certifyNode,
  enrollNode,
  acceptNode,
  revokeNode,
] as const
