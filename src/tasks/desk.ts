import type { PeerId, SigningKey } from '../identity/keys.ts'
import type { HiveId } from '../journal/entry.ts'
import type { Journal } from '../journal/journal.ts'
import type { Chance } from '../lib/chance.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import type { Database } from '../store/database.ts'
import type { ClaimForm, RefForm } from './claims/claim-refs.ts'
import { closedRef, isApiForm, refFormOf, refPrefix, workBranch } from './claims/claim-refs.ts'
import { coalescePushes } from './claims/coalesce-pushes.ts'
import type { ClaimDocument } from './claims/claim-document.ts'
import { collectClosed, findCollectable } from './claims/collect-closed.ts'
import type { DoctorReport } from './claims/doctor.ts'
import { examineForge } from './claims/doctor.ts'
import type { CountingLink } from './claims/history.ts'
import { listCounting } from './claims/history.ts'
import type { HolderDeps, HolderOptions } from './claims/holder.ts'
import type { Interruption } from './claims/interrupt.ts'
import { interruptClaim } from './claims/interrupt.ts'
import { findKeptForm, keepForm } from './claims/kept-form.ts'
import type { TaskSight } from './claims/ledger.ts'
import { ClaimLedger } from './claims/ledger.ts'
import type { ClaimTerms } from './claims/make-claim.ts'
import { moveByApi } from './claims/move-by-api.ts'
import type { TakeoverAdvice } from './claims/observer.ts'
import { LeaseObserver } from './claims/observer.ts'
import { RenewalRounds } from './claims/renewal-rounds.ts'
import type { ResumeResult } from './claims/resume.ts'
import { resumeClaim } from './claims/resume.ts'
import type { AttemptResult } from './claims/try-claim.ts'
import { tryClaim } from './claims/try-claim.ts'
import { Dependencies } from './dependencies.ts'
import type { DeskState } from './desk-state.ts'
import { createDeskState } from './desk-state.ts'
import { tasksFaults } from './faults.ts'
import type { ObjectId } from './git/objects.ts'
import type { GitRemote } from './git/remote.ts'
import type { Forge, RefApi } from './forges/forge.ts'
import { createIssueSource } from './forges/issue-source.ts'
import { nameRemote } from './named-remote.ts'
import type { RecordForge } from './records/record-forge.ts'
import { createRecordForge } from './records/record-forge.ts'
import type { ChainState } from './rules/chain.ts'
import type { NeededTasks } from './rules/choose-task.ts'
import type { Self } from './rules/judge-ref.ts'
import { ttlSecondsOf } from './rules/lease.ts'
import { listUnsettled } from './rules/unsettled.ts'
import type { Signs } from './rules/watch.ts'
import type { PullRequests, TaskSource } from './source.ts'
import type { Project, Task, TaskKey } from './task.ts'
import { TrackRecord } from './track-record.ts'

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
  /** Resolves when the next process on this home will know a claim of this one for its own. @throws what the disk says */
  readonly beforeClaim: () => Promise<void>
  /** The git server of a project. */
  readonly openRemote: (project: Project) => GitRemote
  /** Opens the forge of a project that has one. */
  readonly openForge: (project: Project) => Promise<Forge>
  /** Another project of this node, by the end of its name; without it, tasks depend on those of their own project alone. */
  readonly findDesk?: (name: string) => ProjectDesk | undefined
  /** What outlives this desk; without it, nothing does. */
  readonly state?: DeskState
  readonly clock: Clock
  readonly chance: Chance
  readonly log: Log
}

export interface DeskOptions extends HolderOptions {
  /** Where claims are; `auto`: as the doctor found it for the project, `native` before it looked. */
  readonly form: RefForm | 'auto'
  /** How long a renewal waits for others to share its push, in milliseconds. */
  readonly renewalWindowMs: number
  /** How long the claim of a task that is over stays, in milliseconds. */
  readonly collectAfterMs: number
  /** How long what a task depends on must have been nowhere before a person is asked, in milliseconds. */
  readonly dependencyPatienceMs: number
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
  /** How long a claim lasts without a renewal. */
  readonly ttlSeconds: number
  /** Renewals of this project, which go together. */
  readonly rounds: RenewalRounds
  /** Tasks that this node holds for somebody else than its worker; whoever holds them keeps this. */
  readonly inHand: DeskState['inHand']
  /** What became of the tasks that this node's worker held. */
  readonly record: TrackRecord
  /** The server as git speaks to it. */
  readonly #server: GitRemote
  readonly #observer: LeaseObserver
  readonly #dependencies: Dependencies
  readonly #openChains: DeskState['openChains']
  readonly #deps: DeskDeps
  readonly #options: DeskOptions
  #claims: Promise<Claims> | undefined

  constructor(deps: DeskDeps, project: Project, options: DeskOptions) {
    const { database, journal, hive, clock } = deps
    this.#deps = deps
    this.#options = options
    this.project = project
    const state = deps.state ?? createDeskState(database, { hive, project: project.id })
    this.inHand = state.inHand
    this.#openChains = state.openChains
    this.label = options.label
    this.ttlSeconds = ttlSecondsOf(options)
    const made =
      project.forge === 'git'
        ? { records: createRecordForge({ reader: database, journal, hive }, project.id) }
        : {
            issues: createIssueSource(
              { clock, log: deps.log, openForge: () => deps.openForge(project) },
              { ...options, project: project.id },
            ),
          }
    this.records = made.records
    this.source = this.pulls = made.records ?? made.issues
    this.rounds = new RenewalRounds({ clock, chance: deps.chance })
    const findSource = (name: string): TaskSource | undefined => deps.findDesk?.(name)?.source
    this.#dependencies = new Dependencies({ clock, source: this.source, findSource }, { patienceMs: options.dependencyPatienceMs })
    this.record = new TrackRecord({ database, clock, hive, project: project.id, self: deps.self.peer })
    this.#server = nameRemote(deps.openRemote(project), project)
    this.#observer = new LeaseObserver({ clock }, { unknownTtlSeconds: this.ttlSeconds })
  }

  /** Branches of the repository by name, sorted, beside those of ours. @throws the faults of a git server */
  readonly listBranches = async (waiting: Waiting): Promise<readonly string[]> => {
    const refs = await this.#server.listRefs(['refs/heads/'], waiting)
    return [...refs.keys()]
      .filter((ref) => !ref.startsWith(refPrefix('heads')))
      .map((ref) => ref.slice('refs/heads/'.length))
      .toSorted()
  }

  /** Every task that has or had a claim. @throws the faults of a git server */
  async sights(waiting: Waiting): Promise<ReadonlyMap<TaskKey, TaskSight>> {
    const { ledger } = await this.#open(waiting)
    const sights = new Map((await ledger.lookAtAll(waiting)).map((sight) => [sight.task, sight]))
    this.#observer.retain(sights)
    await this.record.learn(sights, (sight) => this.linksSince(sight, undefined))
    return sights
  }

  /** One task, and what others did to it. @throws the faults of a git server */
  async sight(task: TaskKey, waiting: Waiting): Promise<TaskSight> {
    return (await this.#open(waiting)).ledger.lookAt(task, waiting)
  }

  /** What is known of everything that open tasks depend on. */
  lookAtNeeded(open: readonly Task[], waiting: Waiting): Promise<NeededTasks> {
    return this.#dependencies.look(open, waiting)
  }

  /** Whether the lease of a task ran out, as far as this node watched it. `isAlive`: its holder was heard of lately. */
  observe(sight: TaskSight, signs: Signs): TakeoverAdvice {
    return this.#observer.observe(sight, signs)
  }

  /** Tries to win a task from exactly what was seen. */
  async claim(task: Task, sight: TaskSight, at: { readonly epoch: number; readonly reason?: string } & Waiting): Promise<AttemptResult> {
    const terms: ClaimTerms = {
      task: task.key,
      epoch: at.epoch,
      ttlSeconds: this.ttlSeconds,
      base: this.project.base,
      branch: workBranch(task.key),
      issueHash: task.issueHash,
    }
    await this.#deps.beforeClaim()
    const attempt = { terms, value: sight.value, chain: sight.chain, ...(at.reason === undefined ? {} : { reason: at.reason }) }
    return tryClaim((await this.#open(at)).holderDeps, attempt, { signal: at.signal })
  }

  /** Whether our key holds a task in a process that this home does not know: a copy of the key, or one that ran before the home was set back. */
  isCopied({ meaning }: TaskSight): boolean {
    return meaning.meaning === 'ours-elsewhere' && !this.#deps.ranHere(meaning.holding.process)
  }

  /** Takes up what our key holds without this process knowing of it. */
  async resume(sight: TaskSight, { signal }: Waiting): Promise<ResumeResult> {
    const other = this.isCopied(sight) ? 'copied' : 'gone'
    await this.#deps.beforeClaim()
    return resumeClaim((await this.#open({ signal })).holderDeps, sight, { signal, other })
  }

  /** What happened to a claim since its chain stood so, link by link. */
  linksSince(sight: TaskSight, before: ChainState | undefined): readonly ClaimDocument[] {
    return this.#countingSince(sight, before).map(({ document }) => document)
  }

  /** Holdings of a task whose work may be merged without its chain saying so, each by the commit that began it. */
  unsettled(sight: TaskSight): readonly ObjectId[] {
    return listUnsettled(this.#countingSince(sight, undefined).map(({ id, document: { kind, reason } }) => ({ id, kind, reason })))
  }

  #countingSince({ task, chain }: TaskSight, before: ChainState | undefined): readonly CountingLink[] {
    const { hive, isAdmitted } = this.#deps
    return chain === undefined ? [] : listCounting(chain, before, { hive, project: this.project.id, task, isAdmitted })
  }

  /** Gives the forge back the chain it lost. */
  async restore(sight: TaskSight, waiting: Waiting): Promise<boolean> {
    return (await this.#open(waiting)).ledger.restore(sight, waiting)
  }

  /** Breaks, pauses or ends a holding from outside; done when that is so already. @throws Fault CLAIM_LOST when it may not be, or moved meanwhile */
  async interrupt(task: TaskKey, how: { readonly kind: Interruption; readonly reason: string } & Waiting): Promise<void> {
    const { holderDeps } = await this.#open(how)
    let sent = await interruptClaim(holderDeps, await this.sight(task, how), how)
    // it was renewed meanwhile, or somebody else says the same: one more look tells
    if (sent.result === 'lost') sent = await interruptClaim(holderDeps, await this.sight(task, how), how)
    if (sent.result === 'accepted' || sent.result === 'already') return
    const reason = sent.result === 'refused' || sent.result === 'forbidden' ? sent.reason : `it is ${sent.result}`
    throw tasksFaults.create('CLAIM_LOST', {
      message: `the claim of ${task} could not be moved: ${reason}; look again with \`althing task show ${task}\``,
      data: { task, reason },
    })
  }

  /**
   * Takes the claims of tasks that have been over for long enough off the forge; their last epochs stay on the closed chain. Gives how many.
   *
   * Whoever moved one of them meanwhile wins: nothing is collected then, and the next look tries again.
   *
   * @see docs/protocols/claims.md §5
   */
  async collect(waiting: Waiting): Promise<number> {
    const { ledger, holderDeps } = await this.#open(waiting)
    const ended = { now: this.#deps.clock.now(), afterMs: this.#options.collectAfterMs }
    const sights = await ledger.lookAtAll(waiting)
    if (findCollectable(sights, ended).length === 0) return 0
    // what is open all the same, for nobody could close it or a person opened it again, would be new without its claim
    const open = new Set((await this.source.open(waiting)).map(({ key }) => key))
    const over = sights.filter(({ task }) => !open.has(task))
    const done: TaskSight[] = []
    // an open issue may have lost its label, and get it again
    for (const sight of findCollectable(over, ended)) if ((await this.source.find(sight.task, waiting))?.state !== 'open') done.push(sight)
    if (done.length === 0) return 0
    return (await collectClosed({ ...holderDeps, ledger }, done, waiting)) ? done.length : 0
  }

  /** Proves the forge, line by line, and keeps how claims are to be moved there. */
  async examine(waiting: Waiting): Promise<DoctorReport> {
    const { clock, chance, database } = this.#deps
    const { project, pulls, records } = this
    const api = await this.#openApi()
    const findChecks = records === undefined ? pulls.checks : undefined
    const report = await examineForge({ remote: this.#server, clock, chance, api, findChecks }, waiting)
    // a server that is down says nothing against what was found before
    if (report.form !== undefined) await keepForm(database, project.id, report.form)
    this.#claims = undefined
    return report
  }

  async #openApi(): Promise<RefApi | undefined> {
    return this.records === undefined ? (await this.#deps.openForge(this.project)).refs : undefined
  }

  #open(waiting: Waiting): Promise<Claims> {
    const opening = this.#claims ?? this.#openClaims(waiting)
    this.#claims = opening
    // what could not be looked up is looked up again
    opening.catch(() => {
      if (this.#claims === opening) this.#claims = undefined
    })
    return opening
  }

  async #openClaims(waiting: Waiting): Promise<Claims> {
    const { key, self, hive, clock, chance, log, isAdmitted } = this.#deps
    const { id: project } = this.project
    const claimForm = await this.#findForm(waiting)
    const form = refFormOf(claimForm)
    const api = isApiForm(claimForm) ? await this.#openApi() : undefined
    const server = api === undefined ? this.#server : moveByApi({ remote: this.#server, api, chance })
    const remote = coalescePushes(server, { clock }, { windowMs: this.#options.renewalWindowMs })
    const store = this.#openChains()
    const ledger = new ClaimLedger({ remote, store, self, hive, project, form, isAdmitted })
    const putBack: HolderDeps['putBack'] = (chain, options) => ledger.putBack(chain, options)
    return { ledger, holderDeps: { remote, key, self, hive, project, form, clock, chance, log, putBack } }
  }

  /** Before a doctor looked: where claims of others are. Two places would be two holders. */
  async #findForm(waiting: Waiting): Promise<ClaimForm> {
    if (this.#options.form !== 'auto') return this.#options.form
    const kept = findKeptForm(this.#deps.database, this.project.id)
    if (kept !== undefined) return kept
    const branches = await this.#server.listRefs([`${refPrefix('heads')}claims/`, closedRef('heads')], waiting)
    return branches.size === 0 ? 'native' : 'heads'
  }
}

/** Claims of the project, once it is known how they are moved. */
interface Claims {
  readonly ledger: ClaimLedger
  readonly holderDeps: HolderDeps
}
