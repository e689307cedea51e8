import type { Clock } from '../../lib/clock.ts'
import { Fault } from '../../lib/fault.ts'
import { maxFailuresInRow } from '../rules/judge-refusal.ts'
import { formatReason } from '../rules/reasons.ts'
import type { ClaimCost } from './claim-document.ts'
import type { HolderMode } from './holder.ts'
import type { DueLease, RenewalRounds } from './renewal-rounds.ts'
import type { Sent } from './send-request.ts'

/** As much of a holder as keeps its lease. */
export interface LeaseHolder extends DueLease {
  readonly mode: HolderMode
  readonly renew: (options: { readonly signal: AbortSignal; readonly cost?: ClaimCost }) => Promise<Sent>
}

/** A lease that is renewed while this exists. */
export interface KeptLease extends AsyncDisposable {
  /** Resolves while the lease is confirmed, and waits while it is not. @throws `LeaseLost`; the signal's reason */
  readonly untilMayWork: (options: { readonly signal: AbortSignal }) => Promise<void>
  /** Whether the lease is confirmed now. */
  readonly mayWork: () => boolean
  /** Aborted with a `LeaseLost` when somebody else has the task, or the look before a renewal says that it is no task any more. */
  readonly lost: AbortSignal
}

/** Why work on a task must end at once. */
export class LeaseLost extends Error {
  /** What is to be said on release; undefined when the claim is another's and nothing may be said. */
  readonly release: string | undefined

  constructor(message: string, release?: string) {
    super(message)
    this.name = 'LeaseLost'
    this.release = release
  }
}

export interface LeaseDeps {
  readonly clock: Clock
  /** Renewals of the same project, which go together. */
  readonly rounds: RenewalRounds
  readonly cost: () => ClaimCost
  /** Why the task is no task any more (closed, changed, label gone), as a reason to release; undefined while it is. Part of every renewal. */
  readonly findObstacle: (options: { readonly signal: AbortSignal }) => Promise<string | undefined>
}

const unknown = Symbol('unknown')
/** How often a paused worker looks whether it may go on, and how long after a renewal that nobody answered the next is sent, in milliseconds. */
const lookMs = 500

/** How a try to renew ended: what was not answered was waited for, what failed came back at once. */
type Renewal = 'renewed' | 'unanswered' | 'failed' | { readonly denied: string }

/** Keeps a lease: renews when it is due, tells when it is lost. Renewing is the supervisor's, never the model's. */
export function keepLease(holder: LeaseHolder, deps: LeaseDeps): KeptLease {
  const { clock } = deps
  const [closing, lost] = [new AbortController(), new AbortController()]
  const { signal } = closing

  /** F19: a forge that does not say whether the task is still one is not told that we hold it: the lease runs out, and work pauses. */
  const look = async (): Promise<string | typeof unknown | undefined> => {
    try {
      return await deps.findObstacle({ signal })
    } catch (error) {
      if (error instanceof Fault && !signal.aborted) return unknown
      throw error
    }
  }
  const renewOnce = async (): Promise<Renewal> => {
    const obstacle = await look()
    if (obstacle === unknown) return 'failed'
    if (obstacle !== undefined) {
      lost.abort(new LeaseLost(obstacle, obstacle))
      return 'failed'
    }
    const sent = await holder.renew({ signal, cost: deps.cost() })
    if (holder.mode === 'lost') lost.abort(new LeaseLost('the claim was taken away'))
    if (sent.result === 'accepted') return 'renewed'
    if (sent.result === 'unknown') return 'unanswered'
    return sent.result === 'refused' && sent.cause === 'policy' ? { denied: sent.reason } : 'failed'
  }
  /** Rule 20: a forge that refuses is asked ever more seldom, and one that does so by its policy not for ever. */
  const keep = async (): Promise<void> => {
    let [failures, denials] = [0, 0]
    while (!signal.aborted && !lost.signal.aborted && holder.mode !== 'ended') {
      await deps.rounds.untilDue(holder, { leastMs: holder.mode === 'paused' ? lookMs : 0, signal })
      const renewal = await renewOnce()
      const isFailed = renewal !== 'renewed' && renewal !== 'unanswered'
      failures = isFailed ? failures + 1 : 0
      denials = typeof renewal === 'object' ? denials + 1 : 0
      if (typeof renewal === 'object' && denials >= maxFailuresInRow) lost.abort(deniedLease(renewal.denied))
      if (lost.signal.aborted || holder.renewalDueMs > 0) continue
      if (isFailed) await deps.rounds.untilNextTry(holder, { failures, signal })
      // a renewal that nobody answered is due at once, and a forge that is down is not asked without a pause
      else await clock.sleep(lookMs, { signal })
    }
  }
  const keeping = keep().catch((error: unknown) => {
    if (!signal.aborted) lost.abort(error)
  })
  return {
    lost: lost.signal,
    mayWork: () => holder.mode === 'working' && !lost.signal.aborted,
    untilMayWork: async (options) => {
      for (;;) {
        options.signal.throwIfAborted()
        lost.signal.throwIfAborted()
        if (holder.mode === 'working') return
        if (holder.mode !== 'paused') throw new LeaseLost('the claim is not ours any more')
        await clock.sleep(lookMs, { signal: AbortSignal.any([options.signal, lost.signal]) })
      }
    },
    [Symbol.asyncDispose]: async () => {
      closing.abort(new Error('the lease is not kept any more'))
      await keeping
    },
  }
}

function deniedLease(reason: string): LeaseLost {
  return new LeaseLost(`the forge refuses renewals by its policy: ${reason}`, formatReason('refused-by-forge', reason))
}
