import type { Task } from '../task.ts'
import type { TaskName } from './protocol.ts'

/** A task of any project: `project#task`. */
export function formatTaskName({ project, task }: TaskName): string {
  return `${project}#${task}`
}

/** The same with the text it has: `project#task@hash`. */
export function textNameOf({ project, key, issueHash }: Task): string {
  return `${formatTaskName({ project, task: key })}@${issueHash}`
}
