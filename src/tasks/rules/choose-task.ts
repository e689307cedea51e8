import { splitFrontMatter } from '../front-matter.ts'
import type { Task, TaskKey } from '../task.ts'
import type { RefMeaning } from './judge-ref.ts'
import { isClosed } from './reasons.ts'

/** What a worker takes. */
export interface TaskWishes {
  /** Labels a task must have, all of them. */
  readonly labels: readonly string[]
  /** Types it works on; none means every type. */
  readonly types: readonly TaskType[]
  /** Folders and files it works in, `src/ui`; none means everywhere. */
  readonly scopes?: readonly string[] | undefined
  /** The role it works as; undefined: of tasks that name roles it takes any. */
  readonly role?: string | undefined
}

/** What is known of the tasks that others depend on, by the names `dependenciesOfTask` gives. */
export interface NeededTasks {
  /** Those that are not over yet, or of which nobody can say now. */
  readonly open: ReadonlySet<string>
  /** Of each task, those that are nowhere. */
  readonly missing: ReadonlyMap<TaskKey, readonly string[]>
  /** Those whose pull request a person closed without merging it. */
  readonly abandoned?: ReadonlySet<string>
}

/** What a task is about, by its labels, else its title, else its text. @see docs/guide/tasks.md */
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

/** Names of tasks that must be over first: `issue-12` of the same project, `team/shop#issue-3` of another. Each once. */
export function dependenciesOfTask({ body }: Pick<Task, 'body'>): readonly string[] {
  const { text, dependencies } = splitFrontMatter(body.slice(0, maxTextLength))
  const found = text.matchAll(/\bdepends on (?:([\w.-]+(?:\/[\w.-]+)*)?#(\d{1,15}|t-[0-9a-f]{12})|(t-[0-9a-f]{12}))\b/gi)
  const said = [...found].map(([, project, name = '', key = '']) => nameDependency(project, `${name}${key}`))
  return [...new Set([...dependencies.map(({ repository, task }) => nameDependency(repository, task)), ...said])]
}

/** Roles a task is for, by labels `role-<name>`; none: anybody's. */
export function rolesOfTask({ labels }: Pick<Task, 'labels'>): readonly string[] {
  return labels.map((label) => /^role-(\S+)$/.exec(label)?.[1]).filter((role) => role !== undefined)
}

/** Folders and files a task says it is about: `scope` of its front matter, else the paths that its text names. */
export function pathsOfTask({ title, body }: Pick<Task, 'title' | 'body'>): readonly string[] {
  const { text, scopes } = splitFrontMatter(body.slice(0, maxTextLength))
  if (scopes.length > 0) return scopes.map(trimPath)
  // a word with a slash in it is no path: `and/or`
  const found = `${title}\n${text}`.matchAll(
    /`((?:[\w.-]+\/)+[\w.-]*)`|(?<![\w:/.@-])((?:[\w.-]+\/)+(?:[\w.-]*\.[a-z]\w{0,7})?)(?![\w/-])/g,
  )
  return [...new Set([...found].map(([, quoted, path = '']) => trimPath(quoted ?? path)))].filter((path) => path !== '')
}

/** Whether one of two paths is the other, or in it. */
export function isWithin(path: string, scope: string): boolean {
  const [one, other] = [trimPath(path), trimPath(scope)]
  return other === '' || one === other || one.startsWith(`${other}/`) || other.startsWith(`${one}/`)
}

/** Why a task is none for us now; undefined when it is one. */
export function whyNot(task: Task, wishes: TaskWishes, needed: NeededTasks): string | undefined {
  if (task.state !== 'open') return 'it is closed'
  const lacks = wishes.labels.filter((label) => !task.labels.includes(label))
  if (lacks.length > 0) return `it has no label ${lacks.join(', ')}`
  if (task.untrustedAuthor !== undefined) return `${task.untrustedAuthor}, who wrote it, is no member of the project`
  if (task.labels.includes('needs-human')) return 'it waits for a person'
  return whyNotOurs(task, wishes) ?? whyNotYet(task, needed)
}

/** Why it is for workers with other wishes; undefined when it is for this one. */
export function whyNotOurs(
  task: Task,
  { types, role, scopes = [] }: Pick<TaskWishes, 'role' | 'scopes'> & { readonly types: readonly string[] },
): string | undefined {
  const type = typeOfTask(task)
  if (types.length > 0 && !types.includes(type)) return `it is about ${type}`
  const roles = rolesOfTask(task)
  if (role !== undefined && roles.length > 0 && !roles.includes(role)) return `it is for the role ${roles.join(', ')}`
  const paths = pathsOfTask(task)
  const isOurs = scopes.length === 0 || paths.length === 0 || paths.some((path) => scopes.some((scope) => isWithin(path, scope)))
  return isOurs ? undefined : `it is about ${paths.slice(0, 3).join(', ')}`
}

function whyNotYet(task: Task, needed: NeededTasks): string | undefined {
  const { open } = needed
  const unmet = whyUnmet(task, needed)
  if (unmet !== undefined) return `it depends on ${unmet}`
  const waits = dependenciesOfTask(task).filter((name) => open.has(name))
  return waits.length === 0 ? undefined : `it depends on ${waits.join(', ')}`
}

/** What a task depends on and will not get, and why. */
function whyUnmet(task: Task, { missing, abandoned = new Set() }: Omit<NeededTasks, 'open'>): string | undefined {
  const nowhere = missing.get(task.key)
  if (nowhere !== undefined) return `${nowhere.join(', ')}, which no project of this node has`
  const closed = dependenciesOfTask(task).filter((name) => abandoned.has(name))
  return closed.length === 0 ? undefined : `${closed.join(', ')}, which was closed without being merged`
}

/** Tasks whose work ended by a pull request that a person closed, by what their claims say. */
export function findAbandoned(sights: ReadonlyMap<TaskKey, { readonly meaning: RefMeaning }>): ReadonlySet<string> {
  return new Set([...sights].filter(([, { meaning }]) => isAbandoned(meaning)).map(([key]) => key))
}

function isAbandoned(meaning: RefMeaning): boolean {
  return meaning.meaning === 'done' && isClosed(meaning.holding.reason)
}

/** Tasks that would be ours but for something that they will not get: they would wait for ever, so a person is asked. */
export function findUnmet(
  tasks: readonly Task[],
  wishes: TaskWishes,
  needed: Omit<NeededTasks, 'open'>,
): readonly { readonly task: Task; readonly reason: string }[] {
  return tasks.flatMap((task) => {
    const unmet = whyUnmet(task, needed)
    if (unmet === undefined || whyNot(task, wishes, { open: new Set(), missing: new Map() }) !== undefined) return []
    return [{ task, reason: `it depends on ${unmet}` }]
  })
}

function nameDependency(project: string | undefined, task: string): string {
  const key = /^\d+$/.test(task) ? `issue-${task}` : task.toLowerCase()
  return project === undefined ? key : `${project}#${key}`
}

function trimPath(path: string): string {
  return path.replace(/^(?:\.\/)+/, '').replace(/[/.,;:]+$/, '')
}

/** The order in which tasks are tried: priority first, then the oldest, then the name. */
export function rankTasks(tasks: readonly Task[]): readonly Task[] {
  return tasks.toSorted((a, b) => priorityOfTask(a) - priorityOfTask(b) || a.updatedAt - b.updatedAt || (a.key < b.key ? -1 : 1))
}
