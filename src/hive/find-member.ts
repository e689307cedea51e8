import type { OwnerId, PeerId } from '../identity/keys.ts'
import { parsePeerId } from '../identity/keys.ts'
import type { Fault } from '../lib/fault.ts'
import type { Nameable } from '../lib/abbreviation.ts'
import { findNamed, formatChoices } from '../lib/abbreviation.ts'
import { hiveFaults } from './faults.ts'
import type { Member } from './membership.ts'
import type { HiveMembership } from './open-membership.ts'

type Members = Pick<HiveMembership, 'genesis' | 'members'>

/** A member as a whole, or one machine of it. */
export type Subject = { readonly owner: OwnerId } | { readonly node: PeerId }

/** The member a handle, with or without `@`, or the beginning of an owner id means. @throws Fault MEMBER_UNKNOWN, MEMBER_AMBIGUOUS */
export function findMember(membership: Members, wanted: string): OwnerId {
  const handle = handleIn(wanted)
  const members = membership.members()
  // the root gives each handle once: it is meant before any beginning of an id
  const named = members.find((member) => member.handle === handle)
  return named?.owner ?? need(membership, wanted, members.map(toOwner))
}

/** The node of a member that the beginning of a peer id or a label means. @throws Fault as `findMember` */
export function findNode(membership: Members, wanted: string): PeerId {
  return need(membership, wanted, nodesOf(membership.members()))
}

/** What is to be revoked: a member as in `findMember`, or a node as in `findNode`, also one that no member is known to have. */
export function findSubject(membership: Members, wanted: string): Subject {
  const node = parsePeerId(wanted)
  if (node !== undefined) return { node }
  const members = membership.members()
  const named = members.find((member) => member.handle === handleIn(wanted))
  if (named !== undefined) return { owner: named.owner }
  const owners = members.map((member): Nameable<Subject> => ({ ...toOwner(member), item: { owner: member.owner } }))
  const nodes = nodesOf(members).map((each): Nameable<Subject> => ({ ...each, item: { node: each.item } }))
  return need(membership, wanted, [...owners, ...nodes])
}

/** Every machine of members, by peer id and label. */
export function nodesOf(members: readonly Member[]): readonly Nameable<PeerId>[] {
  return members.flatMap(({ nodes }) => nodes.map(({ node, label }) => ({ item: node, id: node, names: [label] })))
}

/** @throws Fault MEMBER_UNKNOWN, MEMBER_AMBIGUOUS */
function need<T>(membership: Members, wanted: string, things: readonly Nameable<T>[]): T {
  const naming = findNamed(wanted, things)
  if (naming.match === 'one') return naming.item
  if (naming.match === 'several') throw ambiguous(wanted, naming.found)
  throw unknownMember(membership, wanted)
}

/** The fault for a text that means nobody. */
export function unknownMember({ genesis }: Pick<Members, 'genesis'>, wanted: string): Fault {
  const message = `"${wanted}" is nobody in "${genesis.genesis.name}"; \`althing hive members\` lists them`
  return hiveFaults.create('MEMBER_UNKNOWN', { message, data: { wanted } })
}

/** The fault for a text that means several members or machines. */
export function ambiguous(wanted: string, found: readonly Nameable<unknown>[]): Fault {
  const message = `"${wanted}" may mean ${formatChoices(found)}; write more of the id`
  return hiveFaults.create('MEMBER_AMBIGUOUS', { message, data: { wanted, ids: found.map(({ id }) => id) } })
}

function toOwner({ owner, handle }: { readonly owner: OwnerId; readonly handle: string }): Nameable<OwnerId> {
  return { item: owner, id: owner, names: [`@${handle}`] }
}

function handleIn(wanted: string): string {
  return wanted.startsWith('@') ? wanted.slice(1) : wanted
}
