import type { HandlersOf } from '../operations/define-operation.ts'
import { refuseBase, refuseFolder, withoutName } from './accept-repository.ts'
import type { ProjectDesk } from './desk.ts'
import type { Desks } from './desks.ts'
import { tasksFaults } from './faults.ts'
import type { AccessLog } from './forges/access-log.ts'
import { guessForge, hostOf, placeOf } from './forges/forge-place.ts'
import type { tasksOperations } from './operations.ts'
import { projectIdOf } from './task.ts'

export interface ProjectHandlerDeps {
  /** The projects of the hive a caller named, or of the current one. */
  readonly findDesks: (hive: string | undefined) => Desks
  /** The label that makes an issue a task. */
  readonly label: string
  readonly accessLog: AccessLog
  /** Keeps the token for a host, read from a file; forgets it without one, and says whether there was one. */
  readonly keepToken: (host: string, file: string | undefined) => Promise<boolean>
}

type Handlers = HandlersOf<typeof tasksOperations>

/** What answers the operations of projects and their forges. */
export function createProjectHandlers(
  deps: ProjectHandlerDeps,
): Pick<Handlers, 'project.add' | 'project.list' | 'project.remove' | 'project.doctor' | 'project.token' | 'forge.log' | 'task.add'> {
  const { findDesks, label, accessLog, keepToken } = deps
  return {
    'project.add': async ({ url, base, forge: said }, { hive, signal }) => {
      const desks = findDesks(hive)
      const forge = said ?? guessForge(url)
      if (forge !== 'git') placeOf({ url, forge })
      const before = desks.projects.list().find(({ id }) => id === projectIdOf(url))
      await refuseFolder(url, before)
      const project = await desks.projects.add({ url, forge, base })
      desks.close(project)
      try {
        // asked once now: a wrong address or token is best known at once
        const desk = desks.get(project.id)
        await refuseBase(desk, { signal })
        await desk.sights({ signal })
        await desk.source.open({ signal })
      } catch (error) {
        // one that was there stays as it was, with the chains that were verified
        await (before === undefined ? desks.projects.remove(project.id) : desks.projects.add(before))
        desks.close(project)
        throw withoutName(error)
      }
      return project
    },
    'project.list': async (_input, { hive }) => ({ projects: [...findDesks(hive).projects.list()] }),
    'project.remove': async ({ project: name }, { hive }) => {
      const desks = findDesks(hive)
      const project = desks.projects.find(name)
      await desks.projects.remove(project.id)
      desks.close(project)
      return project
    },
    'project.doctor': async ({ project, near }, { hive, signal }) => {
      const desk = chosenDesk(findDesks(hive), project, near)
      const { lines, form, answered } = await desk.examine({ signal })
      return { project: desk.project.id, lines: [...lines], form: form ?? null, answered, hasFailed: lines.some(({ isGood }) => !isGood) }
    },
    'project.token': async ({ project, file, remove }, { hive }) => {
      const host = hostOfProject(findDesks(hive), project)
      const wasThere = await keepToken(host, remove ? undefined : (file ?? ''))
      return { host, status: remove ? (wasThere ? 'removed' : 'missing') : 'kept' }
    },
    'forge.log': async ({ limit }) => ({
      requests: accessLog.list(limit).map(({ at, ...request }) => ({ at: new Date(at).toISOString(), ...request })),
    }),
    'task.add': async ({ title, text, label: labels, project, near }, { hive }) => {
      if (title.trim() === '')
        throw tasksFaults.create('TASK_INVALID', { message: 'the title is empty; say in one line what is to be done', data: { title: '' } })
      const { project: where, records } = chosenDesk(findDesks(hive), project, near)
      if (records === undefined)
        throw tasksFaults.create('TASK_INVALID', {
          message: `${where.id} has a forge: open an issue there and give it the label ${label}`,
          data: { title: title.slice(0, 256) },
        })
      const task = await records.add({ title, body: text ?? '', labels: [...new Set([label, ...labels])] })
      return { project: where.id, key: task.key, title: task.title, labels: [...task.labels] }
    },
  }
}

function chosenDesk(desks: Desks, project: string | undefined, near: string | undefined): ProjectDesk {
  return desks.get(desks.choose(project, near) ?? desks.only().id)
}

/** The host of a project, or of an address of one that is yet to be added. */
function hostOfProject({ projects }: Desks, name: string): string {
  const url = /:\/\/|^[\w.-]+@/.test(name) ? name : projects.find(name).url
  const host = hostOf(url)
  if (host !== undefined) return host
  throw tasksFaults.create('PROJECT_INVALID', { message: `${url.slice(0, 200)} is a folder, which asks for no token` })
}
