import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Chance } from '../lib/chance.ts'
import type { Clock } from '../lib/clock.ts'
import { describeError } from '../lib/fault.ts'
import type { Log } from '../lib/log.ts'
import type { Model, Models } from '../models/models.ts'
import { workBranch, workBranchPrefix } from '../tasks/claims/claim-refs.ts'
import type { ProjectDesk } from '../tasks/desk.ts'
import type { GitCredentials } from '../tasks/git/remote.ts'
import { formatReason } from '../tasks/rules/reasons.ts'
import type { AnswerHelp, HelpLine } from '../tasks/talk/help-line.ts'
import type { Project, TaskKey } from '../tasks/task.ts'
import { createHelpAnswerer } from './answer-help.ts'
import { createPeerQuestions } from './ask-peers.ts'
import type { DriverSettings } from './open-driver.ts'
import { openDriver, unsetFault } from './open-driver.ts'
import { openSandbox } from './sandbox/open-sandbox.ts'
import type { BranchStanding } from './rules/branch-standing.ts'
import type { SupervisorDeps, SupervisorOptions } from './supervisor.ts'
import { superviseTask } from './supervisor.ts'
import type { WorkEnd } from './work-end.ts'
import { createGitRunner } from './trees/git.ts'
import { findFullDisk } from './trees/disk-room.ts'
import { Mirrors } from './trees/mirrors.ts'
import { standingOf, standingOfGone } from './trees/standing.ts'
import type { WorkerHolding } from './worker-news.ts'

interface Waiting {
  readonly signal: AbortSignal
}

/** What a worker is told in the configuration. The knobs of `[workers]`. */
export interface WorkSettings extends DriverSettings {
  readonly model: string
  readonly sandbox: 'auto' | 'none'
  readonly readable: readonly string[]
  readonly maxTurns: number
  readonly taskTimeoutMs: number
  readonly gitTimeoutMs: number
  readonly maxOutputBytes: number
  readonly memoryBytes: number
  readonly cpus: number
  readonly processes: number
  readonly maxPackBytes: number
  readonly maxTranscriptBytes: number
  readonly checkpointMs: number
  /** Whether its model answers questions of other nodes' agents. */
  readonly answersHelp: boolean
}

export interface WorkbenchDeps extends Pick<SupervisorDeps, 'keepRecord' | 'approve'> {
  readonly clock: Clock
  readonly chance: Chance
  readonly log: Log
  readonly openModels: () => Promise<Models>
  readonly findSecret: (name: string) => Promise<string | undefined>
  /** Values of all secrets of this node. */
  readonly listSecrets: () => Promise<readonly string[]>
  readonly findCredentials: (project: Project) => Promise<GitCredentials | undefined>
  /** Agents of other nodes; undefined without a network. */
  readonly help: Pick<HelpLine, 'ask'> | undefined
}

export interface WorkbenchOptions {
  readonly settings: WorkSettings
  /** Folder of the home for mirrors, worktrees and scratch; absolute. */
  readonly folder: string
  /** `agent:role`, as work is signed. */
  readonly agent: string
  /** What git of this machine is given: `PATH`, `HOME`, `SSH_AUTH_SOCK`. */
  readonly environment: Readonly<Record<string, string>>
}

/** Where tasks are worked on: a sandbox, an agent, and a mirror of each project. */
export interface Workbench {
  /** `agent:role`, as work is signed. */
  readonly agent: string
  /** Who works, and what holds it, for a person. */
  readonly holds: string
  /** What it works with: the model, or the driver of another agent. */
  readonly model: string
  /** What that costs, in US dollars for a million tokens; 0 where nothing says. */
  readonly price: number
  /** Answers other nodes; undefined where there is no model, or nobody wants that. */
  readonly answerHelp: AnswerHelp | undefined
  /** Why no task can be worked on now: the budget of the day or month is spent, or nothing says what the model costs. */
  readonly findHindrance: () => string | undefined
  readonly supervise: (desk: ProjectDesk, held: WorkerHolding, options: Waiting) => Promise<WorkEnd>
  readonly isMerged: (desk: ProjectDesk, task: TaskKey, options: Waiting) => Promise<boolean>
  /** How the work branch of a task stands to its base. */
  readonly compareBranches: (desk: ProjectDesk, task: TaskKey, options: Waiting) => Promise<BranchStanding>
}

/** Longest text that is read of one git command, in bytes. */
const maxGitTextBytes = 16_777_216

/** Finds out what the machine has, and opens the agent. @throws Fault SANDBOX_MISSING, MODEL_NAME_INVALID, MODELS_CONFIG_INVALID, and as `openDriver` */
export async function openWorkbench(deps: WorkbenchDeps, options: WorkbenchOptions): Promise<Workbench> {
  const { settings, folder, environment } = options
  const [scratchFolder, worktreeFolder] = [join(folder, 'scratch'), join(folder, 'trees')]
  for (const left of [scratchFolder, worktreeFolder]) await sweep(deps.log, left)
  const { memoryBytes, cpus, processes, network, readable } = settings
  const sandbox = await openSandbox({
    kind: settings.sandbox,
    network,
    readable,
    limits: { memoryBytes, cpus, processes },
    searchPath: environment['PATH'] ?? '/usr/local/bin:/usr/bin:/bin',
  })
  const asked = settings.driver === 'model' ? await openModel(deps, settings.model) : undefined
  const driver = await openDriver(deps, settings, { sandbox, scratchFolder, model: asked?.model })
  const git = createGitRunner(deps, { environment, maxTextBytes: maxGitTextBytes, timeoutMs: settings.gitTimeoutMs })
  const mirrors = new Mirrors({ ...deps, git }, { folder: join(folder, 'mirrors'), prefix: workBranchPrefix })
  const compareBranches: Workbench['compareBranches'] = ({ project }, task, waiting) =>
    mirrors.lendFetched(project, [project.base, workBranch(task)], {
      look: async (mirror, heads) => {
        const [base, branch] = [heads.get(project.base), heads.get(workBranch(task))]
        if (base === undefined) return 'none'
        return branch === undefined ? standingOfGone(mirror, { base, task }, waiting) : standingOf(mirror, { base, branch }, waiting)
      },
      ...waiting,
    })
  return {
    agent: options.agent,
    holds: `${driver.name} · ${sandbox.holds}`,
    model: asked?.model.name ?? driver.name,
    price: asked?.price ?? 0,
    answerHelp:
      asked === undefined || !settings.answersHelp
        ? undefined
        : createHelpAnswerer({ model: asked.model, log: deps.log, readSecrets: deps.listSecrets }),
    findHindrance: () => asked?.model.findHindrance(settings)?.message,
    supervise: (desk, held, waiting) =>
      mirrors.lend(
        desk.project,
        (mirror) => {
          const own = { git, sandbox, driver, mirror, findFullDisk, readSecrets: deps.listSecrets }
          return superviseTask({ ...deps, ...own, ...deskDeps(deps, desk, held) }, held, {
            ...optionsOf(settings, options),
            worktreeFolder,
            ...waiting,
          })
        },
        waiting,
      ),
    isMerged: async (desk, task, waiting) => (await compareBranches(desk, task, waiting)) === 'merged',
    compareBranches,
  }
}

/** What work on a task needs of its project. */
function deskDeps(
  { help }: Pick<WorkbenchDeps, 'help'>,
  desk: ProjectDesk,
  { task, holder }: WorkerHolding,
): Pick<SupervisorDeps, 'rounds' | 'forge' | 'askForHelp' | 'findObstacle'> {
  const { issueHash } = holder.terms
  return {
    ...{ rounds: desk.rounds, forge: desk.pulls, askForHelp: createPeerQuestions(help, task) },
    findObstacle: async ({ key }, looking) => {
      const now = await desk.source.find(key, looking)
      if (now === undefined || now.state === 'closed') return formatReason('not-eligible', 'the task is closed')
      if (!now.labels.includes(desk.label)) return formatReason('not-eligible', `its label ${desk.label} is gone`)
      // the text that the claim names, which may be older than this process
      return now.issueHash === issueHash ? undefined : formatReason('not-eligible', 'its text changed')
    },
  }
}

/** How long work that is done waits for a forge that does not answer, in milliseconds; its claim is renewed meanwhile. */
const forgePatienceMs = 120_000

function optionsOf(settings: WorkSettings, { agent }: WorkbenchOptions): Omit<SupervisorOptions, 'worktreeFolder'> {
  const { maxTurns, taskTimeoutMs: timeoutMs, maxOutputBytes, commandTimeoutMs: snapshotTimeoutMs } = settings
  return { ...settings, agent, snapshotTimeoutMs, forgePatienceMs, limits: { maxTurns, timeoutMs, maxOutputBytes } }
}

/** Empties a folder in which a crash leaves what it was at. The home is this process's alone, and it has one workbench. */
async function sweep(log: Log, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  for (const name of await readdir(folder)) {
    try {
      await rm(join(folder, name), { recursive: true, force: true, maxRetries: 3 })
    } catch (error) {
      log.warn('what a run before left cannot be taken away', { folder, name, reason: describeError(error) })
    }
  }
}

async function openModel({ openModels }: WorkbenchDeps, name: string): Promise<{ readonly model: Model; readonly price: number }> {
  if (name === '') throw unsetFault('workers.model', 'set it, or say --model ENDPOINT/MODEL; `althing model list` shows those there are')
  const models = await openModels()
  return { model: models.get(name), price: models.priceOf(name) }
}
