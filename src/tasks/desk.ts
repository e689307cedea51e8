import type { PeerId, SigningKey } from '../identity/keys.ts'
import type { HiveId } from '../journal/entry.ts'
import type { Journal } from '../journal/journal.ts'
import type { Chance } from '../lib/chance.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import type { Database } from '../store/database.ts'
import type { RefForm } from './claims/claim-refs.ts'
import { workBranch } from './claims/claim-refs.ts'
import { openDiskChainStore } from './claims/disk-chain-store.ts'
import type { DoctorReport } from './claims/doctor.ts'
import { examineForge } from './claims/doctor.ts'
import type { HolderDeps, HolderOptions } from './claims/holder.ts'
import type { Interruption } from './claims/interrupt.ts'
import { interruptClaim } from './claims/interrupt.ts'
import type { TaskSight } from './claims/ledger.ts'
import { ClaimLedger } from './claims/ledger.ts'
import type { ClaimTerms } from './claims/make-claim.ts'
import type { TakeoverAdvice } from './claims/observer.ts'
import { LeaseObserver } from './claims/observer.ts'
import type { ResumeResult } from './claims/resume.ts'
import { resumeClaim } from './claims/resume.ts'
import type { AttemptResult } from './claims/try-claim.ts'
import { tryClaim } from './claims/try-claim.ts'
import { tasksFaults } from './faults.ts'
import type { GitRemote } from './git/remote.ts'
import type { Forge } from './forges/forge.ts'
import { createIssueSource } from './forges/issue-source.ts'
import type { RecordForge } from './records/record-forge.ts'
import { createRecordForge } from './records/record-forge.ts'
import type { Self } from './rules/judge-ref.ts'
import type { PullRequests, TaskSource } from './source.ts'
import type { Project, Task, TaskKey } from './task.ts'

interface Waiting {
  readonly signal: AbortSignal
}

export interface DeskDeps {
  readonly database: Database
  readonly journal: Pick<Journal, 'append'>
  readonly hive: HiveId
  readonly key: Pick<SigningKey, 'sign'>
  readonly self: Self
  /** Whether the hive admits a node now. */
  readonly isAdmitted: (peer: PeerId) => boolean
  /** Whether a process that signed with our key ran on this home. */
  readonly ranHere: (process: string) => boolean
  /** The git server of a project. */
  readonly openRemote: (project: Project) => GitRemote
  /** Opens the forge of a project that has one. */
  readonly openForge: (project: Project) => Promise<Forge>
  readonly clock: Clock
  readonly chance: Chance
  readonly log: Log
}

export interface DeskOptions extends HolderOptions {
  readonly form: RefForm
  /** The label that makes an issue a task. */
  readonly label: string
  /** Names whose text counts beside that of owners, members and collaborators. */
  readonly trustedAuthors: readonly string[]
}

/** One project, as its repository, its forge and the hive's records have it. Opens nothing before it is asked something. */
export class ProjectDesk {
  readonly project: Project
  readonly source: TaskSource
  readonly pulls: PullRequests
  /** Tasks and pull requests of a project without a forge; undefined for one that has one. */
  readonly records: RecordForge | undefined
  /** The label that makes an issue of it a task. */
  readonly label: string
  readonly #remote: GitRemote
  readonly #ledger: ClaimLedger
  readonly #observer: LeaseObserver
  readonly #deps: DeskDeps
  readonly #options: DeskOptions

  constructor(deps: DeskDeps, project: Project, options: DeskOptions) {
    const { database, journal, hive, clock, self, isAdmitted } = deps
    this.#deps = deps
    this.#options = options
    this.project = project
    this.label = options.label
    const made =
      project.forge === 'git'
        ? { records: createRecordForge({ reader: database, journal, hive }, project.id) }
        : { issues: createIssueSource({ clock, openForge: () => deps.openForge(project) }, { ...options, project: project.id }) }
    this.records = made.records
    this.source = this.pulls = made.records ?? made.issues
    this.#remote = deps.openRemote(project)
    const store = openDiskChainStore(database, project.id)
    this.#ledger = new ClaimLedger({ remote: this.#remote, store, self, hive, project: project.id, form: options.form, isAdmitted })
    this.#observer = new LeaseObserver({ clock }, { unknownTtlSeconds: options.ttlSeconds })
  }

  /** Every task that has or had a claim. @throws the faults of a git server */
  async sights(waiting: Waiting): Promise<ReadonlyMap<TaskKey, TaskSight>> {
    const sights = await this.#ledger.lookAtAll(waiting)
    return new Map(sights.map((sight) => [sight.task, sight]))
  }

  /** One task, and what others did to it. @throws the faults of a git server */
  sight(task: TaskKey, waiting: Waiting): Promise<TaskSight> {
    return this.#ledger.lookAt(task, waiting)
  }

  /** Whether the lease of a task ran out, as far as this node watched it. */
  observe(sight: TaskSight): TakeoverAdvice {
    return this.#observer.observe(sight, { isAlive: false, hasBranchMoved: false })
  }

  /** Tries to win a task from exactly what was seen. */
  claim(task: Task, sight: TaskSight, at: { readonly epoch: number; readonly reason?: string } & Waiting): Promise<AttemptResult> {
    const terms: ClaimTerms = {
      task: task.key,
      epoch: at.epoch,
      ttlSeconds: this.#options.ttlSeconds,
      base: this.project.base,
      branch: workBranch(task.key),
      issueHash: task.issueHash,
    }
    const attempt = { terms, value: sight.value, ...(at.reason === undefined ? {} : { reason: at.reason }) }
    return tryClaim(this.#holderDeps, attempt, { ...this.#options, signal: at.signal })
  }

  /** Takes up what our key holds without this process knowing of it. */
  resume(sight: TaskSight, { signal }: Waiting): Promise<ResumeResult> {
    const { meaning } = sight
    const process = 'holding' in meaning ? meaning.holding.process : ''
    const other = this.#deps.ranHere(process) ? 'gone' : 'copied'
    return resumeClaim(this.#holderDeps, sight, { ...this.#options, signal, other })
  }

  /** Gives the forge back the chain it lost. */
  restore(sight: TaskSight, waiting: Waiting): Promise<boolean> {
    return this.#ledger.restore(sight, waiting)
  }

  /** Breaks, pauses or ends a holding from outside. @throws Fault CLAIM_LOST when there is none, or it moved meanwhile */
  async interrupt(task: TaskKey, how: { readonly kind: Interruption; readonly reason: string } & Waiting): Promise<void> {
    const sight = await this.sight(task, how)
    const sent = await interruptClaim(this.#holderDeps, sight, how)
    if (sent?.result === 'accepted') return
    const reason = sent === undefined ? 'nobody holds it' : sent.result === 'refused' ? sent.reason : `it is ${sent.result}`
    throw tasksFaults.create('CLAIM_LOST', {
      message: `the claim of ${task} could not be moved: ${reason}; look again with \`althing task show ${task}\``,
      data: { task, reason },
    })
  }

  /** Proves the forge, line by line. */
  examine(waiting: Waiting): Promise<DoctorReport> {
    return examineForge({ remote: this.#remote, clock: this.#deps.clock, chance: this.#deps.chance }, waiting)
  }

  get #holderDeps(): HolderDeps {
    const { key, self, hive, clock, chance, log } = this.#deps
    return { remote: this.#remote, key, self, hive, project: this.project.id, form: this.#options.form, clock, chance, log }
  }
}
