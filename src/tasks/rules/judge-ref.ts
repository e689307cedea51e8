import type { PeerId } from '../../identity/keys.ts'
import type { ObjectId } from '../git/objects.ts'
import type { ChainState, Holding } from './chain.ts'
import { isNewer, nextEpoch } from './chain.ts'

/** What the value of a claim ref means to one node. */
export type RefMeaning =
  /** Nobody holds it: claim, or take over from `value`, with this epoch. */
  | { readonly meaning: 'free'; readonly value: ObjectId | undefined; readonly epoch: number; readonly why: FreeBecause }
  | { readonly meaning: 'ours'; readonly holding: Holding }
  /** Our key holds it, but another process began it: a crash of ours, a process of a home that was set back since, or a copied key. */
  | { readonly meaning: 'ours-elsewhere'; readonly holding: Holding; readonly epoch: number }
  | { readonly meaning: 'held'; readonly holding: Holding; readonly epoch: number }
  | { readonly meaning: 'in-review'; readonly holding: Holding; readonly epoch: number }
  | { readonly meaning: 'paused'; readonly holding: Holding }
  | { readonly meaning: 'done'; readonly holding: Holding; readonly epoch: number }
  /** What stands there is no claim of this hive: held, until its value stood long enough. */
  | { readonly meaning: 'unknown'; readonly epoch: number }
  /** The server names a value and does not give what is behind it, or it is nothing that a link can stand upon: nothing is done while that is so. */
  | { readonly meaning: 'unreadable' }
  /** The forge has less than we saw: push `newest` again before anything else. */
  | { readonly meaning: 'regressed'; readonly newest: ObjectId }
  /** Three holdings in a row failed: a person decides. */
  | { readonly meaning: 'quarantined'; readonly failures: number }

/** `new`: never claimed. `closed`: claimed before and collected since. */
export type FreeBecause = 'new' | 'closed' | 'released' | 'broken'

/** What a node knows when it looks at a claim ref. */
export interface RefSight {
  readonly value: ObjectId | undefined
  /** What the chain at `value` says, folded with the epoch that `closed` says; undefined where there is no value, or it could not be read. */
  readonly chain: ChainState | undefined
  /** The newest chain of the task that we verified; undefined when we saw none. */
  readonly known: ChainState | undefined
  /** Whether `value` is the head of `known` or descends from it. */
  readonly descends: boolean
  /** False where no link can stand upon `value`: what is no commit is nobody's parent. */
  readonly isCommit?: boolean
  /** What `refs/althing/closed` says of the task; undefined when it says nothing. Where `value` is missing or `known` is behind it, read after `value`. */
  readonly closed: { readonly lastEpoch: number } | undefined
}

/** Whom a node takes for itself. */
export interface Self {
  readonly peer: PeerId
  readonly process: string
}

/** Holdings that failed in a row before a person decides. */
const maxFailures = 3

/** What the value of a claim ref means. @see docs/protocols/claims.md §2, §4, §6, §9 */
export function judgeRef(sight: RefSight, self: Self): RefMeaning {
  const { value, chain, descends, isCommit, closed } = sight
  const known = isCollected(sight.known, closed) ? undefined : sight.known
  if (value === undefined) return judgeAbsent(known, closed)
  if (chain === undefined) return { meaning: 'unreadable' }
  if (known !== undefined && !descends && isNewer(known, chain)) return { meaning: 'regressed', newest: known.head }
  if (isCommit === false) return { meaning: 'unreadable' }
  const epoch = nextEpoch(chain, { closedEpoch: closed?.lastEpoch ?? 0 })
  const { holding } = chain
  if (holding === undefined || chain.unknownLinks > 0) return { meaning: 'unknown', epoch }
  return judgeHolding(holding, { epoch, failures: chain.failures, self, value })
}

/** Whether all that a chain says is over by what the closed chain says: also of a node that missed how it ended. */
export function isCollected(known: ChainState | undefined, closed: RefSight['closed']): boolean {
  return (known?.holding?.epoch ?? 0) <= (closed?.lastEpoch ?? 0)
}

function judgeAbsent(known: ChainState | undefined, closed: RefSight['closed']): RefMeaning {
  if (known !== undefined) return { meaning: 'regressed', newest: known.head }
  if (closed === undefined) return { meaning: 'free', value: undefined, epoch: 1, why: 'new' }
  return { meaning: 'free', value: undefined, epoch: closed.lastEpoch + 1, why: 'closed' }
}

interface HoldingSight {
  readonly epoch: number
  readonly failures: number
  readonly self: Self
  readonly value: ObjectId
}

function judgeHolding(holding: Holding, { epoch, failures, self, value }: HoldingSight): RefMeaning {
  switch (holding.kind) {
    case 'release':
      if (failures >= maxFailures) return { meaning: 'quarantined', failures }
      return { meaning: 'free', value, epoch, why: 'released' }
    case 'break':
      return { meaning: 'free', value, epoch, why: 'broken' }
    case 'done':
      return { meaning: 'done', holding, epoch }
    case 'pause':
      return { meaning: 'paused', holding }
    case 'review':
      return { meaning: 'in-review', holding, epoch }
    case 'claim':
    case 'takeover':
    case 'renew':
      if (holding.holder !== self.peer) return { meaning: 'held', holding, epoch }
      if (holding.process !== self.process) return { meaning: 'ours-elsewhere', holding, epoch }
      return { meaning: 'ours', holding }
  }
}
