import type { LookupAddress } from 'node:dns'
import type { LookupFunction } from 'node:net'

/** Every address a name leads to just now. */
export type LookupAll = (
  hostname: string,
  options: { readonly all: true; readonly family?: number | 'IPv4' | 'IPv6' },
  callback: (error: NodeJS.ErrnoException | null, found: LookupAddress[]) => void,
) => void

/**
 * A lookup that gives a connection none but addresses that may be connected to.
 *
 * The addresses that are judged are those that are dialled: the name is not looked up again in between, whatever its owner says then.
 */
export function guardLookup(
  lookupAll: LookupAll,
  mayConnect: (address: string) => boolean,
  refuse: (hostname: string) => Error,
): LookupFunction {
  return (hostname, { all, family }, callback) => {
    lookupAll(hostname, { all: true, ...(family !== undefined && { family }) }, (error, found) => {
      if (error !== null) return callback(error, '', 4)
      const allowed = found.filter(({ address }) => mayConnect(address))
      const [first] = allowed
      if (first === undefined) return callback(refuse(hostname), '', 4)
      return all === true ? callback(null, allowed) : callback(null, first.address, first.family)
    })
  }
}
