import type { PeerId } from '../../identity/keys.ts'
import type { HeardWorker, WorkerOffer } from '../rules/worker-book.ts'
import type { ProjectId, Task } from '../task.ts'
import type { TaskName } from './protocol.ts'

/** What is tried, as one look saw it. */
export interface Turn {
  readonly task: Task
  /** The epoch that would be claimed. */
  readonly epoch: number
  /** When the look at the refs began, by the monotonic clock: words that came later may know more. */
  readonly since: number
  /** Tasks under way, in shares of what may be: 0 to 1. */
  readonly load: number
  /** What the model costs, in US dollars for a million tokens; 0 where that is not known. */
  readonly price: number
  /** How well it would go here, by what came of such tasks before: a sample, 0 to 1, the same at each look at one epoch. */
  readonly success: number
  /** Who goes before all others: the last holder of what is to be mended. */
  readonly first: PeerId | undefined
}

/** Where this node stands among those who could take a task. */
export interface Standing {
  /** 0 tries first. */
  readonly rank: number
  readonly of: number
}

/** What members of a hive say to each other of tasks. Hints that save pushes; all of it may be lost, and the git server decides. */
export interface Talk {
  /** Says that a task may be taken, once for each of its texts and not after others did. */
  readonly saw: (task: Task) => void
  /** Resolves when it is our turn to try, or as `taken` when somebody said meanwhile that it is claimed. @throws the signal's reason */
  readonly takeTurn: (turn: Turn, options: { readonly signal: AbortSignal }) => Promise<'try' | 'taken'>
  readonly claimed: (name: TaskName, epoch: number) => void
  /** Says that a task is free again, to our own worker too. */
  readonly released: (name: TaskName) => void
  /** Says that this node looked at a project. */
  readonly polled: (project: ProjectId) => void
  /** Whether another node said within `withinMs` that it looks at a project, and is the one to do so. */
  readonly isPolledByAnother: (project: ProjectId, withinMs: number) => boolean
  /** Says what our worker can do, now and until it says otherwise; undefined: it ended. */
  readonly offer: (offer: WorkerOffer | undefined) => void
  /** Workers of other nodes that are there. */
  readonly workers: () => readonly HeardWorker[]
  /** Whether a node's worker was heard lately. */
  readonly isAlive: (node: PeerId) => boolean
  /** Where we stand before any bid. */
  readonly standing: (task: Task) => Standing
  /** The same among all workers that look at its project, whatever tasks they are for. */
  readonly standingInProject: (name: TaskName) => Standing
  /** Calls `listen` whenever a look at a project is worth while; returns the function that ends it. */
  readonly onPrompt: (listen: (project: ProjectId) => void) => () => void
}

/** A node without a network: it is always its turn. */
export const silentTalk: Talk = {
  saw: () => {},
  takeTurn: () => Promise.resolve('try'),
  claimed: () => {},
  released: () => {},
  polled: () => {},
  isPolledByAnother: () => false,
  offer: () => {},
  workers: () => [],
  isAlive: () => false,
  standing: () => ({ rank: 0, of: 1 }),
  standingInProject: () => ({ rank: 0, of: 1 }),
  onPrompt: () => () => {},
}
