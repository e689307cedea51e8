import type { Task, TaskKey } from '../task.ts'

/** What a worker takes. */
export interface TaskWishes {
  /** Labels a task must have, all of them. */
  readonly labels: readonly string[]
  /** Types it works on; none means every type. */
  readonly types: readonly TaskType[]
}

/** What a task is about, by its labels, else its title, else its text. @see docs/protocols/claims.md §10 */
export type TaskType = 'bug' | 'feature' | 'documentation' | 'refactor' | 'testing' | 'infrastructure' | 'security' | 'ui' | 'general'

const words: readonly (readonly [TaskType, readonly string[]])[] = [
  ['bug', ['bug', 'error', 'fix']],
  ['feature', ['feature', 'enhancement', 'new']],
  ['documentation', ['docs', 'documentation', 'readme']],
  ['refactor', ['refactor', 'cleanup', 'optimization']],
  ['testing', ['test', 'testing', 'qa']],
  ['infrastructure', ['infra', 'deployment', 'devops', 'ci']],
  ['security', ['security', 'vulnerability', 'auth']],
  ['ui', ['ui', 'ux', 'frontend', 'design']],
]
/** Priority of a task that says none. */
const defaultPriority = 5
/** Longest text that is looked at for words, in characters. */
const maxTextLength = 10_000

/** What a task is about: the first group of words of which one stands in its labels, else in its title, else in its text. */
export function typeOfTask({ labels, title, body }: Pick<Task, 'labels' | 'title' | 'body'>): TaskType {
  const named = labels.map((label) => /^type-(\S+)$/.exec(label)?.[1]).find((type) => type !== undefined)
  const known = words.find(([type]) => type === named)
  if (known !== undefined) return known[0]
  for (const text of [labels.join(' '), title, body.slice(0, maxTextLength)]) {
    const said = new Set(text.toLowerCase().split(/[^\p{L}\p{N}]+/u))
    const found = words.find(([, group]) => group.some((word) => said.has(word)))
    if (found !== undefined) return found[0]
  }
  return 'general'
}

/** 1 is the highest; a label `priority-<n>` says it. */
export function priorityOfTask({ labels }: Pick<Task, 'labels'>): number {
  const said = labels.map((label) => /^priority-([1-9]\d?)$/.exec(label)?.[1]).filter((number) => number !== undefined)
  return said.length === 0 ? defaultPriority : Math.min(...said.map(Number))
}

/** Tasks that must be closed first: `depends on #12`, `depends on t-0123456789ab`, in the text; those of other repositories are not looked at here. */
export function dependenciesOfTask({ body }: Pick<Task, 'body'>): readonly string[] {
  const found = body.slice(0, maxTextLength).matchAll(/\bdepends on (?:#(\d{1,15})|(t-[0-9a-f]{12}))\b/gi)
  return [...new Set([...found].map(([, number, key]) => (number === undefined ? (key ?? '').toLowerCase() : `issue-${number}`)))]
}

/** Why a task is none for us now; undefined when it is one. */
export function whyNot(task: Task, wishes: TaskWishes, openKeys: ReadonlySet<TaskKey | string>): string | undefined {
  if (task.state !== 'open') return 'it is closed'
  const lacks = wishes.labels.filter((label) => !task.labels.includes(label))
  if (lacks.length > 0) return `it has no label ${lacks.join(', ')}`
  if (task.untrustedAuthor !== undefined) return `${task.untrustedAuthor}, who wrote it, is no member of the project`
  if (task.labels.includes('needs-human')) return 'it waits for a person'
  const type = typeOfTask(task)
  if (wishes.types.length > 0 && !wishes.types.includes(type)) return `it is about ${type}`
  const open = dependenciesOfTask(task).filter((key) => openKeys.has(key))
  return open.length === 0 ? undefined : `it depends on ${open.join(', ')}`
}

/** The order in which tasks are tried: priority first, then the oldest, then the name. */
export function rankTasks(tasks: readonly Task[]): readonly Task[] {
  return tasks.toSorted((a, b) => priorityOfTask(a) - priorityOfTask(b) || a.updatedAt - b.updatedAt || (a.key < b.key ? -1 : 1))
}
