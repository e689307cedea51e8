import type { Clock } from '../lib/clock.ts'
import { withDeadline } from '../lib/deadline.ts'
import { describeError, Fault } from '../lib/fault.ts'
import type { Log } from '../lib/log.ts'
import { isSystemError } from '../lib/spawn-piped.ts'
import type { ClaimHolder } from '../tasks/claims/holder.ts'
import type { Forge } from '../tasks/forges/forge.ts'
import type { ObjectId } from '../tasks/git/objects.ts'
import type { RenewalRounds } from '../tasks/claims/renewal-rounds.ts'
import type { ClaimReason } from '../tasks/rules/reasons.ts'
import { formatNeed, formatReason, isConflict, isRework } from '../tasks/rules/reasons.ts'
import type { Task } from '../tasks/task.ts'
import { askForge } from './ask-forge.ts'
import type { Start } from './begin-work.ts'
import { beginWork } from './begin-work.ts'
import type { Capture } from './capture.ts'
import { createCapture } from './capture.ts'
import type { AssignmentLimits, Driver, DriverTools, WorkerOutcome } from './driver.ts'
import type { KeptLease } from '../tasks/claims/keep-lease.ts'
import { keepLease, LeaseLost } from '../tasks/claims/keep-lease.ts'
import type { KeepRunDeps } from './keep-run.ts'
import { RunKeeper } from './keep-run.ts'
import { driveAgent } from './drive-agent.ts'
import { listMarked, outcomeOfMerge } from './merge-base.ts'
import type { Approve } from './proposal.ts'
import { isApproved } from './proposal.ts'
import type { SecondLook } from './look-again.ts'
import { endMerged, lookAgain, lookBeforeShowing } from './look-again.ts'
import { readFeedback } from './read-feedback.ts'
import { judgeFault } from './rules/judge-fault.ts'
import type { HoldingFacts, PullFacts } from './rules/pull-text.ts'
import { formatCommitMessage, formatDecision, formatPullBody, formatPullTitle, formatUnfinishedMessage } from './rules/pull-text.ts'
import type { CommitAuthor, Mirror } from './trees/mirror.ts'
import type { WorktreeDeps } from './trees/worktree.ts'
import { StoodStill } from './watch-lease.ts'
import { WorkClaim } from './work-claim.ts'
import type { WorkEnd } from './work-end.ts'
import { hinder, wordsOfEnding } from './work-end.ts'

interface Waiting {
  readonly signal: AbortSignal
}

export interface SupervisorDeps extends WorktreeDeps, KeepRunDeps {
  readonly clock: Clock
  readonly log: Log
  readonly mirror: Mirror
  /** Renewals of the same project, which go together. */
  readonly rounds: RenewalRounds
  readonly forge: Pick<Forge, 'openPull' | 'findPull' | 'listMerged' | 'feedback'>
  readonly driver: Driver
  /** Why a task is no task any more, as a reason to release; undefined while it is one. */
  readonly findObstacle: (task: Task, options: Waiting) => Promise<string | undefined>
  /** Asks a person whether work may be pushed; without it nobody is asked. */
  readonly approve?: Approve | undefined
  readonly askForHelp: DriverTools['askForHelp']
  /** Values that must not stand in a transcript. */
  readonly readSecrets: () => Promise<readonly string[]>
}

export interface SupervisorOptions {
  readonly limits: AssignmentLimits
  /** `agent:role`, for commits and pull requests. */
  readonly agent: string
  readonly worktreeFolder: string
  readonly commandTimeoutMs: number
  readonly snapshotTimeoutMs: number
  readonly maxPackBytes: number
  readonly maxTranscriptBytes: number
  /** How long a forge that does not answer is asked again, in milliseconds. */
  readonly forgePatienceMs: number
  /** Time that a node which is told to end takes to push what is there and release, in milliseconds. */
  readonly checkpointMs: number
}

/** One task that is held. */
export interface HeldTask {
  readonly task: Task
  readonly holder: ClaimHolder
  /** Why it was taken up again, in words for the agent. */
  readonly resumedBecause: string | undefined
  /** The reason its claim was taken with, as the chain says it. */
  readonly reason?: string | undefined
  /** Holdings of its chain whose work may be merged without the chain saying so, each by the commit that began it. */
  readonly unsettled?: readonly string[]
}

/**
 * Works on a task that is held, until it is in review or given back. The claim is renewed meanwhile; nothing of the work leaves but with a renewal.
 *
 * When `signal` says so (the node or its worker ends), what is there is pushed, the claim is released with a note, and the end is `released`. Never throws for
 * what an agent, a model, a forge or a git server does: that is an end.
 *
 * @see docs/protocols/claims.md §4
 */
export async function superviseTask(deps: SupervisorDeps, held: HeldTask, options: SupervisorOptions & Waiting): Promise<WorkEnd> {
  const secrets = await deps.readSecrets()
  const capture = createCapture({ monotonic: deps.clock.monotonic }, { maxBytes: options.maxTranscriptBytes, secrets })
  const lease = keepLease(held.holder, {
    clock: deps.clock,
    rounds: deps.rounds,
    cost: capture.cost,
    findObstacle: (waiting) => deps.findObstacle(held.task, waiting),
  })
  try {
    return await new Supervision(deps, { ...held, lease, capture }, options).run(options.signal)
  } finally {
    await lease[Symbol.asyncDispose]()
  }
}

interface Holding extends HeldTask {
  readonly lease: KeptLease
  readonly capture: Capture
}

/** Why work ends before it is done. */
interface Interruption {
  readonly reason: ClaimReason
  readonly words: string
}

/** Of the time in which broken off work is given back, as much is for its push. */
const pushShare = 2 / 3

class Supervision {
  readonly #deps: SupervisorDeps
  readonly #held: Holding
  readonly #options: SupervisorOptions
  readonly #claim: WorkClaim
  readonly #keeper: RunKeeper

  constructor(deps: SupervisorDeps, held: Holding, options: SupervisorOptions) {
    this.#deps = deps
    this.#held = held
    this.#options = options
    this.#claim = new WorkClaim(deps, held, { patienceMs: options.limits.timeoutMs, releaseMs: options.checkpointMs })
    this.#keeper = new RunKeeper(deps, held, { keepMs: options.checkpointMs })
  }

  async run(ending: AbortSignal): Promise<WorkEnd> {
    const end = await this.#run(ending)
    await this.#keeper.keepRest(end)
    return end
  }

  async #run(ending: AbortSignal): Promise<WorkEnd> {
    const signal = AbortSignal.any([ending, this.#held.lease.lost])
    try {
      const end = await this.#lookAgain(signal)
      if (end !== undefined) return end
      const start = await this.#begin(signal)
      try {
        // what git merges by itself needs no agent
        const outcome = start.merge?.conflicts.length === 0 ? outcomeOfMerge(this.#held.holder.terms) : await this.#drive(start, signal)
        return await this.#settle(start, outcome, signal)
      } catch (error) {
        const interruption = this.#findInterruption(error, ending)
        if (interruption !== undefined) return await this.#checkpoint(start, interruption)
        throw error
      } finally {
        await start.worktree[Symbol.asyncDispose]()
      }
    } catch (error) {
      return this.#endAfter(error, ending)
    }
  }

  async #drive(start: Start, signal: AbortSignal): Promise<WorkerOutcome> {
    const feedback = await readFeedback(this.#deps, this.#held, { signal })
    return driveAgent(this.#deps, { ...this.#held, ...start, feedback }, { ...this.#options, signal })
  }

  /** Rule 6: how a task that was won ends without any work. */
  async #lookAgain(signal: AbortSignal): Promise<WorkEnd | undefined> {
    return this.#endBy(await this.#ask((waiting) => lookAgain(this.#deps, this.#held, waiting), signal), signal)
  }

  async #endBy(seen: SecondLook, signal: AbortSignal): Promise<WorkEnd | undefined> {
    if (seen.look === 'release') return this.#claim.release(seen.reason)
    if (seen.look === 'merged') return endMerged(this.#held.holder, seen, { signal })
    return seen.look === 'adopt' ? this.#claim.review({ ...seen.pull, wasThere: true }, { signal }) : undefined
  }

  async #begin(signal: AbortSignal): Promise<Start> {
    const { worktreeFolder: folder, snapshotTimeoutMs, maxPackBytes } = this.#options
    const options = {
      folder,
      snapshotTimeoutMs,
      maxPackBytes,
      author: this.#author(),
      isMergeWanted: isConflict(this.#held.reason),
      signal,
    }
    return beginWork(this.#deps, this.#held.holder.terms, options)
  }

  /** What broke off work for no fault of its own, while the claim is ours. */
  #findInterruption(error: unknown, ending: AbortSignal): Interruption | undefined {
    if (this.#held.lease.lost.aborted) return undefined
    if (ending.aborted) return { reason: 'shutdown', words: wordsOfEnding(ending) }
    return error instanceof StoodStill ? { reason: 'forge-down', words: error.message } : undefined
  }

  async #settle(start: Start, outcome: WorkerOutcome, signal: AbortSignal): Promise<WorkEnd> {
    if (outcome.outcome !== 'done') {
      await this.#keeper.keep({ outcome, decision: undefined }, { signal })
      if (outcome.outcome !== 'hindered') return this.#giveBack(outcome, start)
      const reason = this.#deps.driver.name === 'model' ? 'model-down' : 'agent-down'
      return hinder(await this.#checkpoint(start, { reason, words: outcome.reason }), outcome.reason)
    }
    const facts = this.#factsOf(outcome)
    const decision = await this.#keeper.keep({ outcome, decision: formatDecision(facts) }, { signal })
    const commit = await this.#commit(start, formatCommitMessage({ ...facts, decision }), signal)
    // what was asked for is not there without a change, and the same pull request would be asked for it again, for ever
    const isNothing = commit === undefined && (start.branch === undefined || isRework(this.#held.reason))
    if (isNothing) return this.#claim.release(formatReason('failed', 'the agent changed nothing'))
    const marked = await listMarked(this.#deps.mirror, start.merge, commit, { signal })
    if (marked.length > 0)
      return this.#giveBack({ outcome: 'failed', reason: `marks of conflicts are left in ${marked.join(', ')}` }, start)
    // Rule 6: whether the task is still one is asked before the work is shown to anybody.
    const seen = await this.#ask((waiting) => lookBeforeShowing(this.#deps, this.#held, waiting), signal)
    const end = await this.#endBy(seen, signal)
    if (end !== undefined) return end
    const pull = { ...facts, decision, cost: this.#held.capture.cost() }
    const { branch, base } = this.#held.holder.terms
    if (!(await isApproved(this.#deps, { facts: pull, branch, base, from: start.branch ?? start.base, to: commit }, { signal })))
      return this.#claim.release(formatReason('by-person', 'the push was not approved'))
    if (commit !== undefined) {
      const refusal = await this.#claim.push(start, commit, { signal })
      if (refusal !== undefined) return refusal
    }
    return this.#openPull(pull, signal)
  }

  /** A question is a person's; so is a conflict that the agent could not resolve, which the next one could not either. */
  async #giveBack(
    { outcome, reason }: Extract<WorkerOutcome, { readonly outcome: 'failed' | 'needs-human' }>,
    { merge }: Start,
  ): Promise<WorkEnd> {
    if (outcome === 'failed' && merge === undefined) return this.#claim.release(formatReason('failed', reason))
    const words =
      merge === undefined ? reason : `${this.#held.holder.terms.base} conflicts with it, and the agent did not merge the two: ${reason}`
    const end = await this.#claim.release(formatNeed(words))
    return end.end === 'released' ? { end: 'needs-human', reason: words } : end
  }

  #author(): CommitAuthor {
    const name = this.#options.agent
    return { name, email: `${name.replaceAll(/[^\w.-]/g, '-')}@althing.invalid`, at: Math.floor(this.#deps.clock.now() / 1_000) }
  }

  #commit({ base, branch, merge, worktree }: Start, message: string, signal: AbortSignal): Promise<ObjectId | undefined> {
    return worktree.commit({ parents: merge?.parents ?? [branch ?? base], message, author: this.#author() }, { signal })
  }

  async #openPull(facts: PullFacts, signal: AbortSignal): Promise<WorkEnd> {
    const { holder } = this.#held
    const draft = { head: holder.terms.branch, base: holder.terms.base, title: formatPullTitle(facts), body: formatPullBody(facts) }
    return this.#claim.review(await this.#ask((waiting) => this.#deps.forge.openPull(draft, waiting), signal), { signal })
  }

  #ask<T>(ask: (waiting: Waiting) => Promise<T>, signal: AbortSignal): Promise<T> {
    return askForge(this.#deps, () => ask({ signal }), { patienceMs: this.#options.forgePatienceMs, signal })
  }

  /** F28: work ends before it is done, for no fault of its own: what is there is pushed, for whoever takes the task up, and the claim is given back. */
  async #checkpoint(start: Start, { reason, words }: Interruption): Promise<WorkEnd> {
    const { clock, log } = this.#deps
    const { checkpointMs } = this.#options
    const whole = withDeadline(clock, checkpointMs)
    // a push that comes to no end leaves time to say so
    const signal = withDeadline(clock, checkpointMs * pushShare, whole)
    const release = (fate = ''): Promise<WorkEnd> => this.#claim.release(formatReason(reason, `${words}${fate}`), whole)
    const { tried } = this.#claim
    try {
      // half a merge is nobody's, and what a person did not look at yet stays here
      if (tried === undefined && (start.merge !== undefined || this.#deps.approve !== undefined)) return await release()
      const commit = tried ?? (await this.#commit(start, formatUnfinishedMessage(this.#holdingFacts()), signal))
      const refusal = commit === undefined ? undefined : await this.#claim.push(start, commit, { signal })
      if (refusal !== undefined) return refusal
      return await release(commit === undefined ? '' : '; what was done is on the branch')
    } catch (error) {
      log.warn('work that was broken off was not pushed', { task: this.#held.task.key, reason: describeError(error) })
      return release('; what was done is lost')
    }
  }

  async #endAfter(error: unknown, ending: AbortSignal): Promise<WorkEnd> {
    const reason = this.#held.lease.lost.reason ?? error
    if (reason instanceof LeaseLost) {
      return reason.release === undefined ? { end: 'lost', reason: reason.message } : this.#claim.release(reason.release)
    }
    if (ending.aborted) return this.#claim.release(formatReason('shutdown', wordsOfEnding(ending)))
    if (error instanceof Fault) {
      const { reason: word, hinders } = judgeFault(error)
      const end = await this.#claim.release(formatReason(word, error.message))
      return hinders === undefined ? end : hinder(end, error.message, hinders)
    }
    // the disk is full, or a program is not there: the next task would meet the same
    if (isSystemError(error)) return hinder(await this.#claim.release(formatReason('node-failed', error.message)), error.message)
    this.#deps.log.error('work on a task ended with a bug', { task: this.#held.task.key, error: describeError(error) })
    return this.#claim.release(formatReason('failed', 'a bug of the node; its log says more'))
  }

  #factsOf(outcome: PullFacts['outcome']): PullFacts {
    return { ...this.#holdingFacts(), outcome, cost: this.#held.capture.cost(), decision: undefined }
  }

  #holdingFacts(): HoldingFacts {
    const { task, holder } = this.#held
    return { task, holding: holder.began, epoch: holder.terms.epoch, agent: this.#options.agent }
  }
}
