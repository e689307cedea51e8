import type { RefUpdate } from '../git/remote.ts'
import type { ForgeKind } from '../task.ts'

/** Who wrote something on a forge, and what the forge says of them. */
export interface ForgeAuthor {
  readonly name: string
  /** Owner, member or collaborator of the repository; contributors are not. */
  readonly isTrusted: boolean
}

/** A comment under an issue or pull request. */
export interface ForgeComment {
  readonly id: string
  readonly author: ForgeAuthor
  readonly body: string
  /** The forge's wall time in milliseconds. */
  readonly updatedAt: number
}

/** An issue as the forge has it. */
export interface Issue {
  readonly number: number
  readonly title: string
  readonly body: string
  readonly author: ForgeAuthor
  readonly labels: readonly string[]
  readonly assignees: readonly string[]
  readonly isOpen: boolean
  /** Shown to few: no text for an agent, whose work many see. */
  readonly isConfidential?: boolean
  readonly url: string
  readonly updatedAt: number
}

/** State of what runs for a commit, all checks together. `none`: the forge knows of none. */
export type ChecksState = 'none' | 'pending' | 'green' | 'red'

/** A pull request (merge request on GitLab; a record on a bare repository). */
export interface PullRequest {
  /** As the forge names it: a number, or a record's CID. Goes into claims as it is. */
  readonly id: string
  readonly url: string
  /** Branch with the work, and branch it goes to. */
  readonly head: string
  readonly base: string
  readonly state: 'open' | 'merged' | 'closed'
  readonly isConflicted: boolean
  /** A reviewer asked for changes and has not approved since. */
  readonly areChangesRequested: boolean
  readonly body: string
  /** Commit that `head` is at, as the forge says; undefined where it does not. */
  readonly commit?: string
  /** State of what runs for it, where a forge knows that by the pull request and not by its commit. */
  readonly checks?: ChecksState
}

/** What is known of a pull request that was merged. */
export type MergedPull = Pick<PullRequest, 'id' | 'url' | 'body'>

/** Something that a person said of a pull request. */
export interface PullRemark {
  readonly author: ForgeAuthor
  /** `src/cart.ts:12`, or a file alone; undefined where it is said of all. */
  readonly place: string | undefined
  readonly text: string
  /** Wall time of the forge, in milliseconds. */
  readonly at: number
}

/** A check that failed, and what it says of it; empty where it says nothing. */
export interface CheckFailure {
  readonly name: string
  readonly words: string
}

/** What was said of a pull request, for whoever takes it up again. */
export interface PullFeedback {
  /** Reviews, what is said at lines, and comments; the oldest first. Whoever may see the repository may say something. */
  readonly remarks: readonly PullRemark[]
  /** Of its newest commit. What they say is what its code printed. */
  readonly failures: readonly CheckFailure[]
}

/** A page of issues that changed since a cursor, in the order of their change, and the cursor for the next look. */
export interface IssuePage {
  readonly issues: readonly Issue[]
  /** Opaque; kept by the caller. Overlaps by two minutes: the same issue may come twice. */
  readonly cursor: string
  /** Whether another page follows at once. */
  readonly hasMore: boolean
}

export interface PullDraft {
  readonly head: string
  readonly base: string
  readonly title: string
  readonly body: string
}

interface Waiting {
  readonly signal: AbortSignal
}

/**
 * A forge, as far as claims and workers need it. Claims never rest on it: they are refs. What is written here is for people.
 *
 * Faults of all: FORGE_FAILED, FORGE_DENIED, FORGE_MISSING, FORGE_REFUSED, FORGE_LIMITED, FORGE_INVALID, FORGE_TOO_LONG.
 */
export interface Forge extends ForgeIssues, ForgePulls {
  readonly kind: ForgeKind
  /** Name of the account whose token this is; undefined where there are no accounts, or the token does not show it. */
  readonly self: (options: Waiting) => Promise<string | undefined>
  /** Moves refs by the forge's API; undefined where it has nothing that compares and swaps. */
  readonly refs?: RefApi
}

/** A forge's own way to move refs: all of them or none, each only from exactly its old value. Their objects must be there already. */
export interface RefApi {
  /**
   * Undefined when all were moved; else why none was, in the forge's words.
   *
   * @throws Fault FORGE_FAILED and FORGE_LIMITED, after which the outcome is unknown; others, after which nothing was moved
   */
  readonly moveRefs: (updates: readonly RefUpdate[], options: Waiting) => Promise<string | undefined>
}

/** Issues, and what people say of them. */
export interface ForgeIssues {
  /**
   * Issues that changed since `cursor`, closed ones and those without `labels` too; without a cursor, and until the end of that look,
   * those that are open and have all of `labels`.
   */
  readonly issues: (
    query: { readonly labels: readonly string[]; readonly cursor: string | undefined },
    options: Waiting,
  ) => Promise<IssuePage>
  readonly issue: (number: number, options: Waiting) => Promise<Issue>
  readonly comments: (number: number, options: Waiting) => Promise<readonly ForgeComment[]>
  /** Writes a comment, or changes the one of that id. Gives its id. */
  readonly comment: (number: number, text: { readonly body: string; readonly id?: string }, options: Waiting) => Promise<string>
  /** Adds and takes off labels; makes those that are missing. */
  readonly label: (
    number: number,
    change: { readonly add: readonly string[]; readonly remove: readonly string[] },
    options: Waiting,
  ) => Promise<void>
  readonly setOpen: (number: number, isOpen: boolean, options: Waiting) => Promise<void>
  /** Adds and takes off assignees, and leaves all others; names without rights are ignored or refused. */
  readonly assign: (
    number: number,
    change: { readonly add: readonly string[]; readonly remove: readonly string[] },
    options: Waiting,
  ) => Promise<void>
}

/** Pull requests, and what is said of their commits. */
export interface ForgePulls {
  /** Opens a pull request, or gives the open one of the same head and base; one with the very same text is given also when it was merged or closed. */
  readonly openPull: (draft: PullDraft, options: Waiting) => Promise<PullRequest & { readonly wasThere: boolean }>
  /** The open pull request of head and base; undefined when there is none. */
  readonly findPull: (branches: { readonly head: string; readonly base: string }, options: Waiting) => Promise<PullRequest | undefined>
  /**
   * Pull requests of head and base that were merged, the newest first, also where the branch is gone by now. Those of a fork are none. Of many closed
   * ones those that changed last are looked at, a hundred where a forge cannot be asked for a branch.
   */
  readonly listMerged: (branches: { readonly head: string; readonly base: string }, options: Waiting) => Promise<readonly MergedPull[]>
  readonly pull: (id: string, options: Waiting) => Promise<PullRequest>
  /** What people said of a pull request, and which checks of it failed. */
  readonly feedback: (id: string, options: Waiting) => Promise<PullFeedback>
  /** All checks of a commit together. */
  readonly checks: (commit: string, options: Waiting) => Promise<ChecksState>
}
