import type { OwnerId, PeerId, SigningKey } from '../identity/keys.ts'
import { ownerIdOfKey } from '../identity/keys.ts'
import type { HiveService } from './hive-service.ts'
import { signHandover } from './root-documents.ts'
import { fingerprintOf } from './rules/handles.ts'

/**
 * Makes the new owner of the root's node root, after the owner key was changed: the old key, which may be in other hands, is revoked,
 * and handle and names go to the new owner. False where this node is not root by the old owner.
 *
 * The node's new certificate is in its journal already. Every step is a grant of its own; the last two restore what the first take.
 */
export async function moveRootToNewOwner(
  service: HiveService,
  change: { readonly previous: SigningKey; readonly next: OwnerId; readonly node: PeerId },
): Promise<boolean> {
  const { next, node } = change
  const previous = ownerIdOfKey(change.previous.publicKey)
  const { membership, known } = service
  const standing = membership.state().standings.get(previous)
  if (!service.isRoot() || membership.state().root?.owner !== previous || standing === undefined) return false
  // a member under some handle first: the root goes to members only, and the handle is not free before the revocation
  await service.grant({ ...standing.grant, owner: next, handle: fingerprintOf(next), agents: [], replaces: null })
  await service.grant({ type: 'root', owner: next, node, proof: signHandover(change.previous, { hive: known.id, owner: next, node }) })
  await service.acceptRoot()
  await service.revoke({ owner: previous })
  await service.grant({ ...standing.grant, owner: next, replaces: previous })
  return true
}
