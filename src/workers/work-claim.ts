import type { Clock } from '../lib/clock.ts'
import { isTimeout, withDeadline } from '../lib/deadline.ts'
import type { ClaimHolder } from '../tasks/claims/holder.ts'
import type { KeptLease } from '../tasks/claims/keep-lease.ts'
import type { Forge } from '../tasks/forges/forge.ts'
import type { ObjectId } from '../tasks/git/objects.ts'
import { maskSecrets } from '../market/rules/secrets.ts'
import { formatReason } from '../tasks/rules/reasons.ts'
import type { Start } from './begin-work.ts'
import type { Capture } from './capture.ts'
import { workersFaults } from './faults.ts'
import type { ObjectRange } from './trees/object-range.ts'
import type { Mirror } from './trees/mirror.ts'
import { StoodStill } from './watch-lease.ts'
import type { WorkEnd } from './work-end.ts'

interface Waiting {
  readonly signal: AbortSignal
}

export interface WorkClaimDeps {
  readonly clock: Clock
  readonly mirror: Pick<Mirror, 'openPack' | 'findTexts'>
  /** Values that leave this node in no commit. */
  readonly readSecrets: () => Promise<readonly string[]>
}

/** A claim that work is done under. */
export interface WorkedClaim {
  readonly holder: ClaimHolder
  readonly lease: KeptLease
  readonly capture: Pick<Capture, 'cost'>
}

export interface WorkClaimOptions {
  /** Time in which a push may wait for the forge to confirm the lease again, in milliseconds. */
  readonly patienceMs: number
  /** Time that a release may take when nothing else is said, in milliseconds. */
  readonly releaseMs: number
}

/** Shortest secret that is looked for in what is pushed, in characters: a shorter one may be a word of any text. */
const minSecretLength = 12

/** What work says of its claim, and what that ends it with. */
export class WorkClaim {
  readonly #deps: WorkClaimDeps
  readonly #held: WorkedClaim
  readonly #options: WorkClaimOptions
  #tried: ObjectId | undefined

  constructor(deps: WorkClaimDeps, held: WorkedClaim, options: WorkClaimOptions) {
    this.#deps = deps
    this.#held = held
    this.#options = options
  }

  /** The commit that was pushed, or was to be: whether the forge took it may not be known, and no other one can be pushed before that is. */
  get tried(): ObjectId | undefined {
    return this.#tried
  }

  /**
   * Pushes with a renewal; undefined when the forge took it, else how that ends the work.
   *
   * @throws Fault WORK_REFUSED where a secret of this node is in it; `StoodStill`, the signal's reason
   */
  async push({ base, branch }: Pick<Start, 'base' | 'branch'>, commit: ObjectId, { signal }: Waiting): Promise<WorkEnd | undefined> {
    const have = branch === undefined ? [base] : [base, branch]
    await this.#refuseSecrets({ want: commit, have }, signal)
    this.#tried = commit
    const { holder, lease, capture } = this.#held
    const openPack = (waiting: Waiting): AsyncIterable<Uint8Array> => this.#deps.mirror.openPack({ want: commit, have }, waiting)
    const { patienceMs } = this.#options
    const patience = withDeadline(this.#deps.clock, patienceMs, signal)
    for (;;) {
      const sent = await holder.pushWork({ old: branch, new: commit, openPack, cost: capture.cost() }, { signal })
      if (sent.result === 'accepted') return undefined
      if (sent.result === 'refused') {
        if (sent.cause === 'moved') return this.release(formatReason('conflict', 'the work branch was moved by somebody else'))
        return this.release(formatReason('refused-by-forge', sent.reason))
      }
      if (sent.result === 'lost' || sent.result === 'regressed') return { end: 'lost', reason: 'the claim is not ours any more' }
      // Nobody knows whether it was taken: the same bytes again, once the lease allows it.
      await lease.untilMayWork({ signal: patience }).catch((error: unknown) => {
        throw isTimeout(error) && !signal.aborted ? new StoodStill(patienceMs) : error
      })
    }
  }

  /** S28: what an agent was given, or came upon, it may have written into a file. What was masked in its words is not in its files. */
  async #refuseSecrets(range: ObjectRange, signal: AbortSignal): Promise<void> {
    const secrets = (await this.#deps.readSecrets()).filter((secret) => secret.length >= minSecretLength)
    const places = await this.#deps.mirror.findTexts(range, { texts: secrets, signal })
    if (places.length === 0) return
    const reason = `a secret of this node stands in ${maskSecrets(places.join(', '), secrets)}`
    throw workersFaults.create('WORK_REFUSED', { message: `the work is not pushed: ${reason}`, data: { reason } })
  }

  /** Says that a pull request waits for people. */
  async review({ id, url, wasThere }: Awaited<ReturnType<Forge['openPull']>>, { signal }: Waiting): Promise<WorkEnd> {
    const { holder, capture } = this.#held
    const sent = await holder.review(id, { signal, cost: capture.cost() })
    if (sent.result !== 'accepted') return { end: 'lost', reason: `the pull request ${url} is open, and the claim is ${sent.result}` }
    return { end: 'in-review', pull: id, url, wasThere }
  }

  /** Gives the task back. A forge that does not answer in time is not waited for: the claim ends with its lease. */
  async release(reason: string, within?: AbortSignal): Promise<Extract<WorkEnd, { readonly end: 'released' | 'lost' }>> {
    const signal = within ?? withDeadline(this.#deps.clock, this.#options.releaseMs)
    try {
      const sent = await this.#held.holder.release(reason, { signal, cost: this.#held.capture.cost() })
      return sent.result === 'accepted' ? { end: 'released', reason } : { end: 'lost', reason: `${reason}; the claim is ${sent.result}` }
    } catch (error) {
      if (!signal.aborted) throw error
      return { end: 'lost', reason: `${reason}; the forge did not answer` }
    }
  }
}
