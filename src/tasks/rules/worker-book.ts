import type { PeerId } from '../../identity/keys.ts'
import type { Task } from '../task.ts'
import { whyNotOurs } from './choose-task.ts'

/** How often a worker says that it is there, and after how long without a word it is forgotten, in milliseconds. */
export const offerIntervalMs = 30_000
export const offerLifeMs = 90_000
/** Workers that are remembered at once; who was heard longest ago goes. */
const maxWorkers = 1_024

/** What a worker says it can do, and for whom. */
export interface WorkerOffer {
  /** `agent:role`. */
  readonly agent: string
  /** Projects it works on, by their names. */
  readonly projects: readonly string[]
  /** Labels a task must have; what it may be about, and where it may be: no types and no scopes mean all. */
  readonly labels: readonly string[]
  readonly types: readonly string[]
  readonly scopes: readonly string[]
  /** `ENDPOINT/MODEL`, or the driver of another agent. */
  readonly models: readonly string[]
  /** Tasks it could take now. */
  readonly slots: number
  /** Whether its model answers questions of other agents. */
  readonly answers: boolean
}

/** A worker of another node, as it said of itself. */
export interface HeardWorker extends WorkerOffer {
  readonly node: PeerId
  /** When it was heard last, by our monotonic clock. */
  readonly heardAt: number
}

/** Workers of other nodes that are there, as they said. */
export class WorkerBook {
  readonly #workers = new Map<PeerId, HeardWorker>()

  /** Whether it says something that was not known. */
  hear(node: PeerId, offer: WorkerOffer, now: number): boolean {
    const isNew = this.get(node, now) === undefined
    this.#workers.delete(node)
    const [oldest] = this.#workers.keys()
    if (this.#workers.size >= maxWorkers && oldest !== undefined) this.#workers.delete(oldest)
    this.#workers.set(node, { ...offer, node, heardAt: now })
    return isNew
  }

  /** It ended, or its connection did: whoever lives says so again. */
  leave(node: PeerId): void {
    this.#workers.delete(node)
  }

  get(node: PeerId, now: number): HeardWorker | undefined {
    const worker = this.#workers.get(node)
    return worker !== undefined && now - worker.heardAt <= offerLifeMs ? worker : undefined
  }

  all(now: number): readonly HeardWorker[] {
    return [...this.#workers.values()].filter(({ heardAt }) => now - heardAt <= offerLifeMs)
  }
}

/** Whether a worker could take a task now, by what it said. */
export function couldTake({ agent, projects, labels, types, scopes, slots }: WorkerOffer, task: Task): boolean {
  if (slots === 0 || !projects.includes(task.project) || !labels.every((label) => task.labels.includes(label))) return false
  return whyNotOurs(task, { types, scopes, role: agent.slice(agent.lastIndexOf(':') + 1) }) === undefined
}
