import { createHash } from 'node:crypto'

/** One node's try for one task. */
export interface Attempt {
  readonly isWon: boolean
  /** How often the arbiter was asked to swap. */
  readonly swaps: number
}

/** Whoever decides who gets a task, with tasks that nobody has yet. */
export interface RaceTrack {
  readonly attempt: (node: number, task: number) => Promise<Attempt>
  /** Who holds each task, as the arbiter says it when it is asked anew. */
  readonly holders: () => Promise<ReadonlyMap<number, number>>
}

export interface RaceSize {
  readonly nodes: number
  readonly tasks: number
}

/**
 * Lets all nodes take tasks at once, each one after the other, until there are none left; gives swaps per task.
 *
 * Each begins with the tasks for which a hash of task and node puts it first. What was won is known to all at once, as gossip says it.
 *
 * @throws Error when a task was won twice, by nobody, or by another than the arbiter says
 */
export async function runRace(track: RaceTrack, { nodes, tasks }: RaceSize, { signal }: { readonly signal: AbortSignal }): Promise<number> {
  const winners = new Map<number, number>()
  let swaps = 0
  const run = async (node: number, turns: readonly number[]): Promise<void> => {
    for (const task of turns) {
      signal.throwIfAborted()
      if (winners.has(task)) continue
      const attempt = await track.attempt(node, task)
      swaps += attempt.swaps
      if (!attempt.isWon) continue
      if (winners.has(task)) throw new Error(`task ${task} was won by node ${node} and by node ${winners.get(task)}`)
      winners.set(task, node)
    }
  }
  // nodes are the scarce thing: each does one task at a time
  await Promise.all(orderTurns({ nodes, tasks }).map((turns, node) => run(node, turns)))
  const holders = await track.holders()
  for (let task = 0; task < tasks; task += 1) {
    const [won, held] = [winners.get(task), holders.get(task)]
    if (won === undefined || won !== held) throw new Error(`task ${task} was won by ${won ?? 'nobody'} and is held by ${held ?? 'nobody'}`)
  }
  return swaps / tasks
}

/** For each node all tasks, those first for which it comes first. The same each time. */
export function orderTurns({ nodes, tasks }: RaceSize): readonly (readonly number[])[] {
  const all = Array.from({ length: nodes }, (): { readonly task: number; readonly rank: number }[] => [])
  for (let task = 0; task < tasks; task += 1) {
    const places = Array.from({ length: nodes }, (_, node) => ({ node, hash: hashOf(task, node) }))
    const ranked = places.toSorted((a, b) => Buffer.compare(a.hash, b.hash))
    for (const [rank, { node }] of ranked.entries()) all[node]?.push({ task, rank })
  }
  return all.map((turns) => turns.toSorted((a, b) => a.rank - b.rank).map(({ task }) => task))
}

function hashOf(task: number, node: number): Buffer {
  return createHash('sha256').update(`${task} ${node}`).digest()
}
