import type { MarketDeps, MarketHive } from '../market.ts'
import { registryFaults } from './faults.ts'
import type { RegistryOptions } from './options.ts'
import { hedge } from './hedge.ts'
import { createRegistryExchange } from './registry-exchange.ts'
import type { RegistryMembership } from './registry-membership.ts'
import type { RegistryRow } from './registry-table.ts'
import { findKept, isAsked, sourceOfRegistry } from './registry-table.ts'

export interface RegistryHiveRequest {
  readonly row: RegistryRow
  readonly membership: RegistryMembership
  /** The hive that is asked beside it, or would be. */
  readonly hive: MarketHive
}

/** A registry as a hive that can be searched and installed from, and not written to. */
export function createRegistryHive(
  deps: Pick<MarketDeps, 'database' | 'content' | 'clock'> & { readonly options: RegistryOptions },
  { row, membership, hive }: RegistryHiveRequest,
): MarketHive {
  const asked = isAsked(row) ? [createRegistryExchange(deps, row, deps.options)] : []
  // what members of a hive signed and a registry alone has said here, other members may have the bytes of
  const isOurs = deps.options.mode === 'hybrid' && row.genesis?.id === hive.hive
  const members = isOurs && hive.exchange !== undefined ? [hive.exchange] : []
  return {
    hive: row.hive,
    name: row.name,
    node: hive.node,
    owner: hive.owner,
    journal: {
      append: async () => {
        throw registryFaults.create('REGISTRY_INVALID', {
          message: `the registry "${row.name}" is only read; what is said of a package is said in its hive, and exported from there`,
          data: { file: row.url, reason: 'read-only' },
        })
      },
      find: (cid) => findKept(deps.database, cid)?.entry,
    },
    membership,
    exchange: hedge([...asked, ...members], { clock: deps.clock, hedgeMs: deps.options.hedgeMs }),
    source: sourceOfRegistry(row.url),
    ...(row.genesis && { genesis: row.genesis }),
    needAdmitted: () => {},
    connectedPeers: () => [],
    untilConnected: async () => {},
  }
}
