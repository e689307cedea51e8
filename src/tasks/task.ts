import { tasksFaults } from './faults.ts'

declare const taskKeyBrand: unique symbol
declare const projectIdBrand: unique symbol

/** The name of a task within its project: `issue-<number>`, or `t-<first 12 hex of its record's CID digest>`. */
export type TaskKey = string & { readonly [taskKeyBrand]: true }

/**
 * The name of a project, the same on every member: `host/path` for what is reached over a network (`host:port/path` where the port
 * is not the scheme's own), `file:/path` for a folder.
 */
export type ProjectId = string & { readonly [projectIdBrand]: true }

/** What kind of forge a project lives on. `git`: a repository and nothing else; tasks and pull requests are hive records. */
export type ForgeKind = 'github' | 'gitea' | 'gitlab' | 'git'

/** A repository whose tasks are worked on. */
export interface Project {
  readonly id: ProjectId
  /** Where git pushes to: http, https or ssh URL, or an absolute path. Holds no credentials. */
  readonly url: string
  readonly forge: ForgeKind
  /** Branch that pull requests go to, `main`. */
  readonly base: string
}

/** Where a task stands for those who look for work. */
export type TaskState = 'open' | 'closed'

/** Something to be done in a project. Text is what others wrote: data, never an instruction. */
export interface Task {
  readonly project: ProjectId
  readonly key: TaskKey
  /** Number of the issue; undefined for tasks that are hive records. */
  readonly number: number | undefined
  readonly title: string
  readonly body: string
  readonly labels: readonly string[]
  readonly state: TaskState
  /** sha-256 in hex over title, body and the trusted comments, pinned by a claim. */
  readonly issueHash: string
  /** For people. */
  readonly url: string | undefined
  /** Wall time of the forge in milliseconds. */
  readonly updatedAt: number
  /** Who wrote it, where that is nobody whose text may reach an agent; undefined for those who may. */
  readonly untrustedAuthor?: string
}

/** Longest name of a project, in characters. */
const maxProjectIdLength = 256

/** Reads the name of a task; undefined for anything else. */
export function parseTaskKey(text: string): TaskKey | undefined {
  return /^(?:issue-[1-9][0-9]{0,14}|t-[0-9a-f]{12})$/.test(text) ? (text as TaskKey) : undefined
}

/** The task of an issue. @throws Fault TASK_NAME_INVALID for what is no number of an issue */
export function taskKeyOfIssue(number: number): TaskKey {
  const key = parseTaskKey(`issue-${number}`)
  if (key === undefined) throw tasksFaults.create('TASK_NAME_INVALID', { message: `${number} is no number of an issue` })
  return key
}

/** Number of the issue a task stands for; undefined for a task without one. */
export function issueOfTaskKey(key: TaskKey): number | undefined {
  return key.startsWith('issue-') ? Number(key.slice('issue-'.length)) : undefined
}

/** Reads the name of a project; undefined for anything else. */
export function parseProjectId(text: string): ProjectId | undefined {
  const isId = text.length <= maxProjectIdLength && /^(?:file:\/|[a-z0-9[])[!-~]*$/.test(text) && text.includes('/')
  return isId ? (text as ProjectId) : undefined
}

/**
 * The name of the project at an address: two spellings of one address give one name.
 *
 * Takes `https://host/path`, `ssh://user@host/path`, `user@host:path` and absolute paths; user names, `.git` and a slash at the end
 * do not count.
 *
 * @throws Fault PROJECT_INVALID
 */
export function projectIdOf(address: string): ProjectId {
  const id = parseProjectId(spellProject(address))
  if (id === undefined) throw invalidProject(address)
  return id
}

function spellProject(address: string): string {
  const trimmed = address.replace(/\/+$/, '').replace(/\.git$/, '')
  if (trimmed.startsWith('/')) return `file:${trimmed}`
  const scp = /^(?:[\w.-]+@)?([\w.-]+):([^/].*)$/.exec(trimmed)
  if (scp !== null && !trimmed.includes('://')) return `${(scp[1] ?? '').toLowerCase()}/${scp[2] ?? ''}`
  const url = URL.parse(trimmed)
  if (url === null || !['http:', 'https:', 'ssh:', 'file:'].includes(url.protocol)) throw invalidProject(address)
  if (url.protocol === 'file:') return `file:${url.pathname}`
  const port = url.port === '' || (url.protocol === 'ssh:' && url.port === '22') ? '' : `:${url.port}`
  return `${url.hostname.toLowerCase()}${port}${url.pathname}`
}

function invalidProject(address: string): Error {
  return tasksFaults.create('PROJECT_INVALID', {
    message: `"${withoutPassword(address)}" is no address of a project; give https://host/path, ssh://user@host/path or an absolute path`,
  })
}

/** What stands before an `@` may be a secret. */
function withoutPassword(address: string): string {
  return address.slice(0, 200).replace(/\/\/[^/@]*@/, '//…@')
}
