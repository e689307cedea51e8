import { mkdir } from 'node:fs/promises'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { Chance } from '../lib/chance.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import type { Models } from '../models/models.ts'
import { workBranch } from '../tasks/claims/claim-refs.ts'
import type { ProjectDesk } from '../tasks/desk.ts'
import type { GitCredentials } from '../tasks/git/remote.ts'
import type { Project, TaskKey } from '../tasks/task.ts'
import type { Driver } from './driver.ts'
import { createCommandDriver } from './drivers/command-driver.ts'
import { createModelDriver } from './drivers/model-driver.ts'
import { workersFaults } from './faults.ts'
import { openSandbox } from './sandbox/open-sandbox.ts'
import type { Sandbox } from './sandbox/sandbox.ts'
import type { SupervisorDeps, WorkEnd } from './supervisor.ts'
import { superviseTask } from './supervisor.ts'
import type { GitRunner } from './trees/git.ts'
import { createGitRunner } from './trees/git.ts'
import type { Mirror } from './trees/mirror.ts'
import { openMirror } from './trees/mirror.ts'
import type { WorkerHolding } from './worker.ts'

interface Waiting {
  readonly signal: AbortSignal
}

/** What a worker is told in the configuration. The knobs of `[workers]`. */
export interface WorkSettings {
  readonly driver: 'model' | 'command' | 'acp'
  readonly model: string
  readonly command: readonly string[]
  readonly secrets: readonly string[]
  readonly sandbox: 'auto' | 'none'
  readonly network: 'none' | 'full'
  readonly readable: readonly string[]
  readonly maxTurns: number
  readonly maxOutputTokens: number
  readonly taskTimeoutMs: number
  readonly commandTimeoutMs: number
  readonly maxOutputBytes: number
  readonly maxAnswerLength: number
  readonly memoryBytes: number
  readonly cpus: number
  readonly processes: number
  readonly maxPackBytes: number
  readonly maxTranscriptBytes: number
  readonly checkpointMs: number
}

export interface WorkbenchDeps extends Pick<SupervisorDeps, 'keepRecord'> {
  readonly clock: Clock
  readonly chance: Chance
  readonly log: Log
  readonly openModels: () => Promise<Models>
  readonly findSecret: (name: string) => Promise<string | undefined>
  /** Values of all secrets of this node. */
  readonly listSecrets: () => Promise<readonly string[]>
  readonly findCredentials: (project: Project) => Promise<GitCredentials | undefined>
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
  readonly supervise: (desk: ProjectDesk, held: WorkerHolding, options: Waiting) => Promise<WorkEnd>
  readonly isMerged: (desk: ProjectDesk, task: TaskKey, options: Waiting) => Promise<boolean>
}

/** Longest text that is read of one git command, in bytes. */
const maxGitTextBytes = 16_777_216

/** Finds out what the machine has, and opens the agent. @throws Fault SANDBOX_MISSING, WORKER_CONFIG_INVALID, MODEL_NAME_INVALID, MODELS_CONFIG_INVALID */
export async function openWorkbench(deps: WorkbenchDeps, options: WorkbenchOptions): Promise<Workbench> {
  const { settings, folder, environment } = options
  const scratchFolder = join(folder, 'scratch')
  await mkdir(scratchFolder, { recursive: true, mode: 0o700 })
  const { memoryBytes, cpus, processes, network, readable } = settings
  const sandbox = await openSandbox({
    kind: settings.sandbox,
    network,
    readable,
    limits: { memoryBytes, cpus, processes },
    searchPath: environment['PATH'] ?? '/usr/local/bin:/usr/bin:/bin',
  })
  const driver = await openDriver(deps, options, { sandbox, scratchFolder })
  const git = createGitRunner({ environment, maxTextBytes: maxGitTextBytes })
  const mirrors = new Mirrors({ git, findCredentials: deps.findCredentials }, join(folder, 'mirrors'))
  return {
    agent: options.agent,
    holds: `${driver.name} · ${sandbox.holds}`,
    supervise: async (desk, held, waiting) => {
      const mirror = await mirrors.get(desk.project, waiting)
      return superviseTask(
        {
          ...deps,
          git,
          sandbox,
          driver,
          mirror,
          forge: desk.pulls,
          askForHelp: async () => undefined,
          readSecrets: deps.listSecrets,
          findObstacle: async (task, looking) => {
            const now = await desk.source.find(task.key, looking)
            if (now === undefined || now.state === 'closed') return 'not-eligible: the task is closed'
            if (!now.labels.includes(desk.label)) return `not-eligible: its label ${desk.label} is gone`
            return now.issueHash === task.issueHash ? undefined : 'not-eligible: its text changed'
          },
        },
        held,
        {
          ...settings,
          ...waiting,
          agent: options.agent,
          worktreeFolder: join(folder, 'trees'),
          snapshotTimeoutMs: settings.commandTimeoutMs,
          limits: { maxTurns: settings.maxTurns, timeoutMs: settings.taskTimeoutMs, maxOutputBytes: settings.maxOutputBytes },
        },
      )
    },
    isMerged: async ({ project }, task, waiting) => {
      const mirror = await mirrors.get(project, waiting)
      const heads = await mirror.fetch([project.base, workBranch(task)], waiting)
      const [base, work] = [heads.get(project.base), heads.get(workBranch(task))]
      return base !== undefined && work !== undefined && (await mirror.contains(base, work, waiting))
    },
  }
}

async function openDriver(
  deps: WorkbenchDeps,
  { settings }: WorkbenchOptions,
  at: { readonly sandbox: Sandbox; readonly scratchFolder: string },
): Promise<Driver> {
  if (settings.driver === 'model') {
    if (settings.model === '')
      throw unset('workers.model', 'set it, or say --model ENDPOINT/MODEL; `althing model list` shows those there are')
    const model = (await deps.openModels()).get(settings.model)
    return createModelDriver({ model }, { ...settings, timeoutMs: settings.commandTimeoutMs })
  }
  if (settings.command.length === 0)
    throw unset('workers.command', `set the program that the driver ${settings.driver} runs, and its arguments`)
  const named = settings.secrets.map((line) => /^([A-Z_][A-Z0-9_]{0,63})=([a-z0-9.-]{1,100})$/.exec(line))
  if (named.some((match) => match === null)) throw unset('workers.secrets', 'write each as VARIABLE=NAME, like API_KEY=model-openai')
  const readSecrets = async (): Promise<Readonly<Record<string, string>>> => {
    const found = await Promise.all(named.map(async (match) => [match?.[1] ?? '', await deps.findSecret(match?.[2] ?? '')] as const))
    return Object.fromEntries(found.flatMap(([variable, secret]) => (secret === undefined ? [] : [[variable, secret] as const])))
  }
  const external = { sandbox: at.sandbox, clock: deps.clock, readSecrets }
  const options = { command: settings.command, scratchFolder: at.scratchFolder, mayFetch: settings.network === 'full' }
  if (settings.driver === 'command') return createCommandDriver(external, options)
  const { createAcpDriver } = await import('./drivers/acp-driver.ts')
  return createAcpDriver(external, options)
}

function unset(setting: string, what: string): Error {
  return workersFaults.create('WORKER_CONFIG_INVALID', {
    message: `${setting} is not set so that a worker can start: ${what}`,
    data: { setting },
  })
}

/** A mirror of each project, opened once. */
class Mirrors {
  readonly #deps: { readonly git: GitRunner; readonly findCredentials: WorkbenchDeps['findCredentials'] }
  readonly #folder: string
  readonly #open = new Map<string, Promise<Mirror>>()

  constructor(deps: { readonly git: GitRunner; readonly findCredentials: WorkbenchDeps['findCredentials'] }, folder: string) {
    this.#deps = deps
    this.#folder = folder
  }

  get(project: Project, { signal }: Waiting): Promise<Mirror> {
    const opening = this.#open.get(project.id) ?? this.#openOne(project, signal)
    this.#open.set(project.id, opening)
    opening.catch(() => this.#open.delete(project.id))
    return opening
  }

  #openOne(project: Project, signal: AbortSignal): Promise<Mirror> {
    const { git, findCredentials } = this.#deps
    const name = createHash('sha256').update(project.id).digest('hex').slice(0, 16)
    return openMirror(
      { git, credentials: () => findCredentials(project) },
      { path: join(this.#folder, `${name}.git`), url: project.url, signal },
    )
  }
}
