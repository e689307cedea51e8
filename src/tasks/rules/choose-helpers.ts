import type { PeerId } from '../../identity/keys.ts'
import type { HeardWorker } from './worker-book.ts'

/** Whom a question may go to. */
export interface HelpSight {
  readonly project: string
  /** Those it came by, ourselves last. */
  readonly path: readonly PeerId[]
  readonly workers: readonly HeardWorker[]
  readonly connected: ReadonlySet<PeerId>
  /** The same peers in an order that differs from question to question. */
  readonly order: (peers: readonly PeerId[]) => readonly PeerId[]
}

/** Members that one node asks with one question at most. */
const maxAsked = 4

/**
 * Whom to ask, best first: who answers and is connected, those of the project before others; then who is connected and may know more;
 * then who answers and is farther away. Nobody while no answer is in sight.
 */
export function chooseHelpers({ project, path, workers, connected, order }: HelpSight): readonly PeerId[] {
  const answering = workers.filter(({ node, answers }) => answers && !path.includes(node))
  if (answering.length === 0) return []
  const ours = new Set(answering.flatMap(({ node, projects }) => (projects.includes(project) ? [node] : [])))
  const ranked = order(answering.map(({ node }) => node)).toSorted((a, b) => Number(ours.has(b)) - Number(ours.has(a)))
  const near = ranked.filter((node) => connected.has(node))
  const others = order([...connected].filter((node) => !path.includes(node) && !near.includes(node)))
  const far = ranked.filter((node) => !connected.has(node))
  // whoever is connected is asked on behalf of those who are not, and not for more of what is near
  return [...near, ...(far.length > 0 ? others : []), ...far].slice(0, maxAsked)
}
