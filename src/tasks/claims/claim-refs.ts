import type { TaskKey } from '../task.ts'
import { parseTaskKey } from '../task.ts'

/** Where claims are on a server: a namespace of their own, or among the branches where a host takes only those. */
export type RefForm = 'native' | 'heads'

/** How claims are moved, and where: by git's own push, or by the forge's API where that takes what a push may not. */
export type ClaimForm = RefForm | 'api' | 'api-heads'

/** Every form, in the order in which a doctor tries them. */
export const claimForms: readonly ClaimForm[] = ['native', 'api', 'heads', 'api-heads']

/** Where the refs of a form are. */
export function refFormOf(form: ClaimForm): RefForm {
  return form === 'heads' || form === 'api-heads' ? 'heads' : 'native'
}

/** Whether refs are moved by the forge's API. */
export function isApiForm(form: ClaimForm): boolean {
  return form === 'api' || form === 'api-heads'
}

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

/** What the names of all branches of work begin with. */
export const workBranchPrefix = 'althing/'

/** Branch that the work on a task goes to. */
export function workBranch(task: TaskKey): string {
  return `${workBranchPrefix}${task}`
}

/** The ref of a branch. */
export function branchRef(branch: string): string {
  return `refs/heads/${branch}`
}
