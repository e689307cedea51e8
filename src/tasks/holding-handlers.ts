import { withDeadline } from '../lib/deadline.ts'
import type { Clock } from '../lib/clock.ts'
import type { HandlersOf } from '../operations/define-operation.ts'
import type { Desks } from './desks.ts'
import { tasksFaults } from './faults.ts'
import type { tasksOperations } from './operations.ts'
import type { PersonHoldings } from './person-holdings.ts'
import { formatReason } from './rules/reasons.ts'
import type { Talk } from './talk/talk.ts'
import { TaskWatcher } from './task-watcher.ts'

export interface HoldingHandlerDeps {
  readonly clock: Clock
  readonly findDesks: (hive: string | undefined) => Desks
  readonly holdings: PersonHoldings
  /** What members of a hive say of tasks; undefined without a network. */
  readonly findTasks: (hive: string | undefined) => { readonly talk: Talk } | undefined
  /** A node that serves one command and leaves: it can hold nothing. */
  readonly isTransient: boolean
}

type Handlers = HandlersOf<typeof tasksOperations>

/** What answers those who hold tasks themselves, and those who watch. */
export function createHoldingHandlers(
  { clock, findDesks, findTasks, holdings, isTransient }: HoldingHandlerDeps,
  options: { readonly pollMs: number },
): Pick<Handlers, 'task.claim' | 'task.release' | 'task.watch'> {
  // one for each hive: what one caller looked at, the next need not
  const watchers = new Map<Desks, TaskWatcher>()
  const watcherOf = (desks: Desks): TaskWatcher => {
    const watcher = watchers.get(desks) ?? new TaskWatcher({ clock }, options)
    watchers.set(desks, watcher)
    return watcher
  }
  return {
    'task.claim': async ({ task: name, project, near, for: seconds }, { hive, signal }) => {
      if (isTransient)
        throw tasksFaults.create('CLAIM_NEEDS_NODE', {
          message: 'no node runs on this home, so nobody would renew the claim: start one with `althing p2p start`, and ask again',
          data: { task: name.slice(0, 400) },
        })
      const desks = findDesks(hive)
      const found = await desks.findTask(name, { project, near }, { signal })
      const { holder, until } = await holdings.claim(found, { forMs: seconds === undefined ? undefined : seconds * 1_000, signal })
      const { branch, base, epoch } = holder.terms
      const { key, title } = found.task
      const { id, forge } = found.desk.project
      findTasks(hive)?.talk.claimed({ project: id, task: key }, epoch)
      return {
        ...{ project: id, forge, key, title, branch, base, epoch },
        until: until === undefined ? null : new Date(until).toISOString(),
      }
    },
    'task.release': async ({ task: name, project, near, reason }, { hive, signal }) => {
      const desks = findDesks(hive)
      const { desk, task } = await desks.findTask(name, { project, near }, { signal })
      const { pull } = await holdings.release(task, { reason: formatReason('by-person', reason), signal })
      if (pull === undefined) findTasks(hive)?.talk.released({ project: desk.project.id, task: task.key })
      return { project: desk.project.id, key: task.key, status: pull === undefined ? 'released' : 'in-review', pull: pull ?? null }
    },
    'task.watch': async ({ project, near, after, wait }, { hive, signal }) => {
      const desks = findDesks(hive)
      const named = desks.choose(project, near)
      const watched = named === undefined ? desks.all() : [desks.get(named)]
      const late = withDeadline(clock, wait * 1_000, signal)
      const { items, ...place } = await watcherOf(desks).next(watched, { after, late, signal })
      return { items: items.map(({ at, ...item }) => ({ ...item, at: new Date(at).toISOString() })), ...place }
    },
  }
}
