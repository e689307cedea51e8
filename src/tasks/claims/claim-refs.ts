import type { TaskKey } from '../task.ts'
import { parseTaskKey } from '../task.ts'

/** Where claims are on a server: a namespace of their own, or among the branches where a host takes only those. */
export type RefForm = 'native' | 'heads'

const prefixes: Readonly<Record<RefForm, string>> = { native: 'refs/althing/', heads: 'refs/heads/althing-' }

/** Prefix of everything that claims are. */
export function refPrefix(form: RefForm): string {
  return prefixes[form]
}

/** The ref that is compared and swapped for a task. */
export function claimRef(form: RefForm, task: TaskKey): string {
  return `${prefixes[form]}claims/${task}`
}

/** The chain of what was collected. */
export function closedRef(form: RefForm): string {
  return `${prefixes[form]}closed`
}

/** The task of a claim ref; undefined for any other ref. */
export function taskOfRef(form: RefForm, ref: string): TaskKey | undefined {
  const prefix = `${prefixes[form]}claims/`
  return ref.startsWith(prefix) ? parseTaskKey(ref.slice(prefix.length)) : undefined
}

/** Branch that the work on a task goes to. */
export function workBranch(task: TaskKey): string {
  return `althing/${task}`
}

/** The ref of a branch. */
export function branchRef(branch: string): string {
  return `refs/heads/${branch}`
}
