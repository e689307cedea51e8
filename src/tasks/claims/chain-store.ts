import type { ChainState } from '../rules/chain.ts'
import type { ObjectId } from '../git/objects.ts'
import type { TaskKey } from '../task.ts'
import type { ClosedEntry } from './closed-chain.ts'

/** The newest verified chain of one task. */
export interface StoredChain {
  readonly state: ChainState
  /** Commits from the first to the head, in the order of the chain. */
  readonly commits: ReadonlyMap<ObjectId, Uint8Array>
}

/** What a node keeps of the chains of one project: the newest verified head of each, with the commits to push it again; of what was collected its end. */
export interface ChainStore {
  readonly get: (task: TaskKey) => StoredChain | undefined
  /** Tasks of which a chain is here. */
  readonly tasks: () => readonly TaskKey[]
  /**
   * Resolves when it is on disk. One whose head is known already changes nothing, and neither does one that neither goes on from what is there nor was
   * judged to be put in its place: `over` is the head it was judged against.
   */
  readonly put: (task: TaskKey, chain: StoredChain, options: { readonly over: ObjectId | undefined }) => Promise<void>
  /** Ends of chains that were here and were collected. */
  readonly collected: () => readonly ClosedEntry[]
  /** Keeps the end of a chain and forgets its commits. Resolves when that is on disk. */
  readonly collect: (entry: ClosedEntry) => Promise<void>
}

/** Whether a chain may take the place of the one that is there. */
export function mayReplace(
  there: StoredChain | undefined,
  { chain, over }: { readonly chain: StoredChain; readonly over: ObjectId | undefined },
): boolean {
  if (there?.commits.has(chain.state.head) === true) return false
  return there === undefined || there.state.head === over || chain.commits.has(there.state.head)
}

/** Keeps chains in memory. For commands that look once, and for tests. */
export function createMemoryChainStore(): ChainStore {
  const chains = new Map<TaskKey, StoredChain>()
  const ends = new Map<TaskKey, ClosedEntry>()
  return {
    get: (task) => chains.get(task),
    tasks: () => [...chains.keys()],
    put: (task, chain, { over }) => {
      if (mayReplace(chains.get(task), { chain, over })) chains.set(task, chain)
      return Promise.resolve()
    },
    collected: () => [...ends.values()],
    collect: (entry) => {
      chains.delete(entry.task)
      ends.set(entry.task, entry)
      return Promise.resolve()
    },
  }
}
