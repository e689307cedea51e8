import type { ChainState } from '../rules/chain.ts'
import type { ObjectId } from '../git/objects.ts'
import type { TaskKey } from '../task.ts'

/** The newest verified chain of one task. */
export interface StoredChain {
  readonly state: ChainState
  /** Commits from the first to the head, in the order of the chain. */
  readonly commits: ReadonlyMap<ObjectId, Uint8Array>
}

/** What a node keeps of the chains of one project: the newest verified head of each, with the commits to push it again. */
export interface ChainStore {
  readonly get: (task: TaskKey) => StoredChain | undefined
  /** Resolves when it is on disk. A chain that began anew replaces the one before; one whose head is known already changes nothing. */
  readonly put: (task: TaskKey, chain: StoredChain) => Promise<void>
}

/** Keeps chains in memory. For commands that look once, and for tests. */
export function createMemoryChainStore(): ChainStore {
  const chains = new Map<TaskKey, StoredChain>()
  return {
    get: (task) => chains.get(task),
    put: (task, chain) => {
      if (chains.get(task)?.commits.has(chain.state.head) !== true) chains.set(task, chain)
      return Promise.resolve()
    },
  }
}
