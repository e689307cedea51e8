import type { PeerId } from '../../identity/keys.ts'
import type { HiveId } from '../../journal/entry.ts'
import type { ClaimDocument, ClaimKind } from '../claims/claim-document.ts'
import type { ObjectId } from '../git/objects.ts'
import type { ProjectId, TaskKey } from '../task.ts'
import { isFailedWork } from './reasons.ts'

/** One commit under a claim ref, in the order of the chain. */
export type ChainLink =
  | { readonly id: ObjectId; readonly document: ClaimDocument }
  /** A commit that is no claim, or whose signer the hive does not admit. */
  | { readonly id: ObjectId; readonly document: undefined }

/** Which chain a link must belong to. */
export interface ChainPlace {
  readonly hive: HiveId
  readonly project: ProjectId
  readonly task: TaskKey
  /** Last epoch of a chain of this task that was collected; 0 when there was none. Epochs go on from there. */
  readonly closedEpoch: number
}

/** The last link that counts, and what it says of the holding. */
export interface Holding {
  /** Commit that began it, and its name everywhere. */
  readonly began: ObjectId
  readonly epoch: number
  readonly holder: PeerId
  /** Of the holder's newest link. */
  readonly process: string
  readonly ttlSeconds: number
  readonly base: string
  readonly branch: string
  readonly issueHash: string
  /** The newest link: what it did. */
  readonly kind: ClaimKind
  readonly reason: string | undefined
  readonly pr: string | undefined
}

/** What a chain says, from its first link to its head. */
export interface ChainState {
  readonly head: ObjectId
  /** Undefined while no link of it counts. */
  readonly holding: Holding | undefined
  /** Commits since the last link that counts. More than none: held by somebody unknown. */
  readonly unknownLinks: number
  /** Holdings in a row that ended in `release` for failed work. */
  readonly failures: number
  readonly links: number
}

/**
 * What a chain says after one more link. A link that may not stand there makes the chain one of an unknown holder; only a takeover counts after it.
 *
 * @see docs/protocols/claims.md §2
 */
export function extendChain(state: ChainState | undefined, link: ChainLink, place: ChainPlace): ChainState {
  const links = (state?.links ?? 0) + 1
  const { document } = link
  if (document === undefined || !isInPlace(document, place) || !mayFollow(state, document, place))
    return {
      head: link.id,
      holding: state?.holding,
      unknownLinks: (state?.unknownLinks ?? 0) + 1,
      failures: state?.failures ?? 0,
      links,
    }
  return {
    head: link.id,
    holding: nextHolding(state?.holding, link.id, document),
    unknownLinks: 0,
    failures: countFailures(state, document),
    links,
  }
}

/** What a takeover of this chain must say its epoch is: above every epoch that any commit of it can have had. */
export function nextEpoch(state: ChainState | undefined, { closedEpoch }: Pick<ChainPlace, 'closedEpoch'>): number {
  return lastEpoch(state, closedEpoch) + (state?.unknownLinks ?? 0) + 1
}

function lastEpoch(state: ChainState | undefined, closedEpoch: number): number {
  return Math.max(state?.holding?.epoch ?? 0, closedEpoch)
}

/**
 * Whether a chain is newer than another one of the same task, where neither goes on from the other: the later epoch, then more links, then the greater head.
 *
 * A total order, the same on every node: of two chains that a restored backup made, all of them push the same one. What does not count adds nothing.
 */
export function isNewer(chain: ChainState, other: ChainState): boolean {
  const byEpoch = (chain.holding?.epoch ?? 0) - (other.holding?.epoch ?? 0)
  if (byEpoch !== 0) return byEpoch > 0
  const byLinks = countingLinks(chain) - countingLinks(other)
  return byLinks === 0 ? chain.head > other.head : byLinks > 0
}

function countingLinks({ links, unknownLinks }: ChainState): number {
  return links - unknownLinks
}

/** Kinds after which a holder still holds. */
const holdingKinds: readonly ClaimKind[] = ['claim', 'takeover', 'renew', 'review']

/** Whether the last link leaves somebody with the task: at work, or waiting for a review. */
export function isHolding(kind: ClaimKind): boolean {
  return holdingKinds.includes(kind)
}

/** Whether the last link leaves somebody at work, under a lease: in review there is none. */
export function isAtWork(kind: ClaimKind): boolean {
  return isHolding(kind) && kind !== 'review'
}

/** Whether a link is the last that a holder has to say. */
export function isEnd(kind: ClaimKind | undefined): boolean {
  return kind === 'review' || kind === 'release' || kind === 'done'
}

function isInPlace(document: ClaimDocument, { hive, project, task }: ChainPlace): boolean {
  return document.hive === hive && document.project === project && document.task === task
}

function mayFollow(state: ChainState | undefined, document: ClaimDocument, place: ChainPlace): boolean {
  const { kind, epoch, previous } = document
  if (state === undefined) return kind === 'claim' && previous === null && epoch === place.closedEpoch + 1
  if (previous !== state.head) return false
  // after commits that do not count any epoch that they can have reached is passed by
  if (kind === 'takeover') return epoch > lastEpoch(state, place.closedEpoch) && epoch <= nextEpoch(state, place)
  const { holding } = state
  if (holding === undefined || state.unknownLinks > 0 || epoch !== holding.epoch) return false
  return mayContinue(holding, document)
}

/** Which links may follow which within one epoch. */
function mayContinue(holding: Holding, { kind, holder }: ClaimDocument): boolean {
  const isHolder = holder === holding.holder
  const isWorked = isAtWork(holding.kind)
  switch (kind) {
    case 'renew':
      return isHolder && isWorked
    case 'review':
      return isHolder && isHolding(holding.kind)
    case 'release':
      return isHolder && isHolding(holding.kind)
    case 'done':
      // of what nobody is at work on whoever sees that it is over says so; else its holder does
      return holding.kind !== 'done' && (isHolder || !isWorked)
    case 'pause':
      return holding.kind !== 'pause'
    case 'break':
      return true
    case 'claim':
    case 'takeover':
      return false
  }
}

function nextHolding(before: Holding | undefined, id: ObjectId, document: ClaimDocument): Holding {
  const { kind, epoch, holder, process, ttlSeconds, base, branch, issueHash, reason } = document
  const isNew = kind === 'claim' || kind === 'takeover' || before === undefined
  const pr = document.pr ?? before?.pr
  if (isNew) return { began: id, epoch, holder, process, ttlSeconds, base, branch, issueHash, kind, reason, pr }
  // what somebody else says of a holding does not make it theirs
  if (holder !== before.holder) return { ...before, kind, reason, pr }
  return { ...before, process, ttlSeconds, issueHash, kind, reason, pr }
}

function countFailures(state: ChainState | undefined, { kind, reason }: ClaimDocument): number {
  const before = state?.failures ?? 0
  if (kind === 'release') return isFailedWork(reason) ? before + 1 : before
  return kind === 'done' || kind === 'break' ? 0 : before
}
