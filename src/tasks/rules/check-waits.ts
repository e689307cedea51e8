import type { TaskKey } from '../task.ts'
import { maxFailuresInRow } from './judge-refusal.ts'
import { timesOfLease } from './lease.ts'
import type { RefLog, Span } from './ref-log.ts'
import type { Violation } from './violation.ts'

/** A time in which a task stood still: free, or under a lease that nobody renewed. */
export interface Wait extends Span {
  readonly task: TaskKey
  /** Lease of who held it, in milliseconds; 0 for a free task. */
  readonly ttlMs: number
}

/** A holding from its claim to its end. */
export interface Turn extends Span {
  readonly task: TaskKey
  /** Whether work came of it, a word for people, or at least a failure that counts. */
  readonly isFruitful: boolean
}

/** G4: waits that went on although the server answered, and one and the same node was ready, for longer than it may take. */
export function findNeglect(
  waits: readonly Wait[],
  { answering, ready, graceMs }: Pick<RefLog, 'answering' | 'ready' | 'graceMs'>,
): readonly Violation[] {
  return waits.flatMap((wait): readonly Violation[] => {
    const allowedMs = graceMs + (wait.ttlMs === 0 ? 0 : wait.ttlMs + timesOfLease(wait.ttlMs).marginMs)
    if (wait.until - wait.from <= allowedMs) return []
    const times = answering.flatMap((up) => ready.map((node) => ({ node: node.node, ...overlapOf([wait, up, node]) })))
    const longest = times.toSorted((a, b) => lengthOf(b) - lengthOf(a))[0]
    if (longest === undefined || lengthOf(longest) <= allowedMs) return []
    const stood = wait.ttlMs === 0 ? 'stood free' : 'stood under a lease that nobody renewed'
    const what = `it ${stood} for ${lengthOf(longest)} ms while ${longest.node} was ready, of ${allowedMs} ms that it may take`
    return [{ guarantee: 'G4', task: wait.task, at: longest.from, what }]
  })
}

/**
 * G4: a task that is claimed and given back without end, although the server answers and somebody is ready: it is free again each time, and never done.
 *
 * As many holdings in a row of which nothing comes are no neglect yet as there may be failures before a claim is given up.
 */
export function findChurn(
  turns: readonly Turn[],
  { answering, ready, wanted }: Pick<RefLog, 'answering' | 'ready' | 'wanted'>,
): readonly Violation[] {
  let inRow = 0
  return turns.flatMap((turn): readonly Violation[] => {
    const isWithin = (span: Span): boolean => span.from <= turn.from && span.until >= turn.until
    const isWanted = wanted.some((span) => span.task === turn.task && isWithin(span))
    if (turn.isFruitful) inRow = 0
    else if (isWanted && answering.some(isWithin) && ready.some(isWithin)) inRow += 1
    if (turn.isFruitful || inRow !== maxFailuresInRow + 1) return []
    return [
      { guarantee: 'G4', task: turn.task, at: turn.until, what: `nothing came of ${inRow} holdings in a row, while somebody was ready` },
    ]
  })
}

function overlapOf(spans: readonly Span[]): Span {
  return { from: Math.max(...spans.map(({ from }) => from)), until: Math.min(...spans.map(({ until }) => until)) }
}

function lengthOf({ from, until }: Span): number {
  return until - from
}
