import type { PeerId } from '../identity/keys.ts'
import { reasonOfHolding } from '../tasks/claims/history.ts'
import type { TaskSight } from '../tasks/claims/ledger.ts'
import type { TakeoverAdvice } from '../tasks/claims/observer.ts'
import type { RefMeaning } from '../tasks/rules/judge-ref.ts'
import { formatReason, wordsOfPerson } from '../tasks/rules/reasons.ts'
import { describeResumed } from './rules/resumed-because.ts'

/** A task that may be tried, and from what. */
export type TaskChance =
  | {
      readonly chance: 'claim'
      readonly epoch: number
      /** What the claim says it is taken for; undefined for a first claim. */
      readonly reason: string | undefined
      /** Why it is taken up again, for the agent. */
      readonly because: string | undefined
      /** Who had it last, where it goes on with the same. */
      readonly first: PeerId | undefined
    }
  | { readonly chance: 'resume' }

/** A task without a claim, as far as a list of refs says. */
export const unseen = { chance: 'claim', epoch: 1, reason: undefined, because: undefined, first: undefined } as const satisfies TaskChance

/** A task whose holder is gone, once its lease ran out as far as this node watched it. */
export function chanceOfExpired(sight: TaskSight, advice: TakeoverAdvice): TaskChance | undefined {
  if (advice.advice !== 'take-over') return undefined
  const because = describeResumed('the one who worked on it is gone', reasonOfHolding(sight))
  return { ...unseen, epoch: advice.epoch, reason: advice.reason, because }
}

/** A task that nobody holds. What a person said at a break goes into the claim's own reason: who takes the task up after that reads it there. */
export function chanceOfFree(sight: TaskSight, { epoch, why }: Extract<RefMeaning, { readonly meaning: 'free' }>): TaskChance {
  if (why === 'broken') {
    const reason = formatReason('by-person', wordsOfPerson(sight.chain?.state.holding?.reason))
    return { ...unseen, epoch, reason, because: describeResumed('a person wants it to be tried again', reason) }
  }
  const because = describeResumed(undefined, reasonOfHolding(sight))
  return { ...unseen, epoch, reason: sight.value === undefined ? undefined : 'free', because }
}
