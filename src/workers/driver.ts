import type { ClaimCost } from '../tasks/claims/claim-document.ts'
import type { Task } from '../tasks/task.ts'

/** What an agent is given to do. Text of the task is data that others wrote. */
export interface Assignment {
  readonly task: Task
  /** Commit that began the holding, and its epoch. */
  readonly holding: string
  readonly epoch: number
  /** Absolute path of the worktree: where the agent works. */
  readonly worktree: string
  /** Absolute paths that it may write to, the worktree among them, and that it may read beside those. */
  readonly writable: readonly string[]
  readonly readable: readonly string[]
  /** What stood on the work branch when a task is taken up again: why, in words of a person or a check. */
  readonly resumedBecause: string | undefined
  /** What reviewers and checks said of its pull request. Data that others wrote. */
  readonly feedback?: string | undefined
  readonly limits: AssignmentLimits
}

/** What one run may use. */
export interface AssignmentLimits {
  readonly maxTurns: number
  readonly timeoutMs: number
  readonly maxOutputBytes: number
}

/** A command run where an agent can do no harm. */
export interface SandboxCommand {
  readonly argv: readonly string[]
  /** Relative to the worktree. */
  readonly folder: string
  readonly timeoutMs: number
  readonly stdin?: Uint8Array
}

export interface SandboxResult {
  /** Undefined when a signal ended it. */
  readonly exitCode: number | undefined
  readonly stdout: Uint8Array
  readonly stderr: Uint8Array
  /** Whether output or time ran over a limit. */
  readonly wasCut: boolean
}

/** What a driver works with. Holds no token, no key and no socket of ours. */
export interface DriverTools {
  readonly run: (command: SandboxCommand, options: { readonly signal: AbortSignal }) => Promise<SandboxResult>
  /** Asks agents of other nodes. What they answer is data, as every text of others. */
  readonly askForHelp: (question: string, options: { readonly signal: AbortSignal }) => Promise<HelpResult>
  /** Resolves at once while the lease is confirmed; waits while it is not. Called before every model and tool call. */
  readonly untilMayWork: (options: { readonly signal: AbortSignal }) => Promise<void>
  /** Whether the lease is confirmed now. A program of others stands still while it is not. */
  readonly mayWork: () => boolean
}

/** What became of a question to agents of other nodes. */
export type HelpResult =
  /** `by`: the node whose agent answered. */
  | { readonly help: 'answered'; readonly text: string; readonly by: string }
  /** Nobody answered in time. */
  | { readonly help: 'unanswered' }
  /** So many questions of one task were not answered that a person is to be asked. */
  | { readonly help: 'person'; readonly reason: string }

/**
 * What an agent is told: of its task and how to do it; of what it asks others and they answer; of its own work and thoughts.
 *
 * `meta_thinking`: what it writes down for later readers, and that it is reminded to go on.
 */
export type PromptKind = 'task_analysis' | 'coordination' | 'meta_thinking'

/** What happens while an agent works; kept as the transcript of the task. */
export type WorkerEvent =
  | { readonly type: 'prompt'; readonly kind: PromptKind; readonly text: string }
  | { readonly type: 'answer'; readonly text: string; readonly cost: ClaimCost }
  | { readonly type: 'tool'; readonly name: string; readonly input: string; readonly output: string; readonly isError: boolean }
  | { readonly type: 'thought'; readonly text: string }
  | { readonly type: 'outcome'; readonly outcome: WorkerOutcome }

/** How a run ended. Always the last event. */
export type WorkerOutcome =
  | { readonly outcome: 'done'; readonly title: string; readonly summary: string; readonly decision: WorkerDecision | undefined }
  | { readonly outcome: 'failed'; readonly reason: string }
  | { readonly outcome: 'needs-human'; readonly reason: string }
  /** The model cannot be had now, whatever the task: says nothing of the work, and holds for every other task as well. */
  | { readonly outcome: 'hindered'; readonly reason: string }

/** What was decided, why, and what else was considered; written as context. */
export interface WorkerDecision {
  readonly what: string
  readonly why: string
  readonly alternatives: readonly string[]
}

/** One way to let an agent work on a task. */
export interface Driver {
  readonly name: 'model' | 'acp' | 'command'
  /**
   * Works on an assignment until an `outcome` event, which comes exactly once and last. Throws only the signal's reason and bugs: whatever
   * a model, an agent or a command does wrong is the outcome `failed`.
   */
  readonly run: (assignment: Assignment, tools: DriverTools, options: { readonly signal: AbortSignal }) => AsyncIterable<WorkerEvent>
}
