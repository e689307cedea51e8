import type { PeerId } from '../../identity/keys.ts'
import type { ObjectId } from '../git/objects.ts'
import type { ChainState, Holding } from './chain.ts'
import { nextEpoch } from './chain.ts'

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
  /** The forge has less than we saw: push `newest` again before anything else. */
  | { readonly meaning: 'regressed'; readonly newest: ObjectId }
  /** Three holdings in a row failed: a person decides. */
  | { readonly meaning: 'quarantined'; readonly failures: number }

/** `new`: never claimed. `closed`: claimed before and collected since. */
export type FreeBecause = 'new' | 'closed' | 'released' | 'broken'

/** What a node knows when it looks at a claim ref. */
export interface RefSight {
  readonly value: ObjectId | undefined
  /** What the chain at `value` says, folded with the epoch that `closed` says; undefined exactly when there is no value. */
  readonly chain: ChainState | undefined
  /** Newest head of this chain that we verified; undefined when we saw none. */
  readonly newest: ObjectId | undefined
  /** Whether `value` is `newest` or descends from it. */
  readonly descends: boolean
  /** What `refs/althing/closed` says of the task; undefined when it says nothing. Must have been read after `value`. */
  readonly closed: { readonly lastEpoch: number; readonly head: ObjectId } | undefined
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
  const { value, chain, newest, descends, closed } = sight
  if (value === undefined || chain === undefined) return judgeAbsent(newest, closed)
  if (newest !== undefined && !descends && closed?.head !== newest) return { meaning: 'regressed', newest }
  const epoch = nextEpoch(chain, { closedEpoch: closed?.lastEpoch ?? 0 })
  const { holding } = chain
  if (holding === undefined || chain.unknownLinks > 0) return { meaning: 'unknown', epoch }
  return judgeHolding(holding, { epoch, failures: chain.failures, self, value })
}

function judgeAbsent(newest: ObjectId | undefined, closed: RefSight['closed']): RefMeaning {
  if (newest !== undefined && closed === undefined) return { meaning: 'regressed', newest }
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
