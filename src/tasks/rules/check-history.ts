import type { TaskKey } from '../task.ts'
import type { ChainState } from './chain.ts'
import { findChurn, findNeglect } from './check-waits.ts'
import type { LoggedPull, RefLog } from './ref-log.ts'
import type { Violation } from './violation.ts'
import { replayTask } from './replay-task.ts'

/** What a log shows. */
export interface HistoryVerdict {
  /** In the order of their times; empty when every guarantee held. */
  readonly violations: readonly Violation[]
  readonly tasks: ReadonlyMap<TaskKey, TaskHistory>
}

/** How often one task was held, and how it stood in the end. */
export interface TaskHistory {
  readonly holdings: number
  /** Undefined for a task without a claim ref. */
  readonly end: ChainState | undefined
}

/**
 * Whether the guarantees held throughout what a server took.
 *
 * Judges by the log alone, never by what a node believes. A push of a person to a work branch counts as one of a member who does not follow the protocol.
 *
 * @see docs/guarantees.md
 */
export function checkHistory(log: RefLog): HistoryVerdict {
  const tasks = new Map<TaskKey, TaskHistory>()
  const violations: Violation[] = [...findSecondPulls(log.pulls)]
  for (const task of tasksOf(log)) {
    const run = replayTask(task, log)
    tasks.set(task, { holdings: run.holdings, end: run.end })
    violations.push(...run.violations, ...findNeglect(run.waits, log), ...findChurn(run.turns, log))
  }
  return { violations: violations.toSorted((a, b) => a.at - b.at), tasks }
}

function tasksOf({ steps, wanted }: RefLog): ReadonlySet<TaskKey> {
  const pushed = steps.flatMap((step) => (step.step === 'push' ? step.updates : [])).map(({ task }) => task)
  return new Set([...wanted.map(({ task }) => task), ...pushed])
}

/** G3: of one task and base, the next is opened when the one before is closed. */
function findSecondPulls(pulls: readonly LoggedPull[]): readonly Violation[] {
  const open = new Map<string, LoggedPull>()
  return pulls
    .toSorted((a, b) => a.from - b.from)
    .flatMap((pull): readonly Violation[] => {
      const name = `${pull.task} ${pull.base}`
      const before = open.get(name)
      if (before === undefined || before.until < pull.until) open.set(name, pull)
      if (before === undefined || before.until <= pull.from) return []
      const what = `pull request ${pull.id} to ${pull.base} was opened while ${before.id} was open`
      return [{ guarantee: 'G3', task: pull.task, at: pull.from, what }]
    })
}
