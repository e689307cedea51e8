import type { HiveId } from '../journal/entry.ts'
import type { Database } from '../store/database.ts'
import type { ChainStore } from './claims/chain-store.ts'
import { openDiskChainStore } from './claims/disk-chain-store.ts'
import type { ProjectId, TaskKey } from './task.ts'

/** What a node knows of one project beside its disk. There is one for a project, however often its desk is opened anew while it runs. */
export interface DeskState {
  /** Tasks that this node holds for somebody else than its worker; whoever holds them keeps this. */
  readonly inHand: Set<TaskKey>
  /** Its chains: two stores over the same tables would take each other's links back. */
  readonly openChains: () => ChainStore
}

/** A state of which nothing is known yet. Reads nothing before it is asked. */
export function createDeskState(database: Database, place: { readonly hive: HiveId; readonly project: ProjectId }): DeskState {
  let chains: ChainStore | undefined
  return { inHand: new Set(), openChains: () => (chains ??= openDiskChainStore(database, place)) }
}
