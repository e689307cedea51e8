import { parseTaskKey, taskKeyOfIssue } from './task.ts'
import type { Project, Task, TaskKey } from './task.ts'
import type { DeskDeps, DeskOptions } from './desk.ts'
import { ProjectDesk } from './desk.ts'
import type { DeskState } from './desk-state.ts'
import { createDeskState } from './desk-state.ts'
import { tasksFaults } from './faults.ts'
import type { Projects } from './projects.ts'
import { createProjects } from './projects.ts'

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
   * The task a person means: `t-0123456789ab`, `issue-7`, `7` or `#7` of a project, or `shop#7`, `team/shop#t-0123456789ab`.
   *
   * @throws Fault TASK_NAME_INVALID, PROJECT_MISSING, TASK_MISSING
   */
  readonly findTask: (name: string, project: string | undefined, options: { readonly signal: AbortSignal }) => Promise<FoundTask>
  /** Forgets what is open of a project that was changed or removed. What it has in hand, and its chains, stay while it is there. */
  readonly close: (project: Project) => void
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
    return one !== undefined && others.length === 0 ? one : projects.find('')
  }
  return {
    projects,
    all: () => projects.list().map(deskOf),
    only,
    choose: (project, near) => project ?? (near === undefined ? undefined : projects.findAt(near)?.id),
    get: (project) => deskOf(projects.find(project)),
    findTask: async (name, project, waiting) => {
      const at = name.lastIndexOf('#')
      const named = at > 0 ? name.slice(0, at) : project
      const key = readTaskName(name.slice(at + 1))
      const desk = deskOf(named === undefined ? only() : projects.find(named))
      const task = await desk.source.find(key, waiting)
      if (task !== undefined) return { desk, task }
      throw tasksFaults.create('TASK_MISSING', {
        message: `${desk.project.id} has no task ${key}; \`althing task list\` shows those there are`,
        data: { project: desk.project.id, task: key },
      })
    },
    close: ({ id }) => {
      open.delete(id)
      // of one that was removed nothing is on disk any more
      if (!projects.list().some((project) => project.id === id)) states.delete(id)
    },
  }
}

function readTaskName(text: string): TaskKey {
  const key = parseTaskKey(text)
  if (key !== undefined) return key
  if (/^[1-9]\d{0,14}$/.test(text)) return taskKeyOfIssue(Number(text))
  throw tasksFaults.create('TASK_NAME_INVALID', {
    message: `${JSON.stringify(text.slice(0, 80))} names no task; write t-0123456789ab, or the number of an issue`,
  })
}
