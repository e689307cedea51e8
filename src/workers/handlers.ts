import { withDeadline } from '../lib/deadline.ts'
import type { Chance } from '../lib/chance.ts'
import type { Clock } from '../lib/clock.ts'
import { describeError } from '../lib/fault.ts'
import type { Log } from '../lib/log.ts'
import type { CallContext, HandlersOf, InputOf } from '../operations/define-operation.ts'
import { runCollector } from '../tasks/collector.ts'
import type { Desks } from '../tasks/desks.ts'
import type { HelpLine } from '../tasks/talk/help-line.ts'
import type { Talk } from '../tasks/talk/talk.ts'
import { silentTalk } from '../tasks/talk/talk.ts'
import type { ProjectId } from '../tasks/task.ts'
import type { Events } from '../lib/events.ts'
import type { Escalations } from './escalations.ts'
import { workersFaults } from './faults.ts'
import type { workersOperations } from './operations.ts'
import type { Approve } from './proposal.ts'
import { formatProposal } from './proposal.ts'
import { Questions } from './questions.ts'
import type { Workbench, WorkSettings } from './work-desk.ts'
import type { WorkEnd } from './work-end.ts'
import { WorkerEnds } from './work-end.ts'
import type { WorkerStatus } from './worker.ts'
import type { WorkerNews } from './worker-news.ts'
import { Worker } from './worker.ts'

export interface WorkerHandlerDeps {
  readonly clock: Clock
  readonly chance: Chance
  readonly log: Log
  readonly findDesks: (hive: string | undefined) => Desks
  /** What members of a hive say of tasks, and agents that can be asked; undefined without a network. */
  readonly findTasks: (hive: string | undefined) => { readonly talk: Talk; readonly help: HelpLine } | undefined
  /** Loads the drivers: asked when a worker is started, and not before. */
  readonly openWorkbench: (
    hive: string | undefined,
    given: {
      readonly settings: WorkSettings
      readonly role: string
      /** Asks a person before anything is pushed. */
      readonly approve: Approve | undefined
      readonly signal: AbortSignal
    },
  ) => Promise<Workbench>
  /** Says that something may have happened in a project. */
  readonly prompts: Pick<Events<{ 'project:prompted': readonly [project: ProjectId] }>, 'on'>
  /** Opens what tells the operator's server of tasks that wait for a person. @throws Fault WORKER_CONFIG_INVALID */
  readonly openEscalations: (agent: string) => Escalations
  /** Aborted when the node is told to end. */
  readonly stopping: AbortSignal
}

export interface WorkerHandlerOptions extends WorkSettings {
  readonly label: string
  readonly maxTasks: number
  readonly pollMs: number
  /** Time between two rounds that collect the claims of tasks that are over, in milliseconds. */
  readonly collectEveryMs: number
  readonly lookMs: number
}

type Handlers = HandlersOf<typeof workersOperations>
type StartInput = InputOf<(typeof workersOperations)[0]>

const idle: WorkerStatus = {
  state: 'stopped',
  tasks: [],
  ended: { inReview: 0, released: 0, needsHuman: 0, lost: 0 },
  hindrance: undefined,
}

/** What answers the operations of the worker; a node has one. */
export function createWorkerHandlers(deps: WorkerHandlerDeps, options: WorkerHandlerOptions): Handlers & AsyncDisposable {
  let running: Run | undefined
  let last = idle
  const questions = new Questions({ chance: deps.chance })

  const start = async (input: StartInput, context: CallContext): Promise<WorkerStatus> => {
    refuseOutside(input.scope)
    if (running !== undefined)
      throw workersFaults.create('WORKER_RUNS', {
        message: 'a worker runs on this node already; `althing worker status` shows it, `althing worker stop` ends it',
      })
    const stop = new AbortController()
    const late = input.for === undefined ? [] : [withDeadline(deps.clock, input.for * 1_000, stop.signal)]
    const signal = tellEndings([context.signal, stop.signal, ...late], deps.stopping)
    const ended = Promise.withResolvers<void>()
    const opened = Promise.withResolvers<Worker>()
    opened.promise.catch(() => {})
    const run: Run = { stop, ended: ended.promise, opened: opened.promise, worker: undefined }
    // taken before anything is waited for, so that a second one is refused
    running = run
    try {
      const worker = await runWorker(deps, options, {
        ...{ input, context, questions, signal },
        onOpen: (open) => {
          run.worker = open
          opened.resolve(open)
        },
      })
      return { ...worker.status, state: 'stopped' }
    } finally {
      last = { ...(run.worker?.status ?? idle), state: 'stopped' }
      running = undefined
      opened.reject(new Error('the worker ended before it was open'))
      ended.resolve()
    }
  }
  const opening: WorkerStatus = { ...idle, state: 'looking' }
  const statusNow = (): WorkerStatus => (running === undefined ? last : (running.worker?.status ?? opening))
  /** The worker that runs, once it is open. */
  const findWorker = async (): Promise<Worker | undefined> => running?.opened.catch(() => undefined)
  const stopNow = async (): Promise<WorkerStatus & { readonly wasRunning: boolean }> => {
    const wasRunning = running !== undefined
    const { stop, ended } = running ?? {}
    stop?.abort(new Error('the worker was stopped'))
    await ended
    return { ...statusNow(), state: 'stopped', wasRunning }
  }
  return {
    'worker.start': async (input, context) => plain(await start(input, context)),
    'worker.approve': async ({ question, refuse }) => ({ question, status: questions.answer(question, !refuse) ? 'answered' : 'gone' }),
    'worker.status': async (_input, { hive }) => ({ ...plain(statusNow()), others: othersOf(deps.findTasks(hive)?.talk) }),
    'worker.stop': async () => {
      const { wasRunning, ...status } = await stopNow()
      return { ...plain(status), wasRunning }
    },
    'worker.pause': async () => {
      ;(await findWorker())?.pause()
      return plain(statusNow())
    },
    'worker.resume': async () => {
      ;(await findWorker())?.resume()
      return plain(statusNow())
    },
    [Symbol.asyncDispose]: async () => void (await stopNow()),
  }
}

/** A scope is a path of the repository, and no task is outside of that. @throws Fault WORKER_CONFIG_INVALID */
function refuseOutside(scopes: readonly string[]): void {
  const outside = scopes.find((scope) => scope.startsWith('/') || scope.split('/').includes('..'))
  if (outside === undefined) return
  throw workersFaults.create('WORKER_CONFIG_INVALID', {
    message: `${JSON.stringify(outside.slice(0, 200))} leads out of the repository; a scope is a folder or file in it, as src/ui`,
    data: { setting: 'scope' },
  })
}

interface AskedWorker {
  readonly input: StartInput
  readonly context: CallContext
  readonly questions: Questions
  readonly signal: AbortSignal
  readonly onOpen: (worker: Worker) => void
}

/** Opens a worker and lets it work until its signal says so, or it did the one task that was asked for. */
async function runWorker(deps: WorkerHandlerDeps, options: WorkerHandlerOptions, asked: AskedWorker): Promise<Worker> {
  const { input, context, questions, signal, onOpen } = asked
  const { clock, log, findDesks } = deps
  const settings = { ...options, driver: input.driver ?? options.driver, model: input.model ?? options.model }
  const approve: Approve = (proposal, waiting) =>
    questions.ask(context, { lines: formatProposal(proposal), question: 'Push it and open the pull request?', ...waiting })
  const given = { settings, role: input.role, approve: input.approve ? approve : undefined, signal }
  const bench = await deps.openWorkbench(context.hive, given)
  const { agent, holds, model, price, answerHelp, supervise, isMerged, compareBranches, findHindrance } = bench
  log.info('a worker looks for tasks', { agent, holds })
  await using escalations = deps.openEscalations(agent)
  const tasks = deps.findTasks(context.hive)
  using _answers = answerHelp === undefined ? undefined : tasks?.help.answerWith(answerHelp)
  const say = createTelling(context)
  say(`${agent} looks for tasks · ${holds}`)
  const desks = () => findDesks(context.hive).all()
  if (desks().length === 0) say('no project is here yet: althing project add URL')
  const worker = new Worker(
    {
      ...{ clock, log, desks, supervise, isMerged, compareBranches, findHindrance },
      tell: (news) => say(describeNews(news)),
      escalate: (escalation) => escalations.tell(escalation),
      talk: tasks?.talk ?? silentTalk,
    },
    {
      ...options,
      ...{ types: [], scopes: input.scope, role: input.role, price },
      about: { agent, models: [model], answers: answerHelp !== undefined },
    },
  )
  onOpen(worker)
  using _heard = listenTo(deps.prompts, worker)
  if (input.once) {
    await worker.once({ signal })
    return worker
  }
  const collecting = runCollector({ ...deps, desks }, { everyMs: options.collectEveryMs }, { signal }).catch((error: unknown) =>
    log.error('claims are collected no more', { error: describeError(error) }),
  )
  await worker.run({ signal })
  await collecting
  return worker
}

/** A worker from the moment it is asked for. */
interface Run {
  readonly stop: AbortController
  readonly ended: Promise<unknown>
  /** Rejects when it ends before it is open. */
  readonly opened: Promise<Worker>
  worker: Worker | undefined
}

/** Aborted when a worker is to end: with a `WorkerEnds` where its node goes on, as far as that is known then. */
function tellEndings(ofWorker: readonly AbortSignal[], stopping: AbortSignal): AbortSignal {
  const ends = new AbortController()
  const any = AbortSignal.any([stopping, ...ofWorker])
  const tell = (): void => ends.abort(stopping.aborted ? stopping.reason : new WorkerEnds(describeError(any.reason)))
  if (any.aborted) tell()
  else any.addEventListener('abort', tell, { once: true })
  return ends.signal
}

/** Lets a worker look at once when something may have happened, until this is disposed. */
function listenTo(prompts: WorkerHandlerDeps['prompts'], worker: Pick<Worker, 'wake'>): Disposable {
  return { [Symbol.dispose]: prompts.on('project:prompted', (project) => worker.wake(project)) }
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
    case 'merged':
      return `merged already, ${end.url}`
    case 'released':
      return `given back, ${end.reason}`
    case 'needs-human':
      return `waits for a person, ${end.reason}`
    case 'lost':
      return `lost, ${end.reason}`
  }
}

/** Workers of other nodes, for a person. */
function othersOf(talk: Talk | undefined) {
  return (talk?.workers() ?? []).map(({ node, agent, projects, labels, types, scopes, models, slots, answers }) => ({
    ...{ node, agent, slots, answers },
    ...{ projects: [...projects], labels: [...labels], types: [...types], scopes: [...scopes], models: [...models] },
  }))
}

function plain({ state, tasks, ended, hindrance }: WorkerStatus) {
  return { state, tasks: tasks.map((task) => ({ ...task })), ended: { ...ended }, hindrance: hindrance ?? null }
}
