import { rankNodes } from '../../content/rules/rendezvous.ts'
import type { PeerId } from '../../identity/keys.ts'

/** Nodes that may take a task from which on bids decide who tries first; with fewer the hash does. */
export const minBidders = 4
/** How long bids are collected, in milliseconds: among neighbours, and over longer ways. */
export const nearWindowMs = 150
export const farWindowMs = 300
/** What each rank waits longer than the one before it, in milliseconds. */
export const turnMs = 700
/** The best score there is: one, in millionths. */
export const maxScore = 1_000_000
/** Better bids heard from which on an own one would change nothing: so many may fail before anybody of a lower rank would try. */
const enoughBids = 3
/** A price at which a model's half of the score is half gone, in US dollars for a million tokens. */
const middlingPrice = 10

/** A task and who could take it. */
export interface TurnSight {
  readonly self: PeerId
  /** `project#task`. */
  readonly task: string
  /** Others that could take it now. */
  readonly others: readonly PeerId[]
  /** Who goes before everybody: the last holder of what is to be mended. */
  readonly first: PeerId | undefined
  /** Whether everybody is on this machine or its network. */
  readonly isNear: boolean
  readonly score: number
}

/** How it is decided who tries first. */
export type TurnPlan =
  /** By rank alone, known without a word. */
  | { readonly plan: 'rank'; readonly rank: number }
  /** By bids: an own one after `bidMs`, unless enough better ones came; they are ranked when the window is over. */
  | { readonly plan: 'bid'; readonly bidMs: number; readonly windowMs: number }

/** Who tries first, or how that is found out. @see docs/protocols/claims.md §10 */
export function planTurn({ self, task, others, first, isNear, score }: TurnSight): TurnPlan {
  const byHash = leading(rankNodes(task, [self, ...others]), first)
  const rank = byHash.indexOf(self)
  if (byHash.length < minBidders || first === self) return { plan: 'rank', rank }
  const windowMs = isNear ? nearWindowMs : farWindowMs
  // who has more to say speaks earlier, so that most need not speak; the second half of the window is for words under way
  const lateness = (1 - score / maxScore + rank / byHash.length) / 2
  return { plan: 'bid', bidMs: Math.round((windowMs / 2) * lateness), windowMs }
}

/** Bidders from the best on: by score, ties by the hash of task and key. */
export function rankBids(task: string, bids: ReadonlyMap<PeerId, number>, first?: PeerId): readonly PeerId[] {
  const byHash = rankNodes(task, bids.keys())
  return leading(
    byHash.toSorted((a, b) => (bids.get(b) ?? 0) - (bids.get(a) ?? 0)),
    first,
  )
}

/** Whether an own bid would change who tries: not when enough others were heard that are better. */
export function isWorthBidding(
  task: string,
  { self, score }: Pick<TurnSight, 'self' | 'score'>,
  heard: ReadonlyMap<PeerId, number>,
): boolean {
  return rankBids(task, new Map([...heard, [self, score]])).indexOf(self) < enoughBids
}

/** How long a rank waits before it tries, in milliseconds. */
export function waitOf(rank: number): number {
  return Math.max(0, rank) * turnMs
}

/** What a node bids by. */
export interface BidTerms {
  /** A sample of the success it can expect, 0 to 1. */
  readonly success: number
  /** Tasks under way, in shares of what may be. */
  readonly load: number
  /** US dollars for a million tokens of its model; 0 where none is known. */
  readonly price: number
}

/**
 * What a bid says of its node, in millionths: the success it can expect, of which its load and the price of its model take up to half each.
 *
 * A share, and no difference: a node that is idle and costs nothing, and fails, is still no good, and none of many poor ones falls to the same nothing.
 */
export function scoreOf({ success, load, price }: BidTerms): number {
  const dear = price / (price + middlingPrice)
  return Math.round(clamp(success) * (1 - (clamp(load) + dear) / 2) * maxScore)
}

/**
 * Tasks of equal urgency in an order of one's own: those first which one leads, so that many nodes do not all try the same one.
 *
 * `urgency`: lower is first. `rank`: that of this node among those who could take the task.
 */
export function spreadTasks<T>(
  tasks: readonly T[],
  of: { readonly urgency: (task: T) => number; readonly rank: (task: T) => number },
): readonly T[] {
  const keyed = tasks.map((task) => ({ task, urgency: of.urgency(task), rank: of.rank(task) }))
  return keyed.toSorted((a, b) => a.urgency - b.urgency || a.rank - b.rank).map(({ task }) => task)
}

/**
 * Whether another node looks at a project for all: one that is before us in the rendezvous order of the project, and said lately that it looked.
 *
 * @see docs/protocols/claims.md §10
 */
export function isPolledByAnother(project: string, self: PeerId, polledLately: readonly PeerId[]): boolean {
  return rankNodes(project, [self, ...polledLately])[0] !== self
}

/** Whether an address of a connection is on this machine or its own network, where words take little time. */
export function isNearAddress(address: string): boolean {
  return /^\/(?:memory\/|ip4\/(?:127|10|192\.168|169\.254|172\.(?:1[6-9]|2\d|3[01]))\.|ip6\/(?:::1\/|fe80:|f[cd][0-9a-f]{2}:))/i.test(
    address,
  )
}

function clamp(share: number): number {
  return Math.min(1, Math.max(0, share))
}

function leading(ranked: readonly PeerId[], first: PeerId | undefined): readonly PeerId[] {
  return first === undefined || !ranked.includes(first) ? ranked : [first, ...ranked.filter((peer) => peer !== first)]
}
