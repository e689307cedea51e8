import type { DeskOptions } from '../../../src/tasks/desk.ts'
import type { WorkerOptions } from '../../../src/workers/worker.ts'
import { taskLabel } from './sim-forge.ts'

/** Lease of simulated claims, in seconds. */
export const simTtlSeconds = 60

export const simDeskOptions: DeskOptions = {
  ttlSeconds: simTtlSeconds,
  limitedNodes: 0,
  form: 'native',
  renewalWindowMs: 200,
  collectAfterMs: 120_000,
  dependencyPatienceMs: 600_000,
  label: taskLabel,
  trustedAuthors: [],
}

export const simWorkerOptions: Omit<WorkerOptions, 'label'> = {
  types: [],
  maxTasks: 3,
  pollMs: 10_000,
  lookMs: 30_000,
  checkpointMs: 8_000,
  about: { agent: 'ada:worker', models: [], answers: false },
  price: 0,
}

/** A free task may wait for so long although a node is ready: its next look, which reads and judges everything that changed, and its turn. */
export const simGraceMs = 120_000

/** Claims of tasks that are over are collected as often, so that the closed chain is part of every simulation. */
export const simCollectEveryMs = 60_000
