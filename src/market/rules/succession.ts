import type { OwnerId } from '../../identity/keys.ts'

/** Owners that are followed; a name that more have is not looked at. */
export const maxOwners = 64

/**
 * Who of the owners of a name each of them stands for by now: the last of those to whom the package was handed on, as far as they released it.
 *
 * `heirsOf` gives to whom an owner's package was handed on, in order.
 */
export function findSuccessors(owners: readonly OwnerId[], heirsOf: (owner: OwnerId) => readonly OwnerId[]): ReadonlyMap<OwnerId, OwnerId> {
  if (owners.length > maxOwners) return new Map(owners.map((owner) => [owner, owner]))
  const known = new Set(owners)
  return new Map(owners.map((owner) => [owner, heirsOf(owner).findLast((heir) => known.has(heir)) ?? owner]))
}
