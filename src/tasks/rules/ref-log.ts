import type { HiveId } from '../../journal/entry.ts'
import type { ObjectId } from '../git/objects.ts'
import type { ProjectId, TaskKey } from '../task.ts'
import type { ChainLink } from './chain.ts'

/** A commit that was under a claim ref at some time, and its parent. */
export type LoggedLink = ChainLink & { readonly previous: ObjectId | undefined }

/** One ref in a push that a server took. `undefined` stands for "there is no such ref". */
export type LoggedUpdate =
  | { readonly on: 'claim'; readonly task: TaskKey; readonly old: ObjectId | undefined; readonly new: ObjectId | undefined }
  | { readonly on: 'work'; readonly task: TaskKey; readonly old: ObjectId | undefined; readonly new: ObjectId | undefined }
  | { readonly on: 'closed'; readonly task: TaskKey; readonly lastEpoch: number; readonly head: ObjectId }

/** What happened on a server at one moment, by its own clock in milliseconds. */
export type LogStep =
  /** All of it was taken at once. */
  | { readonly step: 'push'; readonly at: number; readonly updates: readonly LoggedUpdate[] }
  /** A backup was put in its place: what every task's refs are from now on; a task that is not named has none. */
  | {
      readonly step: 'restore'
      readonly at: number
      readonly claims: ReadonlyMap<TaskKey, ObjectId>
      readonly work: ReadonlyMap<TaskKey, ObjectId>
      /** Last epochs that its closed chain says. */
      readonly closed: ReadonlyMap<TaskKey, number>
    }

/** A time from the one moment to the other, in milliseconds of the server's clock. */
export interface Span {
  readonly from: number
  readonly until: number
}

/** A pull request for a task, while it was open. */
export interface LoggedPull extends Span {
  readonly task: TaskKey
  readonly base: string
  /** As its forge names it. */
  readonly id: string
}

/** Everything that a server took for one project, and what is needed to say whether the guarantees held. */
export interface RefLog {
  readonly hive: HiveId
  readonly project: ProjectId
  /** In the order in which the server took them. */
  readonly steps: readonly LogStep[]
  /** Every commit that was ever under a claim ref. */
  readonly links: ReadonlyMap<ObjectId, LoggedLink>
  /** Whether a commit of a work branch has another one, that was its branch before, among its ancestors. */
  readonly isAncestor: (ancestor: ObjectId, id: ObjectId) => boolean
  readonly pulls: readonly LoggedPull[]
  /** While each task was there to be done. */
  readonly wanted: readonly (Span & { readonly task: TaskKey })[]
  /** While the server answered. */
  readonly answering: readonly Span[]
  /** While a node lived, reached the server, and could have taken one more task. */
  readonly ready: readonly (Span & { readonly node: string })[]
  /** Lease of what is no claim of the hive, as nodes are set to, in milliseconds. */
  readonly unknownTtlMs: number
  /** What a node may take from a free task to its claim beside lease and margin: its interval of polls, back-off, the server's time. */
  readonly graceMs: number
  readonly endsAt: number
}
