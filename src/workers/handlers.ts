import { withDeadline } from '../lib/deadline.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import type { CallContext, HandlersOf, InputOf } from '../operations/define-operation.ts'
import type { Desks } from '../tasks/desks.ts'
import { workersFaults } from './faults.ts'
import type { workersOperations } from './operations.ts'
import type { Workbench, WorkSettings } from './work-desk.ts'
import type { WorkEnd } from './supervisor.ts'
import type { WorkerNews, WorkerStatus } from './worker.ts'
import { Worker } from './worker.ts'

export interface WorkerHandlerDeps {
  readonly clock: Clock
  readonly log: Log
  readonly findDesks: (hive: string | undefined) => Desks
  /** Loads the drivers: asked when a worker is started, and not before. */
  readonly openWorkbench: (
    hive: string | undefined,
    given: { readonly settings: WorkSettings; readonly role: string; readonly signal: AbortSignal },
  ) => Promise<Workbench>
  /** Aborted when the node is told to end. */
  readonly stopping: AbortSignal
}

export interface WorkerHandlerOptions extends WorkSettings {
  readonly label: string
  readonly maxTasks: number
  readonly pollMs: number
}

type Handlers = HandlersOf<typeof workersOperations>
type StartInput = InputOf<(typeof workersOperations)[0]>

const idle: WorkerStatus = { state: 'stopped', tasks: [], ended: { inReview: 0, released: 0, needsHuman: 0, lost: 0 } }

/** What answers the operations of the worker; a node has one. */
export function createWorkerHandlers(deps: WorkerHandlerDeps, options: WorkerHandlerOptions): Handlers & AsyncDisposable {
  let running: { readonly worker: Worker; readonly stop: AbortController; readonly ended: Promise<unknown> } | undefined
  let last = idle

  const start = async (input: StartInput, context: CallContext): Promise<WorkerStatus> => {
    if (running !== undefined)
      throw workersFaults.create('WORKER_RUNS', {
        message: 'a worker runs on this node already; `althing worker status` shows it, `althing worker stop` ends it',
      })
    const stop = new AbortController()
    const late = input.for === undefined ? [] : [withDeadline(deps.clock, input.for * 1_000, stop.signal)]
    const signal = AbortSignal.any([context.signal, stop.signal, deps.stopping, ...late])
    const settings = { ...options, driver: input.driver ?? options.driver, model: input.model ?? options.model }
    const ended = Promise.withResolvers<void>()
    const placeholder = new Worker({ ...idleDeps, clock: deps.clock, log: deps.log }, { ...options, types: [] })
    // taken before anything is waited for, so that a second one is refused
    running = { worker: placeholder, stop, ended: ended.promise }
    try {
      const bench = await deps.openWorkbench(context.hive, { settings, role: input.role, signal })
      deps.log.info('a worker looks for tasks', { agent: bench.agent, holds: bench.holds })
      const say = createTelling(context)
      say(`${bench.agent} looks for tasks · ${bench.holds}`)
      if (deps.findDesks(context.hive).all().length === 0) say('no project is here yet: althing project add URL')
      const worker = new Worker(
        {
          clock: deps.clock,
          log: deps.log,
          desks: () => deps.findDesks(context.hive).all(),
          supervise: bench.supervise,
          isMerged: bench.isMerged,
          tell: (news) => say(describeNews(news)),
        },
        { ...options, types: [] },
      )
      running = { worker, stop, ended: ended.promise }
      if (input.once) await worker.once({ signal })
      else await worker.run({ signal })
      return { ...worker.status, state: 'stopped' }
    } finally {
      last = { ...running.worker.status, state: 'stopped' }
      running = undefined
      ended.resolve()
    }
  }
  const statusNow = (): WorkerStatus => running?.worker.status ?? last
  const stopNow = async (): Promise<WorkerStatus> => {
    const { stop, ended } = running ?? {}
    stop?.abort(new Error('the worker was stopped'))
    await ended
    return { ...statusNow(), state: 'stopped' }
  }
  return {
    'worker.start': async (input, context) => plain(await start(input, context)),
    'worker.status': async () => plain(statusNow()),
    'worker.stop': async () => plain(await stopNow()),
    'worker.pause': async () => {
      running?.worker.pause()
      return plain(statusNow())
    },
    'worker.resume': async () => {
      running?.worker.resume()
      return plain(statusNow())
    },
    [Symbol.asyncDispose]: async () => void (await stopNow()),
  }
}

/** What a worker that has no bench yet stands on. */
const idleDeps = {
  desks: () => [],
  supervise: () => Promise.reject(new Error('a worker without a bench was given work')),
  isMerged: () => Promise.resolve(false),
  tell: () => {},
}

/** Says what stays on the screen; the same again is no news. */
function createTelling(context: CallContext): (sentence: string) => void {
  let said = ''
  return (sentence) => {
    if (sentence !== said) context.report({ stage: sentence, done: 0, unit: 'items', isNotice: true })
    said = sentence
  }
}

function describeNews(news: WorkerNews): string {
  switch (news.news) {
    case 'idle':
      return news.reason
    case 'took':
      return `${news.task.key} is ours, epoch ${news.epoch}: ${news.task.title}`
    case 'merged':
      return `${news.task.key} is merged, and closed`
    case 'ended':
      return `${news.task.key}: ${describeEnd(news.end)}`
  }
}

function describeEnd(end: WorkEnd): string {
  switch (end.end) {
    case 'in-review':
      return `in review, ${end.wasThere ? 'the pull request was there already' : end.url}`
    case 'released':
      return `given back, ${end.reason}`
    case 'needs-human':
      return `waits for a person, ${end.reason}`
    case 'lost':
      return `lost, ${end.reason}`
  }
}

function plain({ state, tasks, ended }: WorkerStatus) {
  return { state, tasks: tasks.map((task) => ({ ...task })), ended: { ...ended } }
}
