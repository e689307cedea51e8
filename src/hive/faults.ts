import { defineFaults } from '../lib/fault.ts'

/** What can go wrong with hives and their members. */
export const hiveFaults = defineFaults({
  HIVE_UNKNOWN: { kind: 'missing', meaning: 'This node is in no hive of that name or id.' },
  HIVE_AMBIGUOUS: { kind: 'conflict', meaning: 'This node is in several hives of that name.' },
  HIVE_EXISTS: { kind: 'conflict', meaning: 'This node is in that hive already, or in another of the same name.' },
  HIVE_NAME_INVALID: { kind: 'usage', meaning: 'A hive name is not 1 to 32 of a-z, 0-9 and hyphens, or has a hyphen at an end.' },
  HIVE_OPEN: { kind: 'invalid', meaning: 'What was asked makes no sense in an open hive, where nobody grants.' },
  NODE_REVOKED: { kind: 'denied', meaning: 'This node or its owner was revoked in the hive: what it would write reaches nobody.' },
  ROOT_NEEDED: { kind: 'conflict', meaning: 'The root of a hive would leave members behind who could be granted nothing any more.' },
  NOT_ROOT: { kind: 'denied', meaning: 'Only the root node of a hive may grant, invite and revoke.' },
  MEMBER_UNKNOWN: { kind: 'missing', meaning: 'No member, owner or node of that name is known in the hive.' },
  MEMBER_AMBIGUOUS: { kind: 'conflict', meaning: 'A label, or the beginning of an id, means several members or nodes. Data: `ids`.' },
  GRANT_REFUSED: {
    kind: 'conflict',
    meaning: 'A grant would be inert under the rules: a handle that is taken, a root that would be revoked.',
  },
  TERMS_INVALID: { kind: 'usage', meaning: 'A handle, role, scope, agent name, number of uses or lifetime is not one.' },
  INVITE_INVALID: { kind: 'usage', meaning: 'A code is no invite: mistyped, cut short, or of another kind.' },
  INVITE_REFUSED: { kind: 'denied', meaning: 'The other side refused a code: unknown, spent, expired, or its handle is taken.' },
  JOIN_UNREACHABLE: { kind: 'unavailable', meaning: 'No address in a code answered.' },
  JOIN_PROTOCOL: { kind: 'unavailable', meaning: 'The other side of a join answered something that is not in the protocol.' },
  HIVE_NOT_RUNNING: { kind: 'unavailable', meaning: 'The hive has no open connection to the network here, which the request needs.' },
})
