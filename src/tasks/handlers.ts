import type { CallContext, HandlersOf } from '../operations/define-operation.ts'
import { askEach } from './ask-each.ts'
import { workBranch } from './claims/claim-refs.ts'
import { listHistory } from './claims/history.ts'
import { describeTask, sinceOf, whyNotTaken } from './describe-task.ts'
import type { ProjectDesk } from './desk.ts'
import type { Desks, FoundTask } from './desks.ts'
import { tasksFaults } from './faults.ts'
import type { HoldingHandlerDeps } from './holding-handlers.ts'
import { createHoldingHandlers } from './holding-handlers.ts'
import type { HookHandlerDeps } from './hooks/hook-handlers.ts'
import { createHookHandler } from './hooks/hook-handlers.ts'
import type { tasksOperations } from './operations.ts'
import type { ProjectHandlerDeps } from './project-handlers.ts'
import { createProjectHandlers } from './project-handlers.ts'
import { findAbandoned, rankTasks, typeOfTask } from './rules/choose-task.ts'
import { formatReason } from './rules/reasons.ts'
import type { Talk } from './talk/talk.ts'
import type { Task } from './task.ts'

export interface TaskHandlerDeps extends ProjectHandlerDeps, Omit<HookHandlerDeps, 'findDesks'>, HoldingHandlerDeps {
  /** How often tasks are looked at while somebody watches them, in milliseconds. */
  readonly pollMs: number
  /** What is kept in the hive of the last run of a task. */
  readonly findKept: (hive: string | undefined, task: Task) => KeptRun
  /** Why the worker of this node takes nothing for now; undefined while it takes tasks, or where none runs. */
  readonly findHindrance: (context: CallContext) => Promise<string | undefined>
  /** What members of a hive say of tasks; undefined without a network. */
  readonly findTasks: (hive: string | undefined) => { readonly talk: Talk } | undefined
}

/** What agents left of a task. */
export interface KeptRun {
  /** Address of the newest decision; undefined when there is none. */
  readonly decision: string | undefined
  /** Address of the newest transcript, and what it says, undefined when it is not here or too long to be shown. */
  readonly transcript:
    | { readonly address: string; readonly read: (options: { readonly signal: AbortSignal }) => Promise<string | undefined> }
    | undefined
}

type Handlers = HandlersOf<typeof tasksOperations>
type NextTask = NonNullable<Awaited<ReturnType<Handlers['task.next']>>['next']>

/** What answers the operations of projects and tasks. */
export function createTaskHandlers(deps: TaskHandlerDeps): Handlers {
  return {
    ...createProjectHandlers(deps),
    'project.hook': createHookHandler(deps),
    ...createHoldingHandlers(deps, deps),
    ...readingHandlers(deps),
    ...historyHandlers(deps),
    ...interruptHandlers(deps),
  }
}

function readingHandlers({
  findDesks,
  findTasks,
  findKept,
  findHindrance,
  label,
}: TaskHandlerDeps): Pick<Handlers, 'task.list' | 'task.show' | 'task.next'> {
  const wishes = { labels: [label], types: [] }
  return {
    'task.list': async ({ project, near, all }, { hive, signal }) => {
      const tasks: ReturnType<typeof describeTask>[] = []
      const look = async (desk: ProjectDesk): Promise<void> => {
        const sights = await desk.sights({ signal })
        const known = all ? (desk.records?.all() ?? (await desk.source.open({ signal }))) : await desk.source.open({ signal })
        for (const task of rankTasks(known)) tasks.push(describeTask(task, sights.get(task.key)))
      }
      const failed = await askEach(chosen(findDesks(hive), { project, near }), look, { signal })
      return { tasks, failed }
    },
    'task.show': async ({ task: name, project, near, transcript }, { hive, signal }) => {
      const { desk, task } = await findNamed(findDesks(hive), { name, project, near }, { signal })
      const sight = await desk.sight(task.key, { signal })
      const needed = await desk.lookAtNeeded(await desk.source.open({ signal }), { signal })
      const pull = await desk.pulls.findPull({ head: workBranch(task.key), base: desk.project.base }, { signal })
      const kept = findKept(hive, task)
      return {
        ...describeTask(task, sight),
        body: task.body,
        since: sinceOf(task, sight) ?? null,
        branch: workBranch(task.key),
        whyNot: whyNotTaken(task, sight, { wishes, needed }) ?? null,
        pull: pull?.url ?? null,
        decision: kept.decision ?? null,
        transcript: transcript ? ((await kept.transcript?.read({ signal })) ?? null) : null,
      }
    },
    'task.next': async ({ project, near }, context) => {
      const { hive, signal } = context
      const passedOver: { readonly project: string; readonly key: string; readonly title: string; readonly reason: string }[] = []
      let next: NextTask | null = null
      const look = async (desk: ProjectDesk): Promise<void> => {
        if (next !== null) return
        const sights = await desk.sights({ signal })
        const open = await desk.source.open({ signal })
        const needed = { ...(await desk.lookAtNeeded(open, { signal })), abandoned: findAbandoned(sights) }
        for (const task of rankTasks(open)) {
          const sight = sights.get(task.key)
          const meaning = sight?.meaning.meaning ?? 'free'
          const reason = whyNotTaken(task, sight, { wishes, needed }) ?? (meaning === 'free' ? undefined : `it is ${meaning}`)
          if (reason === undefined) {
            const { rank, of } = findTasks(hive)?.talk.standing(task) ?? { rank: 0, of: 1 }
            const likeIt = desk.record.countLike(typeOfTask(task))
            next = { ...describeTask(task, sight), rank: rank + 1, of, likeIt }
            return
          }
          passedOver.push({ project: desk.project.id, key: task.key, title: task.title, reason })
        }
      }
      const failed = await askEach(chosen(findDesks(hive), { project, near }), look, { signal })
      return { next, hindrance: (await findHindrance(context)) ?? null, passedOver, failed }
    },
  }
}

function historyHandlers({ findDesks }: TaskHandlerDeps): Pick<Handlers, 'task.history'> {
  return {
    'task.history': async ({ task: name, project, near, renewals }, { hive, signal }) => {
      const { desk, task } = await findNamed(findDesks(hive), { name, project, near }, { signal })
      const { chain } = await desk.sight(task.key, { signal })
      const lines = chain === undefined ? [] : listHistory(chain, { withRenewals: renewals })
      const links = lines.map(({ id, document, why }) => ({
        commit: id,
        kind: document?.kind ?? null,
        epoch: document?.epoch ?? null,
        holder: document?.holder ?? null,
        reason: document?.reason ?? null,
        at: document?.at ?? null,
        tokens: document?.cost?.tokens ?? null,
        microUsd: document?.cost?.microUsd ?? null,
        why: why ?? null,
      }))
      return { project: desk.project.id, key: task.key, links }
    },
  }
}

function interruptHandlers({ findDesks, findTasks, holdings }: TaskHandlerDeps): Pick<Handlers, 'task.break' | 'task.pause' | 'task.done'> {
  const interrupt =
    (kind: 'break' | 'pause' | 'done'): Handlers['task.break'] =>
    async ({ task: name, project, near, reason }, { hive, signal }) => {
      const { desk, task } = await findNamed(findDesks(hive), { name, project, near }, { signal })
      if (kind !== 'done') await refuseClosed(desk, task, { signal })
      // what nobody ever claimed has nothing that could be broken, and may be closed all the same: who wins it now sees that and lets go
      const isFresh = kind === 'done' && (await desk.sight(task.key, { signal })).value === undefined
      if (!isFresh) await desk.interrupt(task.key, { kind, reason: formatReason('by-person', reason), signal })
      await holdings.letGo(task)
      if (kind === 'done') await desk.source.project(task.key, { add: [], remove: [], state: 'closed' }, { signal })
      // a person has looked
      if (kind === 'break') await desk.source.project(task.key, { add: [], remove: ['needs-human'] }, { signal })
      if (kind === 'break') findTasks(hive)?.talk.released({ project: desk.project.id, task: task.key })
      return { project: desk.project.id, key: task.key, status: kind, reason }
    }

  return { 'task.break': interrupt('break'), 'task.pause': interrupt('pause'), 'task.done': interrupt('done') }
}

/** Of what is closed and held by nobody, nothing can be paused or freed. @throws Fault TASK_CLOSED */
async function refuseClosed(desk: ProjectDesk, { key, state }: Task, waiting: { readonly signal: AbortSignal }): Promise<void> {
  if (state === 'open') return
  const { meaning } = await desk.sight(key, waiting)
  if (['held', 'ours', 'ours-elsewhere'].includes(meaning.meaning)) return
  const way =
    desk.records === undefined
      ? 'open its issue again at the forge'
      : 'what is left to be done is a new task: `althing task add TITLE --text TEXT`'
  throw tasksFaults.create('TASK_CLOSED', {
    message: `${key} is closed, and nobody works on it; ${way}`,
    data: { project: desk.project.id, task: key },
  })
}

interface Named {
  readonly project: string | undefined
  /** Address of the folder's repository. */
  readonly near: string | undefined
}

/** The project that was named, or that of the folder, or all. */
function chosen(desks: Desks, { project, near }: Named): readonly ProjectDesk[] {
  const name = desks.choose(project, near)
  return name === undefined ? desks.all() : [desks.get(name)]
}

function findNamed(
  desks: Desks,
  { name, project, near }: { readonly name: string } & Named,
  waiting: { readonly signal: AbortSignal },
): Promise<FoundTask> {
  return desks.findTask(name, { project, near }, waiting)
}
