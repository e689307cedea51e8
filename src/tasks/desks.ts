import { findNamed, formatChoices } from '../lib/abbreviation.ts'
import { issueOfTaskKey, parseTaskKey, taskKeyOfIssue } from './task.ts'
import type { Project, Task, TaskKey } from './task.ts'
import type { DeskDeps, DeskOptions } from './desk.ts'
import { ProjectDesk } from './desk.ts'
import type { DeskState } from './desk-state.ts'
import { createDeskState } from './desk-state.ts'
import { tasksFaults } from './faults.ts'
import type { Projects } from './projects.ts'
import { createProjects, unnamedProject } from './projects.ts'

/** The projects of one hive on this node, each opened once. */
export interface Desks {
  readonly projects: Projects
  readonly all: () => readonly ProjectDesk[]
  /** The one project there is. @throws Fault PROJECT_MISSING with the names of all, where one has to be named */
  readonly only: () => Project
  /** The project that was named, else the one at an address; undefined where nothing says which. */
  readonly choose: (project: string | undefined, near: string | undefined) => string | undefined
  /** @throws Fault PROJECT_MISSING */
  readonly get: (project: string) => ProjectDesk
  /**
   * The task a person means: `t-0123456789ab`, `issue-7`, `7` or `#7` of a project, or `shop#7`, `team/shop#t-0123456789ab`. The name of a record is
   * that of one task alone: where no project was named it is found in whichever has it, that of the folder first, and
   * the beginning of it is enough while no other task of those projects begins so.
   *
   * @throws Fault TASK_NAME_INVALID, PROJECT_MISSING, TASK_MISSING
   */
  readonly findTask: (name: string, where: NamedProject, options: { readonly signal: AbortSignal }) => Promise<FoundTask>
  /** Forgets what is open of a project that was changed or removed. What it has in hand, and its chains, stay while it is there. */
  readonly close: (project: Project) => void
}

/** What says which project is meant. */
export interface NamedProject {
  readonly project?: string | undefined
  /** Address of the folder's repository. */
  readonly near?: string | undefined
}

export interface FoundTask {
  readonly desk: ProjectDesk
  readonly task: Task
}

/** Opens projects when they are first asked for. */
export function createDesks(deps: DeskDeps, options: DeskOptions): Desks {
  const projects = createProjects(deps)
  const open = new Map<string, ProjectDesk>()
  const states = new Map<string, DeskState>()
  const findDesk = (name: string): ProjectDesk | undefined => {
    const found = projects.list().filter(({ id }) => id === name || id.endsWith(`/${name}`))
    return found.length === 1 ? found.map(deskOf)[0] : undefined
  }
  const deskOf = (project: Project): ProjectDesk => {
    const state = states.get(project.id) ?? createDeskState(deps.database, { hive: deps.hive, project: project.id })
    states.set(project.id, state)
    const desk = open.get(project.id) ?? new ProjectDesk({ ...deps, findDesk, state }, project, options)
    open.set(project.id, desk)
    return desk
  }
  const only = (): Project => {
    const [one, ...others] = projects.list()
    if (one === undefined || others.length > 0) throw unnamedProject(projects.list())
    return one
  }
  return {
    projects,
    all: () => projects.list().map(deskOf),
    only,
    choose: (project, near) => project ?? (near === undefined ? undefined : projects.findAt(near)?.id),
    get: (project) => deskOf(projects.find(project)),
    findTask: async (name, { project, near }, waiting) => {
      const at = name.lastIndexOf('#')
      const named = at > 0 ? name.slice(0, at) : project
      const text = name.slice(at + 1)
      const known = named === undefined ? projects.list() : [projects.find(named)]
      const key = beginning.test(text) ? completeKey(text, known.map(deskOf)) : readTaskName(text)
      const candidates =
        named === undefined ? listCandidates(key, projects.list(), near === undefined ? undefined : projects.findAt(near)) : known
      for (const candidate of candidates) {
        const desk = deskOf(candidate)
        const task = await desk.source.find(key, waiting)
        if (task !== undefined) return { desk, task }
      }
      throw missingTask(key, candidates)
    },
    close: ({ id }) => {
      open.delete(id)
      // of one that was removed nothing is on disk any more
      if (!projects.list().some((project) => project.id === id)) states.delete(id)
    },
  }
}

/** Where a task may be whose project was not named. The number of an issue says nothing of its project. @throws Fault PROJECT_MISSING */
function listCandidates(key: TaskKey, all: readonly Project[], here: Project | undefined): readonly Project[] {
  if (all.length === 1) return all
  const isIssue = issueOfTaskKey(key) !== undefined
  if (isIssue && here !== undefined) return [here]
  const candidates = all.filter(({ forge }) => (forge !== 'git') === isIssue)
  if (candidates.length === 0 || (isIssue && candidates.length > 1)) throw unnamedProject(all)
  return candidates.toSorted((one, other) => Number(other.id === here?.id) - Number(one.id === here?.id))
}

function missingTask(key: TaskKey, asked: readonly Project[]): Error {
  const ids = asked.slice(0, 10).map(({ id }) => id)
  return tasksFaults.create('TASK_MISSING', {
    message: `${ids.join(', ')} ${ids.length === 1 ? 'has' : 'have'} no task ${key}; \`althing task list\` shows those there are`,
    data: { project: ids[0] ?? '', task: key },
  })
}

/** The beginning of the name of a record, which is 12 digits in whole. */
const beginning = /^t-[0-9a-f]{2,11}$/

/** The whole key of the one record that begins so. @throws Fault TASK_MISSING, TASK_NAME_INVALID */
function completeKey(text: string, desks: readonly ProjectDesk[]): TaskKey {
  const keys = desks.flatMap((desk) => desk.records?.all() ?? []).map(({ key }) => key)
  const naming = findNamed(
    text,
    keys.map((key) => ({ item: key, id: key, names: [] })),
  )
  if (naming.match === 'one') return naming.item
  if (naming.match === 'none')
    throw tasksFaults.create('TASK_MISSING', {
      message: `no task that is known here begins with ${text}; \`althing task list\` shows those there are`,
      data: { project: desks[0]?.project.id ?? '', task: text },
    })
  throw tasksFaults.create('TASK_NAME_INVALID', { message: `${text} is the beginning of several tasks: ${formatChoices(naming.found)}` })
}

function readTaskName(text: string): TaskKey {
  const key = parseTaskKey(text)
  if (key !== undefined) return key
  if (/^[1-9]\d{0,14}$/.test(text)) return taskKeyOfIssue(Number(text))
  throw tasksFaults.create('TASK_NAME_INVALID', {
    message: `${JSON.stringify(text.slice(0, 80))} names no task; write t-0123456789ab, or the number of an issue`,
  })
}
