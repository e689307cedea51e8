import type { OwnerId } from '../../identity/keys.ts'
import type { Grant, MemberGrant, RevokeGrant } from '../grant.ts'
import type { Handover } from '../root-documents.ts'
import type { GrantsState, InertReason, Standing } from './grants-state.ts'
import { beginningsOf } from './owned-names.ts'

/** A handover document that was opened, its signature checked. */
export type SignedHandover = Handover & { readonly signer: OwnerId }

/**
 * Whether a grant by the root, in its turn, has effect on a state; the reason when not.
 *
 * The same rule for the root before it writes and for everybody who reads, so that nobody has to trust the root's own check.
 */
export function judgeGrant(state: GrantsState, grant: Grant, handover: SignedHandover | undefined): InertReason | 'applies' {
  switch (grant.type) {
    case 'member':
      return judgeMember(state, grant)
    case 'revoke':
      return judgeRevoke(state, grant)
    case 'name':
      return judgeName(state, grant.agent, grant.owner)
    case 'root':
      return judgeRoot(state, grant, handover)
    case 'accept':
    case 'recover':
      // they begin a root's turn and have no meaning within one
      return 'not-in-place'
  }
}

/** Whether an owner is a member now. */
export function isActive(state: GrantsState, owner: OwnerId): boolean {
  const standing = state.standings.get(owner)
  return standing === undefined ? state.root?.owner === owner : standing.cuts === undefined
}

/** Who may write as an agent name, by the rules of handles and single grants. */
export function ownerOfAgent(state: GrantsState, agent: string): OwnerId | undefined {
  return state.names.get(agent) ?? holderAbove(state, agent)
}

/** Whether an agent name is or ever was an owner's: what was written as it then stays. */
export function hasOwnedAgent(state: GrantsState, agent: string, owner: OwnerId): boolean {
  return state.names.wasOf(agent, owner) || beginningsOf(agent).some((beginning) => state.handles.wasOf(beginning, owner))
}

/** The owner of the handle that a name stands under, as `ada-x` under `ada`. */
function holderAbove(state: GrantsState, name: string): OwnerId | undefined {
  for (const beginning of beginningsOf(name)) {
    const holder = state.handles.get(beginning)
    if (holder !== undefined) return holder
  }
  return undefined
}

function judgeMember(state: GrantsState, grant: MemberGrant): InertReason | 'applies' {
  const { replaces } = grant
  if (replaces !== null) {
    const replaced = state.standings.get(replaces)
    const isFree = replaced?.cuts !== undefined && state.handles.get(replaced.grant.handle) === replaces
    if (!isFree || replaced.grant.handle !== grant.handle) return 'replaces-nobody'
  }
  if (isHandleTaken(state, grant)) return 'handle-taken'
  const isAgentFree = (agent: string): boolean => {
    const owner = ownerOfAgent(state, agent)
    return owner === undefined || owner === grant.owner || owner === replaces
  }
  return grant.agents.every(isAgentFree) ? 'applies' : 'agent-taken'
}

/**
 * Whether a handle cannot be granted beside those of others: they are the same, or the agent names of one (`ada-…`) would include
 * the other's (`ada-b-…`) or a name granted singly.
 */
function isHandleTaken(state: GrantsState, { owner, handle, replaces }: MemberGrant): boolean {
  const others = [state.handles.get(handle), holderAbove(state, handle), ...state.handles.ownersUnder(handle)]
  // what the replaced owner was granted singly goes to the new one with the handle
  return [...others, ...state.names.ownersUnder(handle)].some((other) => other !== undefined && other !== owner && other !== replaces)
}

function judgeRevoke(state: GrantsState, grant: RevokeGrant): InertReason | 'applies' {
  const { subject } = grant
  if ('node' in subject) return subject.node === state.root?.node ? 'root-stays' : 'applies'
  if (subject.owner === state.root?.owner) return 'root-stays'
  return isActive(state, subject.owner) ? 'applies' : 'owner-unknown'
}

function judgeName(state: GrantsState, agent: string, owner: OwnerId): InertReason | 'applies' {
  if (!isActive(state, owner)) return 'owner-unknown'
  // a name granted singly may move to another owner by the root's word; one under a handle may not
  const holder = holderAbove(state, agent)
  if (holder !== undefined && holder !== owner) return 'agent-taken'
  return 'applies'
}

function judgeRoot(
  state: GrantsState,
  grant: Extract<Grant, { type: 'root' }>,
  handover: SignedHandover | undefined,
): InertReason | 'applies' {
  if (!isActive(state, grant.owner)) return 'owner-unknown'
  const isSame = grant.node === state.root?.node && grant.owner === state.root.owner
  if (isSame || state.revokedNodes.has(grant.node)) return 'root-stays'
  if (grant.owner === state.root?.owner) return 'applies'
  // a stolen node key alone must not give the hive away
  const isSigned = handover?.signer === state.root?.owner && handover?.owner === grant.owner && handover.node === grant.node
  return isSigned ? 'applies' : 'unsigned-handover'
}

/** The standing after a revocation of the owner. */
export function cutStanding(standing: Standing, grant: RevokeGrant): Standing {
  const cuts = grant.last.map(({ node, incarnation, seq }) => [node, { incarnation, seq }] as const)
  return { ...standing, cuts: new Map(cuts) }
}
