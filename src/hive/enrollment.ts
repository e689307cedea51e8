import { identityFaults } from '../identity/faults.ts'
import type { Enrollment } from '../identity/handlers.ts'
import type { PeerId } from '../identity/keys.ts'
import { parsePeerId } from '../identity/keys.ts'
import { findNamed } from '../lib/abbreviation.ts'
import { hiveFaults } from './faults.ts'
import { ambiguous, nodesOf } from './find-member.ts'
import { formatInviteCode } from './invite-code.ts'
import type { JoiningDeps } from './joining.ts'
import { acceptEnrollment } from './joining.ts'
import { parseLifetime } from './parse-lifetime.ts'
import { findHive } from './registry.ts'
import { moveRootToNewOwner } from './root-rotation.ts'

/** What a node's hives do about its keys and machines. */
export function createEnrollment(deps: JoiningDeps, options: { readonly joinTimeoutMs: number }): Enrollment {
  const { hives, registry, keys } = deps
  return {
    publishCertificate: async (previous) => {
      const strange: string[] = []
      for (const service of registry.running()) {
        await service.publishCertificate()
        if (previous !== undefined) await moveRootToNewOwner(service, { previous, next: keys.ownerId(), node: keys.nodeId })
        const { membership, known } = service
        if (membership.policy === 'closed' && membership.handleOf(keys.ownerId()) === undefined) strange.push(known.genesis.name)
      }
      return strange
    },
    refuseTaken: (agents) => refuseTaken(deps, agents),
    enroll: async ({ label, agents, roles, expires }, context) => {
      const service = await registry.open(findHive(hives, context.hive))
      const terms = { level: 'suggestion', roles, scopes: [], agents, handle: null, replaces: null, label } as const
      const code = await service.createCode({ kind: 'enroll', terms, uses: 1, expiresInMs: parseLifetime(expires) })
      return { code: formatInviteCode(code), hive: code.hive, name: code.name, expiresAt: code.expiresAt }
    },
    accept: async ({ code, label }, { signal }) => {
      const { row } = await acceptEnrollment(deps, { code, label, timeoutMs: options.joinTimeoutMs, signal })
      return { hive: row.known.id, name: row.known.genesis.name }
    },
    findOwnNode: (wanted) => findOwnNode(deps, wanted),
    revoke: (node, after) => revokeEverywhere(deps, node, after),
  }
}

/** One certificate is shown in every hive, so that a name of ours in one of them may be another's elsewhere. */
function refuseTaken({ registry, keys }: JoiningDeps, agents: readonly string[]): void {
  const own = keys.ownerId()
  for (const name of agents) {
    const claims = registry.running().map(({ membership, known }) => ({ owner: membership.ownerOfAgent(name), membership, known }))
    const other = claims.find(({ owner }) => owner !== undefined && owner !== own)
    if (other?.owner === undefined || claims.some(({ owner }) => owner === own)) continue
    const { membership, known, owner } = other
    const handle = membership.handleOf(own)
    const advice = handle === undefined ? '' : `; names of yours begin with "${handle}-"`
    throw identityFaults.create('AGENT_NAME_TAKEN', {
      message: `"${name}" is a name of @${membership.handleOf(owner) ?? owner} in "${known.genesis.name}": names begin with their owner's handle, or are granted by the hive's root${advice}. Nothing was changed`,
      data: { name, hive: known.genesis.name },
    })
  }
}

async function revokeEverywhere({ registry, keys }: JoiningDeps, node: PeerId, seq: number | undefined): Promise<readonly string[]> {
  const told: string[] = []
  for (const service of registry.running()) {
    const { membership, known } = service
    if (!membership.certificatesOf(node).some(({ certificate }) => certificate.owner === keys.ownerId())) continue
    await service.revokeOwnNode(node, seq)
    told.push(known.genesis.name)
  }
  if (told.length > 0) return told
  throw noneOfOurs(node)
}

function findOwnNode({ registry, keys }: JoiningDeps, wanted: string): PeerId {
  const own = registry.running().flatMap(({ membership }) => membership.members().filter(({ owner }) => owner === keys.ownerId()))
  const naming = findNamed(wanted, nodesOf(own))
  if (naming.match === 'one') return naming.item
  if (naming.match === 'several') throw ambiguous(wanted, naming.found)
  // one whose certificate no hive has any more may still be named in full
  const node = parsePeerId(wanted)
  if (node === undefined) throw noneOfOurs(wanted)
  return node
}

function noneOfOurs(node: string): Error {
  const message = `"${node}" is no node of your owner in any hive of this node; \`althing hive members\` lists them`
  return hiveFaults.create('MEMBER_UNKNOWN', { message, data: { node } })
}
