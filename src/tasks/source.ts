import type { ChecksState, ForgePulls, PullDraft, PullFeedback, PullRequest } from './forges/forge.ts'
import type { Task, TaskKey } from './task.ts'

interface Waiting {
  readonly signal: AbortSignal
}

/** Where a project's tasks come from: issues of a forge, or records of the hive. */
export interface TaskSource {
  /** Every task that is open. @throws the faults of a forge */
  readonly open: (options: Waiting) => Promise<readonly Task[]>
  /** A task as it is now; undefined when there is none. @throws the faults of a forge */
  readonly find: (key: TaskKey, options: Waiting) => Promise<Task | undefined>
  /** Writes what people see: labels, a comment, whether it is closed. Best effort; claims never rest on it. @throws the faults of a forge */
  readonly project: (key: TaskKey, projection: Projection, options: Waiting) => Promise<void>
  /** Whether people were shown this comment last, by this account or another that is trusted; true where nothing is commented on. @throws the faults of a forge */
  readonly isTold: (key: TaskKey, comment: string, options: Waiting) => Promise<boolean>
}

/** What is shown of a claim to people. */
export interface Projection {
  readonly add: readonly string[]
  readonly remove: readonly string[]
  /** One comment, edited in place. */
  readonly comment?: string
  readonly state?: 'open' | 'closed'
  /** Whether the account that our token is of works on it. */
  readonly assignee?: 'self' | 'nobody'
}

/** Where a project's pull requests are. */
export interface PullRequests {
  /** Opens a pull request, or gives the one that is there. @see ForgePulls.openPull */
  readonly openPull: (draft: PullDraft, options: Waiting) => Promise<PullRequest & { readonly wasThere: boolean }>
  readonly findPull: (branches: { readonly head: string; readonly base: string }, options: Waiting) => Promise<PullRequest | undefined>
  readonly listMerged: ForgePulls['listMerged']
  readonly pull: (id: string, options: Waiting) => Promise<PullRequest>
  readonly checks: (commit: string, options: Waiting) => Promise<ChecksState>
  /** What those who are trusted said of a pull request, and which of its checks failed. */
  readonly feedback: (id: string, options: Waiting) => Promise<PullFeedback>
}
