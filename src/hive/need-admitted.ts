import type { PeerId } from '../identity/keys.ts'
import { hiveFaults } from './faults.ts'
import type { HiveMembership } from './open-membership.ts'

/** Nothing, unless a node is revoked and what it would append reaches nobody. @throws Fault NODE_REVOKED */
export function needAdmitted(
  membership: Pick<HiveMembership, 'judge' | 'state' | 'certificateOf' | 'handleOf' | 'genesis'>,
  node: PeerId,
): void {
  if (membership.judge(node).verdict !== 'cut') return
  const { name } = membership.genesis.genesis
  const owner = membership.certificateOf(node)?.certificate.owner
  const isOwnerRevoked = owner !== undefined && membership.state().standings.get(owner)?.cuts !== undefined
  const handle = owner === undefined ? undefined : membership.handleOf(owner)
  const advice = isOwnerRevoked
    ? `its root can take that back with \`althing hive invite --replaces @${handle ?? owner}\`, and the code goes to \`althing hive join\``
    : 'a node key that is out stays out: move the keys away and have this machine enrolled anew with `althing node enroll`'
  throw hiveFaults.create('NODE_REVOKED', {
    message: `this node was revoked in "${name}", so what it writes there reaches nobody; ${advice}`,
    data: { hive: membership.genesis.id, node },
  })
}

/**
 * Nothing, unless somebody who could revoke a node says it did: the root, or another machine of its owner.
 *
 * What other members say stops nothing: they could be wrong, or mean harm. @throws Fault NODE_REVOKED
 */
export function needNotDenied(
  membership: Pick<HiveMembership, 'state' | 'ownerOf' | 'genesis'>,
  node: PeerId,
  deniedBy: readonly PeerId[],
): void {
  const owner = membership.ownerOf(node)
  const by = deniedBy.find((peer) => peer === membership.state().root?.node || (owner !== undefined && membership.ownerOf(peer) === owner))
  if (by === undefined) return
  const { name } = membership.genesis.genesis
  throw hiveFaults.create('NODE_REVOKED', {
    message: `${by} says that this node was revoked in "${name}", and does not let it in. If it came back with a new code just now, that node has not heard of it yet: try again in a minute; otherwise ask whoever has the owner's key, or the root, for a new code: \`althing node accept\` or \`althing hive join\``,
    data: { hive: membership.genesis.id, node },
  })
}
