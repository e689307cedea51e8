import type { Context } from './question.ts'
import { medianOf, quantileOf } from './statistics.ts'

/** Somebody who does the work that is compared. */
export interface Contestant {
  /** With version and durability where they matter. */
  readonly name: string
  /** Does the work once; resolves with the figure, in the comparison's unit. */
  readonly measure: (round: number) => Promise<number>
}

/** Somebody ours is held against. */
export interface Peer extends Contestant {
  readonly aim?: Aim
}

/** What ours divided by the peer's should be. */
export type Aim = { readonly atMost: number } | { readonly atLeast: number }

/** The same work, done by ours and by peers, in turns. */
export interface Comparison {
  /** What is measured. */
  readonly what: string
  readonly unit: string
  readonly ours: Contestant
  readonly peers: readonly Peer[]
  /** Turns each one gets. */
  readonly rounds: number
  /** Turns before that which do not count. */
  readonly warmups: number
}

/** One row of the results. */
export interface Figure {
  readonly what: string
  readonly unit: string
  readonly ours: Measured
  readonly peer?: Measured
  readonly ratio?: Ratio
  readonly aim?: Aim
}

export interface Measured {
  readonly name: string
  /** Median of the rounds. */
  readonly value: number
}

/** Ours divided by the peer's, taken within each round, so that a slow spell of the machine falls on both. */
export interface Ratio {
  readonly median: number
  readonly lowest: number
  readonly highest: number
}

/** Lets everybody do the work in turns; another one begins each round. One row per peer, or one row without a ratio where there is none. */
export async function compare(context: Context, comparison: Comparison): Promise<readonly Figure[]> {
  const contestants = [comparison.ours, ...comparison.peers]
  const values = new Map<Contestant, number[]>(contestants.map((contestant) => [contestant, []]))
  for (let round = -comparison.warmups; round < comparison.rounds; round += 1) {
    for (const contestant of turnsOf(contestants, round + comparison.warmups)) {
      context.signal.throwIfAborted()
      const value = await contestant.measure(round + comparison.warmups)
      if (!Number.isFinite(value) || value < 0)
        throw new Error(`${contestant.name} measured ${value} ${comparison.unit} for "${comparison.what}"`)
      if (round >= 0) values.get(contestant)?.push(value)
      const label = round < 0 ? 'warm-up' : `round ${round + 1}/${comparison.rounds}`
      context.say(`  ${comparison.what} · ${label} · ${contestant.name}: ${formatNumber(value)} ${comparison.unit}`)
    }
  }
  const own = values.get(comparison.ours) ?? []
  const ours = { name: comparison.ours.name, value: medianOf(own) }
  const { what, unit } = comparison
  if (comparison.peers.length === 0) return [{ what, unit, ours }]
  return comparison.peers.map((peer) => {
    const theirs = values.get(peer) ?? []
    const row = { what, unit, ours, peer: { name: peer.name, value: medianOf(theirs) }, ratio: ratioOf(own, theirs) }
    return peer.aim === undefined ? row : { ...row, aim: peer.aim }
  })
}

/** Whether a ratio is as it should be. */
export function isMet(aim: Aim, ratio: Ratio): boolean {
  return 'atMost' in aim ? ratio.median <= aim.atMost : ratio.median >= aim.atLeast
}

/** Three digits that mean something; thousands apart. */
export function formatNumber(value: number): string {
  if (value >= 1000) return Math.round(value).toLocaleString('en-US')
  return value === 0 ? '0' : String(Number(value.toPrecision(3)))
}

function turnsOf(contestants: readonly Contestant[], round: number): readonly Contestant[] {
  const first = round % contestants.length
  return [...contestants.slice(first), ...contestants.slice(0, first)]
}

function ratioOf(ours: readonly number[], theirs: readonly number[]): Ratio {
  const ratios = ours.map((value, index) => value / (theirs[index] ?? Number.NaN))
  return { median: medianOf(ratios), lowest: quantileOf(ratios, 0), highest: quantileOf(ratios, 1) }
}
