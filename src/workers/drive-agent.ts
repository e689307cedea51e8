import type { Clock } from '../lib/clock.ts'
import type { ClaimHolder } from '../tasks/claims/holder.ts'
import type { KeptLease } from '../tasks/claims/keep-lease.ts'
import type { Task } from '../tasks/task.ts'
import type { Capture } from './capture.ts'
import type { AssignmentLimits, Driver, DriverTools, WorkerOutcome } from './driver.ts'
import type { BaseMerge } from './merge-base.ts'
import { describeMerge } from './merge-base.ts'
import { mapOutcome } from './rules/outcome.ts'
import { judgeTime } from './rules/work-time.ts'
import { runCommand } from './sandbox/run-command.ts'
import type { Sandbox } from './sandbox/sandbox.ts'
import type { Worktree } from './trees/worktree.ts'
import { StoodStill, watchLease } from './watch-lease.ts'

export interface DriveDeps {
  readonly clock: Clock
  readonly sandbox: Sandbox
  readonly driver: Driver
  readonly askForHelp: DriverTools['askForHelp']
}

/** A task that is held, in the folder where its agent works. */
export interface DrivenTask {
  readonly task: Task
  readonly holder: ClaimHolder
  readonly lease: KeptLease
  readonly capture: Capture
  readonly resumedBecause: string | undefined
  readonly feedback?: string | undefined
  readonly merge: BaseMerge | undefined
  readonly worktree: Worktree
}

export interface DriveOptions {
  readonly limits: AssignmentLimits
  /** One command that the agent runs, in milliseconds. */
  readonly commandTimeoutMs: number
  readonly signal: AbortSignal
}

/**
 * Lets an agent work until it says how it ended, or its time is over. What it says is captured. Time in which it stands still, for want of a
 * confirmed lease, is not its own.
 *
 * @throws `StoodStill`; the signal's reason, and bugs of drivers
 */
export async function driveAgent(
  deps: DriveDeps,
  held: DrivenTask,
  { limits, commandTimeoutMs, signal }: DriveOptions,
): Promise<WorkerOutcome> {
  const { task, holder, capture, merge, feedback, resumedBecause: because } = held
  const { path, writable, readable } = held.worktree
  const { began: holding, terms } = holder
  const resumedBecause = merge === undefined ? because : describeMerge(merge, { base: terms.base, because })
  const assignment = { task, holding, epoch: terms.epoch, worktree: path, writable, readable, resumedBecause, feedback, limits }
  const over = new AbortController()
  using _timed = watchLease(
    { clock: deps.clock, mayWork: held.lease.mayWork },
    {
      onLook: (time) => {
        const end = judgeTime(time, limits.timeoutMs)
        if (end === undefined) return limits.timeoutMs - time.workedMs
        over.abort(end === 'paused' ? new StoodStill(limits.timeoutMs) : new DOMException('its time is over', 'TimeoutError'))
        return Infinity
      },
    },
  )
  const late = AbortSignal.any([signal, over.signal])
  let outcome: WorkerOutcome = { outcome: 'failed', reason: 'the agent ended without saying how' }
  try {
    for await (const event of deps.driver.run(assignment, toolsOf(deps, held, { limits, commandTimeoutMs }), { signal: late })) {
      capture.add(event)
      // S28: it goes into commits, pull requests, claims and context
      if (event.type === 'outcome') outcome = mapOutcome(event.outcome, capture.mask)
    }
  } catch (error) {
    if (signal.aborted || !over.signal.aborted) throw error
    outcome = { outcome: 'failed', reason: `it came to no end within ${limits.timeoutMs} ms` }
    capture.add({ type: 'outcome', outcome })
  }
  // a driver may have taken it for the agent's own time
  if (outcome.outcome === 'failed' && over.signal.reason instanceof StoodStill) throw over.signal.reason
  return outcome
}

function toolsOf(
  { sandbox, clock, askForHelp }: DriveDeps,
  { lease, capture, worktree: { path, writable, readable } }: DrivenTask,
  { limits, commandTimeoutMs }: Pick<DriveOptions, 'limits' | 'commandTimeoutMs'>,
): DriverTools {
  return {
    untilMayWork: lease.untilMayWork,
    mayWork: lease.mayWork,
    askForHelp: async (text, waiting) => {
      // S28: it goes to other nodes
      const question = capture.mask(text)
      capture.add({ type: 'prompt', kind: 'coordination', text: question })
      return askForHelp(question, waiting)
    },
    run: ({ argv, folder, timeoutMs, stdin }, waiting) =>
      runCommand(
        { sandbox, clock },
        { argv, folder: folder === '.' ? path : `${path}/${folder}`, writable, readable, variables: {} },
        {
          timeoutMs: Math.min(timeoutMs, commandTimeoutMs),
          maxOutputBytes: limits.maxOutputBytes,
          stdin,
          mayWork: lease.mayWork,
          ...waiting,
        },
      ),
  }
}
