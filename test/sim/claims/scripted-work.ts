import { createHash } from 'node:crypto'
import type { Clock } from '../../../src/lib/clock.ts'
import { withDeadline } from '../../../src/lib/deadline.ts'
import { Fault } from '../../../src/lib/fault.ts'
import { keepLease, LeaseLost } from '../../../src/tasks/claims/keep-lease.ts'
import type { KeptLease } from '../../../src/tasks/claims/keep-lease.ts'
import type { ProjectDesk } from '../../../src/tasks/desk.ts'
import type { PullRequest } from '../../../src/tasks/forges/forge.ts'
import type { ObjectId } from '../../../src/tasks/git/objects.ts'
import { formatReason } from '../../../src/tasks/rules/reasons.ts'
import { askForge } from '../../../src/workers/ask-forge.ts'
import type { LookAgainDeps, SecondLook } from '../../../src/workers/look-again.ts'
import { endMerged, lookAgain, lookBeforeShowing } from '../../../src/workers/look-again.ts'
import type { WorkEnd } from '../../../src/workers/work-end.ts'
import type { WorkerHolding } from '../../../src/workers/worker-news.ts'
import type { SimServer } from './sim-server.ts'

/** What the agent does with one task. */
export interface WorkPlan {
  readonly workMs: number
  /** How its first holding goes wrong; the next one goes well. */
  readonly fault: 'hangs' | 'fails' | undefined
}

export interface ScriptedWorkDeps {
  readonly clock: Clock
  readonly server: SimServer
  readonly planOf: (held: WorkerHolding) => WorkPlan
  /** Told while the agent works: that two never do at once is looked at from outside. */
  readonly watch: { readonly begin: (held: WorkerHolding) => void; readonly end: (held: WorkerHolding) => void }
}

interface Waiting {
  readonly signal: AbortSignal
}

/** An agent that hangs is given up after so long, in milliseconds; one whose work is longer, after that and a tenth more. */
export const taskTimeoutMs = 180_000
/** Between two looks whether it may go on, in milliseconds. */
const sliceMs = 5_000
/** How long a forge that does not answer is asked again, in milliseconds. */
const forgePatienceMs = 60_000
/** What a process that is told to end has to push and release, in milliseconds. */
const checkpointMs = 20_000
const noCost = () => ({ tokens: 0, microUsd: 0 })

/** Does what a supervisor does around an agent, without one: renews, works in slices, pushes with a renewal, opens a pull request, releases. */
export async function superviseByScript(
  deps: ScriptedWorkDeps,
  desk: ProjectDesk,
  { held, signal }: { readonly held: WorkerHolding } & Waiting,
): Promise<WorkEnd> {
  const findObstacle = async (waiting: Waiting): Promise<string | undefined> => {
    const now = await desk.source.find(held.task.key, waiting)
    if (now === undefined || now.state === 'closed') return 'not-eligible: the task is closed'
    return now.issueHash === held.task.issueHash ? undefined : 'not-eligible: its text changed'
  }
  await using lease = keepLease(held.holder, { clock: deps.clock, rounds: desk.rounds, cost: noCost, findObstacle })
  const work = new ScriptedWork(deps, { desk, held, lease, findObstacle })
  // awaited here: the lease is kept until then
  return await work.run(signal)
}

interface Place {
  readonly desk: ProjectDesk
  readonly held: WorkerHolding
  readonly lease: KeptLease
  readonly findObstacle: (waiting: Waiting) => Promise<string | undefined>
}

class ScriptedWork {
  readonly #deps: ScriptedWorkDeps
  readonly #place: Place

  constructor(deps: ScriptedWorkDeps, place: Place) {
    this.#deps = deps
    this.#place = place
  }

  async run(ending: AbortSignal): Promise<WorkEnd> {
    const signal = AbortSignal.any([ending, this.#place.lease.lost])
    const old = this.#branch()
    try {
      const end = await this.#lookAgain(signal)
      if (end !== undefined) return end
      const failure = await this.#work(signal)
      if (failure !== undefined) return await this.#release(formatReason('failed', failure))
      const seen = await this.#ask((waiting) => lookBeforeShowing(this.#looking(), this.#place.held, waiting), signal)
      const over = await this.#endBy(seen, signal)
      if (over !== undefined) return over
      return (await this.#push(old, signal)) ?? (await this.#review(signal))
    } catch (error) {
      const reason: unknown = this.#place.lease.lost.reason ?? error
      if (reason instanceof LeaseLost && reason.release === undefined) return { end: 'lost', reason: reason.message }
      if (reason instanceof LeaseLost) return this.#release(reason.release ?? '')
      if (ending.aborted) return this.#checkpoint(old)
      if (error instanceof Fault) return this.#release(formatReason('forge-down', error.message))
      throw error
    }
  }

  /** Rule 6: how a task that was won ends without any work. */
  async #lookAgain(signal: AbortSignal): Promise<WorkEnd | undefined> {
    return this.#endBy(await this.#ask((waiting) => lookAgain(this.#looking(), this.#place.held, waiting), signal), signal)
  }

  #ask<T>(ask: (waiting: Waiting) => Promise<T>, signal: AbortSignal): Promise<T> {
    return askForge(this.#deps, () => ask({ signal }), { patienceMs: forgePatienceMs, signal })
  }

  #looking(): LookAgainDeps {
    const { desk, findObstacle } = this.#place
    return { forge: desk.pulls, findObstacle: (_, waiting) => findObstacle(waiting) }
  }

  async #endBy(seen: SecondLook, signal: AbortSignal): Promise<WorkEnd | undefined> {
    switch (seen.look) {
      case 'work':
        return undefined
      case 'release':
        return this.#release(seen.reason)
      case 'merged':
        return endMerged(this.#place.held.holder, seen, { signal })
      case 'adopt':
        return this.#sayReview({ ...seen.pull, wasThere: true }, signal)
    }
  }

  /** Why the agent failed; undefined when it did its work. */
  async #work(signal: AbortSignal): Promise<string | undefined> {
    const { clock, planOf, watch } = this.#deps
    const { held, lease } = this.#place
    const plan = planOf(held)
    const workMs = plan.fault === 'hangs' ? Infinity : plan.workMs
    const timeoutMs = Math.max(taskTimeoutMs, plan.workMs * 1.1)
    // as of a real agent, time in which it may not work is none of its time
    for (let spentMs = 0; spentMs < workMs; spentMs += sliceMs) {
      if (spentMs >= timeoutMs) return 'it came to no end'
      await lease.untilMayWork({ signal })
      watch.begin(held)
      await clock.sleep(Math.min(sliceMs, workMs - spentMs), { signal }).finally(() => watch.end(held))
    }
    return plan.fault === 'fails' ? 'the tests do not pass' : undefined
  }

  /** Pushes with a renewal; undefined when it was taken, else how that ends the work. */
  async #push(old: ObjectId | undefined, signal: AbortSignal): Promise<WorkEnd | undefined> {
    const { holder, task } = this.#place.held
    const id = createHash('sha1').update(`${task.key} ${holder.began} ${old} ${holder.head}`).digest('hex') as ObjectId
    this.#deps.server.workParents.set(id, old)
    for (;;) {
      const sent = await holder.pushWork({ old, new: id, openPack: noPack }, { signal })
      if (sent.result === 'accepted') return undefined
      if (sent.result === 'refused')
        return this.#release(formatReason(sent.cause === 'moved' ? 'conflict' : 'refused-by-forge', sent.reason))
      if (sent.result === 'lost' || sent.result === 'regressed') return { end: 'lost', reason: 'the claim is not ours any more' }
      await this.#place.lease.untilMayWork({ signal })
    }
  }

  async #review(signal: AbortSignal): Promise<WorkEnd> {
    const { desk, held } = this.#place
    const { began, terms } = held.holder
    const body = `- holding: \`${began}\`, epoch ${terms.epoch}\n`
    const draft = { head: terms.branch, base: terms.base, title: held.task.title, body }
    return this.#sayReview(await this.#ask((waiting) => desk.pulls.openPull(draft, waiting), signal), signal)
  }

  async #sayReview({ id, url, wasThere }: PullRequest & { readonly wasThere: boolean }, signal: AbortSignal): Promise<WorkEnd> {
    const sent = await this.#place.held.holder.review(id, { signal })
    if (sent.result !== 'accepted') return { end: 'lost', reason: `the claim is ${sent.result}` }
    return { end: 'in-review', pull: id, url, wasThere }
  }

  /** F28: the process ends: what is there is pushed and given back. */
  async #checkpoint(old: ObjectId | undefined): Promise<WorkEnd> {
    const signal = withDeadline(this.#deps.clock, checkpointMs)
    try {
      return (await this.#push(old, signal)) ?? (await this.#release(formatReason('shutdown', 'the node ends'), signal))
    } catch {
      return this.#release(formatReason('shutdown', 'the node ends; what was done is lost'), signal)
    }
  }

  async #release(reason: string, within?: AbortSignal): Promise<WorkEnd> {
    const signal = within ?? withDeadline(this.#deps.clock, checkpointMs)
    const sent = await this.#place.held.holder.release(reason, { signal })
    return sent.result === 'accepted' ? { end: 'released', reason } : { end: 'lost', reason: `${reason}; the claim is ${sent.result}` }
  }

  /** The mirror of the machine, as it was fetched when work began. */
  #branch(): ObjectId | undefined {
    return this.#deps.server.ref(`refs/heads/${this.#place.held.holder.terms.branch}`)
  }
}

async function* noPack(): AsyncGenerator<Uint8Array> {}
