import { timeOfStanding } from './claims/history.ts'
import type { TaskSight } from './claims/ledger.ts'
import type { NeededTasks, TaskWishes } from './rules/choose-task.ts'
import { priorityOfTask, typeOfTask, whyNot } from './rules/choose-task.ts'
import { wordsOfFailure } from './rules/reasons.ts'
import { epochOf } from './rules/task-events.ts'
import { personLabel, stateOf } from './rules/task-state.ts'
import type { Task } from './task.ts'

/** A task and its claim, as an answer says them. */
export function describeTask(task: Task, sight: TaskSight | undefined) {
  const meaning = sight?.meaning
  const holding = meaning !== undefined && 'holding' in meaning ? meaning.holding : undefined
  return {
    project: task.project,
    key: task.key,
    title: task.title,
    labels: [...task.labels],
    state: task.state,
    type: typeOfTask(task),
    priority: priorityOfTask(task),
    claim: stateOf(task, meaning),
    holder: holding?.holder ?? null,
    epoch: sight?.chain?.state.holding?.epoch ?? epochOf(meaning),
  }
}

/** Why no worker takes a task, as far as that is not its claim; what a person is needed for, where one is. Undefined when one may. */
export function whyNotTaken(
  task: Task,
  sight: TaskSight | undefined,
  { wishes, needed }: { readonly wishes: TaskWishes; readonly needed: NeededTasks },
): string | undefined {
  const labels = task.labels.filter((label) => label !== personLabel)
  const other = whyNot({ ...task, labels }, wishes, needed)
  if (stateOf(task, sight?.meaning) !== personLabel) return other ?? whyUnread(sight)
  const why = whyPerson(sight) ?? other
  return why === undefined ? 'it waits for a person' : `it waits for a person: ${why}`
}

function whyUnread(sight: TaskSight | undefined): string | undefined {
  if (sight?.meaning.meaning !== 'unreadable') return undefined
  return `the git server names ${sight.value} as its claim and does not give that commit, or it is none, or more stands behind it than is read; if that stays so, delete the ref of the claim there`
}

/** Since when a task stands as it does, by the clock of whoever moved its claim, in ISO 8601; undefined where the chain does not say. */
export function sinceOf(task: Task, sight: TaskSight): string | undefined {
  const kind = sight.chain?.state.holding?.kind
  if (task.state === 'closed' && kind !== 'done') return undefined
  // a label may have come from anybody
  if (stateOf(task, sight.meaning) === personLabel && whyPerson(sight) === undefined) return undefined
  return timeOfStanding(sight)
}

function whyPerson(sight: TaskSight | undefined): string | undefined {
  const words = wordsOfFailure(sight?.chain?.state.holding?.reason)
  if (sight?.meaning.meaning !== 'quarantined') return words
  return `work on it failed ${sight.meaning.failures} times in a row${words === undefined ? '' : `; the last time: ${words}`}`
}
