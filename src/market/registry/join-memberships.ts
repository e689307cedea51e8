import type { MarketHive } from '../market.ts'

type Membership = MarketHive['membership']

/**
 * Who is who where several sources are asked: as the first says who knows, in their order.
 *
 * A handle means one owner only. An owner whose handle another source gives to somebody else goes by its id, so that nobody is taken for
 * somebody.
 */
export function joinMemberships(own: MarketHive, all: readonly MarketHive[]): Membership {
  const memberships = all.map(({ membership }) => membership)
  const findOwner: Membership['findOwner'] = (text) => {
    for (const membership of memberships) {
      const owner = membership.findOwner(text)
      if (owner !== undefined) return owner
    }
    return undefined
  }
  return {
    policy: own.membership.policy,
    findOwner,
    handleOf: (owner) => {
      for (const membership of memberships) {
        const handle = membership.handleOf(owner)
        if (handle !== undefined) return findOwner(handle) === owner ? handle : undefined
      }
      return undefined
    },
  }
}
