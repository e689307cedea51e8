import type { OwnerId } from '../identity/keys.ts'
import type { MarketHive } from './market.ts'

/**
 * The handle by which an owner is known in a hive; undefined where it has none, or where it means somebody else by now.
 *
 * A closed hive gives the handle of a revoked owner to another, and of several sources each has its own: what two owners are called names neither.
 */
export function findHandle({ membership }: Pick<MarketHive, 'membership'>, owner: OwnerId): string | undefined {
  const handle = membership.handleOf(owner)
  // where nobody grants, handles follow from keys, and names of one's own are each given once
  if (handle === undefined || membership.policy === 'open') return handle
  return (membership.findOwner(handle) ?? owner) === owner ? handle : undefined
}

/** An owner as people of a hive write it: `@ada`, or `@z6Mk…` where no handle is theirs alone. Both can be typed. */
export function spellOwner(hive: Pick<MarketHive, 'membership'>, owner: OwnerId): string {
  return `@${findHandle(hive, owner) ?? owner}`
}

/** `@owner/name` as people here write it, where a lock, which is shared, calls it otherwise; null where both are one, or nobody names the owner. */
export function spellBeside(
  hive: Pick<MarketHive, 'membership'>,
  { package: known, owner }: { readonly package: string; readonly owner: OwnerId },
): string | null {
  const handle = findHandle(hive, owner)
  const spelled = handle === undefined ? known : `@${handle}/${known.slice(known.indexOf('/') + 1)}`
  return spelled === known ? null : spelled
}

/** `@owner/name` as people of a hive write it. */
export function spellPackage(
  hive: Pick<MarketHive, 'membership'>,
  { owner, name }: { readonly owner: OwnerId; readonly name: string },
): string {
  return `${spellOwner(hive, owner)}/${name}`
}
