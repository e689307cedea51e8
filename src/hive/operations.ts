import type { InputField, Zod } from '../operations/define-operation.ts'
import { defineOperation } from '../operations/define-operation.ts'
import { levels } from './rules/levels.ts'

/** One hive in an answer. */
const hiveOutput = (z: Zod) =>
  z.object({
    id: z.string(),
    name: z.string(),
    policy: z.enum(['closed', 'open']),
    isCurrent: z.boolean(),
    isRoot: z.boolean().describe('whether this node grants'),
    members: z.int(),
    joinedAt: z.int().describe('wall time in milliseconds'),
  })

const grantFields = {
  level: { type: 'text', help: 'how far the member is trusted', choices: levels, default: 'suggestion', optional: true },
  role: { type: 'texts', help: 'roles, `backend` for example', optional: true, max: 16 },
  scope: { type: 'texts', help: 'directory globs the member works in; a leading ! denies', optional: true, max: 64 },
  agent: { type: 'texts', help: 'agent names beside those that begin with the handle', optional: true, max: 32 },
} as const satisfies Record<string, InputField>

const create = defineOperation({
  name: 'hive.create',
  summary: 'Make a hive and be its root',
  input: {
    name: { type: 'text', help: '1–32 of a–z, 0–9 and hyphen, with no hyphen at either end', position: 0, max: 32 },
    open: { type: 'flag', help: 'everybody may join, and nobody grants' },
    handle: { type: 'text', help: 'your own handle in it', optional: true, max: 32 },
  },
  output: hiveOutput,
  faults: ['HIVE_NAME_INVALID', 'HIVE_EXISTS', 'GRANT_REFUSED'],
  isReadOnly: false,
  needsPeers: false,
  examples: [{ command: 'althing hive create workshop --handle ada', does: 'makes a closed hive, in which you are @ada' }],
})

const invite = defineOperation({
  name: 'hive.invite',
  summary: 'Make a code with which somebody joins this hive',
  input: {
    ...grantFields,
    handle: { type: 'text', help: 'handle kept for this invite; the newcomer asks for one otherwise', optional: true, max: 32 },
    replaces: { type: 'text', help: 'revoked owner whose handle and names go to the newcomer', optional: true, max: 80 },
    uses: { type: 'integer', help: 'how many may join with it', default: 1, min: 1, max: 10_000, optional: true },
    expires: { type: 'text', help: 'how long it is taken: 30m, 24h, 7d', default: '24h', optional: true, max: 16 },
  },
  output: (z) =>
    z.object({
      code: z.string(),
      hive: z.string(),
      name: z.string(),
      uses: z.int(),
      expiresAt: z.int(),
      addresses: z.array(z.string()).describe('where it can be used'),
      hint: z.string().nullable().describe('what is still needed before it can be used'),
    }),
  faults: ['NOT_ROOT', 'HIVE_UNKNOWN', 'HIVE_NOT_RUNNING', 'GRANT_REFUSED', 'MEMBER_UNKNOWN', 'MEMBER_AMBIGUOUS', 'TERMS_INVALID'],
  isReadOnly: false,
  needsHome: true,
  needsPeers: true,
  examples: [
    { command: 'althing hive invite', does: 'prints one code, good once, for a day' },
    { command: 'althing hive invite --level decision --role backend --uses 5', does: 'for five colleagues' },
  ],
})

const join = defineOperation({
  name: 'hive.join',
  summary: 'Join a hive with a code, or the open hive `commons`',
  input: {
    code: { type: 'text', help: 'code from `althing hive invite`, or `commons`', position: 0 },
    handle: { type: 'text', help: 'handle to ask for; one is made of the machine’s name otherwise', optional: true, max: 32 },
    bootstrap: { type: 'texts', help: 'multiaddr of a member to begin with; for open hives', optional: true, max: 16, placeholder: 'ADDR' },
  },
  output: (z) =>
    z.object({
      ...hiveOutput(z).shape,
      handle: z.string(),
      hint: z.string().nullable().describe('what is still needed to meet others'),
    }),
  faults: ['ADDRESS_INVALID', 'INVITE_INVALID', 'INVITE_REFUSED', 'JOIN_UNREACHABLE', 'JOIN_PROTOCOL'],
  isReadOnly: false,
  needsPeers: true,
  examples: [
    { command: 'althing hive join althing-2Vfm…', does: 'makes this machine a member, and the hive the current one' },
    { command: 'althing hive join commons', does: 'joins the hive that is open to all' },
    {
      command: 'althing hive join commons --bootstrap /ip4/192.0.2.7/tcp/4001/p2p/12D3KooW…',
      does: 'the same, with a member to begin with',
    },
  ],
})

const leave = defineOperation({
  name: 'hive.leave',
  summary: 'Stop taking part in a hive',
  input: {
    hive: { type: 'text', help: 'name, or the beginning of its id', position: 0, max: 80 },
    force: { type: 'flag', help: 'also as the root of members who stay, who can then be granted nothing any more' },
  },
  output: (z) => z.object({ id: z.string(), name: z.string(), current: z.string().nullable().describe('the hive that is current now') }),
  faults: ['HIVE_UNKNOWN', 'HIVE_AMBIGUOUS', 'ROOT_NEEDED'],
  isReadOnly: false,
  needsHome: true,
  needsPeers: false,
  examples: [{ command: 'althing hive leave workshop', does: 'closes it here; what it stored stays on disk' }],
})

const list = defineOperation({
  name: 'hive.list',
  summary: 'List the hives this node is in',
  input: {},
  output: (z) => z.object({ hives: z.array(hiveOutput(z)) }),
  faults: [],
  isReadOnly: true,
  needsPeers: false,
  examples: [{ command: 'althing hive list', does: 'one line for each, the current one marked' }],
})

const use = defineOperation({
  name: 'hive.use',
  summary: 'Make a hive the one that commands mean',
  input: { hive: { type: 'text', help: 'name, or the beginning of its id', position: 0, max: 80 } },
  output: hiveOutput,
  faults: ['HIVE_UNKNOWN', 'HIVE_AMBIGUOUS'],
  isReadOnly: false,
  needsHome: true,
  needsPeers: false,
  examples: [{ command: 'althing hive use workshop', does: 'until another is named with --hive' }],
})

const memberOutput = (z: Zod) =>
  z.object({
    owner: z.string(),
    handle: z.string(),
    level: z.enum(levels),
    roles: z.array(z.string()),
    scopes: z.array(z.string()),
    agents: z.array(z.string()),
    nodes: z.array(z.object({ node: z.string(), label: z.string(), isConnected: z.boolean() })),
    isRoot: z.boolean(),
    isRevoked: z.boolean(),
    isSelf: z.boolean(),
  })

const members = defineOperation({
  name: 'hive.members',
  summary: 'List the members of the hive with their machines',
  input: {},
  output: (z) => z.object({ hive: z.string(), name: z.string(), members: z.array(memberOutput(z)) }),
  faults: ['HIVE_UNKNOWN', 'HIVE_AMBIGUOUS'],
  isReadOnly: true,
  needsPeers: false,
  examples: [{ command: 'althing hive members', does: 'handles, levels, roles and nodes' }],
})

const grant = defineOperation({
  name: 'hive.grant',
  summary: 'Change what a member is granted',
  input: {
    member: { type: 'text', help: 'handle or owner id', position: 0, max: 80 },
    level: { type: 'text', help: 'how far the member is trusted from now on', choices: levels, optional: true },
    role: { type: 'texts', help: 'a role more of the member; it brings its scopes where none are granted', optional: true, max: 16 },
    withoutRole: { type: 'texts', help: 'a role that it has no longer', optional: true, max: 16, placeholder: 'ROLE' },
    scope: { type: 'texts', help: 'a directory glob more that the member works in; a leading ! denies', optional: true, max: 64 },
    withoutScope: { type: 'texts', help: 'a glob that is granted no longer', optional: true, max: 64, placeholder: 'SCOPE' },
    agent: {
      type: 'texts',
      help: 'an agent name more, beside those that begin with the handle; it stays until it is granted to another',
      optional: true,
      max: 32,
    },
    handle: { type: 'text', help: 'another handle', optional: true, max: 32 },
  },
  output: memberOutput,
  faults: ['NOT_ROOT', 'NODE_REVOKED', 'GRANT_REFUSED', 'MEMBER_UNKNOWN', 'MEMBER_AMBIGUOUS', 'TERMS_INVALID'],
  isReadOnly: false,
  needsHome: true,
  needsPeers: true,
  examples: [
    { command: 'althing hive grant @bob --level decision --role reviewer', does: 'one role more; what is not named stays as it is' },
    { command: 'althing hive grant @bob --without-role backend', does: 'takes a role away' },
  ],
})

const revoke = defineOperation({
  name: 'hive.revoke',
  summary: 'Take a member or one of its nodes out of the hive',
  input: {
    subject: { type: 'text', help: 'handle or owner id, or peer id or label of a node', position: 0, max: 80 },
    after: { type: 'integer', help: 'last entry of the node that still counts; the newest known here otherwise', min: 0, optional: true },
  },
  output: (z) =>
    z.object({
      subject: z.string().describe('owner id, or peer id of the node'),
      named: z.string().describe('the handle, or the label of the machine and whose it is'),
      last: z.array(z.object({ node: z.string(), incarnation: z.int(), seq: z.int() })).describe('entries up to here still count'),
    }),
  faults: ['NOT_ROOT', 'NODE_REVOKED', 'GRANT_REFUSED', 'MEMBER_UNKNOWN', 'MEMBER_AMBIGUOUS'],
  isReadOnly: false,
  needsHome: true,
  needsPeers: true,
  examples: [{ command: 'althing hive revoke @eve', does: 'cuts all of her machines; what she wrote until now stays' }],
})

const root = defineOperation({
  name: 'hive.root',
  summary: 'Hand the root of the hive on, accept it, or recover it after its machine died',
  input: {
    action: { type: 'text', help: 'what to do', position: 0, choices: ['hand-on', 'accept', 'recover'] },
    node: { type: 'text', help: 'for hand-on: peer id or label of a member’s node', optional: true, position: 1, max: 80 },
  },
  output: (z) =>
    z.object({ hive: z.string(), owner: z.string(), node: z.string(), isPending: z.boolean().describe('until it is accepted there') }),
  faults: ['NOT_ROOT', 'NODE_REVOKED', 'GRANT_REFUSED', 'MEMBER_UNKNOWN', 'MEMBER_AMBIGUOUS', 'OWNER_KEY_ABSENT', 'HIVE_OPEN'],
  isReadOnly: false,
  needsHome: true,
  needsPeers: true,
  examples: [
    { command: 'althing hive root hand-on 12D3KooW…', does: 'then run `althing hive root accept` there' },
    { command: 'althing hive root recover', does: 'on another machine with the root owner’s key' },
  ],
})

/** What a node can be asked about hives. */
export const hiveOperations = [create, invite, join, leave, list, use, members, grant, revoke, root] as const
