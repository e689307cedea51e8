import assert from 'node:assert/strict'
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { systemChance } from '../../lib/chance.ts'
import { systemClock } from '../../lib/clock.ts'
import { Fault } from '../../lib/fault.ts'
import { silentLog } from '../../lib/log.ts'
import { listHistory } from '../../tasks/claims/history.ts'
import type { ClaimHolder } from '../../tasks/claims/holder.ts'
import { RenewalRounds } from '../../tasks/claims/renewal-rounds.ts'
import type { MergedPull, PullDraft, PullFeedback, PullRequest } from '../../tasks/forges/forge.ts'
import type { Task } from '../../tasks/task.ts'
import type { ClaimNode } from '../../tasks/testing/claim-bench.ts'
import { claimFree, openNode } from '../../tasks/testing/claim-bench.ts'
import { makeFolder, makeRepository, runGit, testPrograms } from '../../tasks/testing/git-server.ts'
import { testProject, testTask } from '../../tasks/testing/test-names.ts'
import type { Driver, DriverTools, WorkerEvent, WorkerOutcome } from '../driver.ts'
import type { WorkRecord } from '../keep-run.ts'
import type { Approve } from '../proposal.ts'
import { formatTaskPrompt } from '../rules/prompt.ts'
import { openSandbox } from '../sandbox/open-sandbox.ts'
import type { SupervisorDeps, SupervisorOptions } from '../supervisor.ts'
import { superviseTask } from '../supervisor.ts'
import type { WorkEnd } from '../work-end.ts'
import { createGitRunner } from '../trees/git.ts'
import { openMirror } from '../trees/mirror.ts'

const task: Task = {
  project: testProject,
  key: testTask,
  number: 7,
  title: 'The cart forgets',
  body: '',
  labels: [],
  state: 'open',
  issueHash: '0'.repeat(64),
  url: undefined,
  updatedAt: 0,
}
/** How an agent of a test ends well. */
export const done = {
  outcome: 'done',
  title: 'Keep the cart',
  summary: 'It is kept.',
  decision: { what: 'SQLite', why: 'it is there', alternatives: [] },
} as const

/** What an agent does in its worktree. */
export type Work = (worktree: string, tools: DriverTools, signal: AbortSignal) => Promise<WorkerOutcome>

/** An agent that does what a test says. */
function driverOf(work: Work, name: Driver['name']): Driver {
  return {
    name,
    run: async function* (assignment, tools, { signal }): AsyncGenerator<WorkerEvent> {
      yield { type: 'prompt', kind: 'task_analysis', text: formatTaskPrompt(assignment) }
      yield { type: 'answer', text: 'I begin', cost: { tokens: 100, microUsd: 42 } }
      await tools.untilMayWork({ signal })
      yield { type: 'outcome', outcome: await work(assignment.worktree, tools, signal) }
    },
  }
}
/** An agent that writes a file and ends so. */
export const write =
  (text: string, end: WorkerOutcome = done): Work =>
  async (worktree) => {
    writeFileSync(join(worktree, 'cart.txt'), text)
    return end
  }

/** A task that is held, and what came of the work on it. */
export interface Stand {
  readonly bare: string
  readonly node: ClaimNode
  readonly holder: ClaimHolder
  readonly pulls: PullDraft[]
  /** What was merged of the work branch. */
  readonly merged: MergedPull[]
  readonly records: WorkRecord[]
  /** What agents asked those of other nodes. */
  readonly questions: string[]
  /** What the look before a renewal, a push and a pull request says; a fault is thrown. */
  obstacle: string | Fault | undefined
  /** What the forge says of any pull request. */
  feedback: PullFeedback
  readonly supervise: (
    work: Work,
    options?: {
      readonly signal?: AbortSignal
      readonly timeoutMs?: number
      readonly checkpointMs?: number
      readonly resumed?: string
      readonly reason?: string
      readonly unsettled?: readonly string[]
      readonly forgePatienceMs?: number
      readonly approve?: Approve
      readonly driver?: Driver['name']
    },
  ) => Promise<WorkEnd>
}

/** A task of a new repository, held by ada. */
export async function openStand(t: TestContext): Promise<Stand> {
  const bare = await makeRepository(t)
  const folder = await makeFolder(t)
  const node = openNode(bare)
  const attempt = await claimFree(node)
  const holder = attempt.result === 'held' ? attempt.holder : assert.fail(attempt.result)
  return standOn({ bare, folder, node, holder })
}

function pullOf(draft: PullDraft): PullRequest {
  const rest = { state: 'open', isConflicted: false, areChangesRequested: false } as const
  return { id: '12', url: 'https://forge.example.org/pull/12', ...draft, ...rest }
}

/** The same task, held by whoever it is. */
export async function standOn(at: {
  readonly bare: string
  readonly folder: string
  readonly node: ClaimNode
  readonly holder: ClaimHolder
}): Promise<Stand> {
  const { bare, folder, node, holder } = at
  const [pulls, merged, records]: [PullDraft[], MergedPull[], WorkRecord[]] = [[], [], []]
  const questions: string[] = []
  const git = createGitRunner({ clock: systemClock }, { timeoutMs: 30_000, environment: testPrograms.environment, maxTextBytes: 1_048_576 })
  const sandbox = await openSandbox({
    kind: 'none',
    network: 'none',
    limits: { memoryBytes: 2_147_483_648, cpus: 2, processes: 512 },
    readable: [],
    searchPath: '/usr/local/bin:/usr/bin:/bin',
  })
  const { signal: never } = new AbortController()
  const mirror = await openMirror(
    { git, credentials: async () => undefined },
    { path: join(folder, 'mirror.git'), url: bare, signal: never },
  )
  const state: Pick<Stand, 'obstacle' | 'feedback'> = { obstacle: undefined, feedback: { remarks: [], failures: [] } }
  const deps: Omit<SupervisorDeps, 'driver'> = {
    git,
    sandbox,
    clock: systemClock,
    findFullDisk: async () => undefined,
    log: silentLog,
    rounds: new RenewalRounds({ clock: systemClock, chance: systemChance }),
    mirror,
    forge: {
      openPull: async (draft) => {
        const wasThere = pulls.some(({ head }) => head === draft.head)
        if (!wasThere) pulls.push(draft)
        return { ...pullOf(draft), wasThere }
      },
      listMerged: async () => merged,
      feedback: async () => state.feedback,
      findPull: async (branches) => pulls.filter(({ head, base }) => head === branches.head && base === branches.base).map(pullOf)[0],
    },
    findObstacle: async () => {
      if (state.obstacle instanceof Fault) throw state.obstacle
      return state.obstacle
    },
    keepRecord: async (record) => {
      records.push(record)
      return record.decision === undefined ? undefined : 'ucxl://ada:backend@shop:issue-7/*~1/decision.md'
    },
    askForHelp: async (question) => {
      questions.push(question)
      return { help: 'unanswered' }
    },
    readSecrets: async () => ['forge-token-4711'],
  }
  const options: SupervisorOptions = {
    limits: { maxTurns: 30, timeoutMs: 30_000, maxOutputBytes: 100_000 },
    agent: 'ada:backend',
    worktreeFolder: join(folder, 'work'),
    commandTimeoutMs: 10_000,
    snapshotTimeoutMs: 20_000,
    maxPackBytes: 1_000_000,
    maxTranscriptBytes: 100_000,
    checkpointMs: 10_000,
    // less than the first wait: asked once
    forgePatienceMs: 500,
  }
  const supervise: Stand['supervise'] = async (work, given = {}) => {
    const {
      signal = never,
      timeoutMs,
      checkpointMs = options.checkpointMs,
      forgePatienceMs = options.forgePatienceMs,
      resumed,
      reason,
      unsettled = [],
      approve,
      driver = 'model',
    } = given
    const limits = { ...options.limits, ...(timeoutMs === undefined ? {} : { timeoutMs }) }
    const end = await superviseTask(
      { ...deps, driver: driverOf(work, driver), approve },
      { task, holder, resumedBecause: resumed, reason, unsettled },
      { ...options, limits, checkpointMs, forgePatienceMs, signal },
    )
    assert.ok(!existsSync(options.worktreeFolder) || readdirSync(options.worktreeFolder).length === 0, 'a worktree was left')
    return end
  }
  return Object.assign(state, { bare, node, holder, pulls, merged, records, questions, supervise })
}

/** A signal of a test that is never called off. */
export const { signal } = new AbortController()
/** The commit that the work branch is at. */
export const branchOf = ({ bare }: Stand): Promise<string> => runGit(bare, 'rev-parse', '-q', '--verify', 'refs/heads/althing/issue-7')
/** `kind reason` of each link of the claim. */
export async function chainOf({ node }: Stand): Promise<readonly (string | undefined)[]> {
  const { chain } = await node.ledger.lookAt(testTask, { signal })
  return chain === undefined
    ? []
    : listHistory(chain, { withRenewals: true }).map(({ document }) => document && `${document.kind} ${document.reason ?? ''}`.trim())
}
