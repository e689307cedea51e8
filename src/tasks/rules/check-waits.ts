import { timesOfLease } from './lease.ts'
import type { RefLog, Span } from './ref-log.ts'
import type { Violation, Wait } from './replay-task.ts'

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

function overlapOf(spans: readonly Span[]): Span {
  return { from: Math.max(...spans.map(({ from }) => from)), until: Math.min(...spans.map(({ until }) => until)) }
}

function lengthOf({ from, until }: Span): number {
  return until - from
}
