import type { Chance } from '../lib/chance.ts'
import type { Clock } from '../lib/clock.ts'
import { describeError, Fault } from '../lib/fault.ts'
import type { Log } from '../lib/log.ts'
import type { ProjectDesk } from './desk.ts'

export interface CollectorDeps {
  readonly clock: Clock
  readonly chance: Chance
  readonly log: Log
  readonly desks: () => readonly Pick<ProjectDesk, 'project' | 'collect'>[]
}

export interface CollectorOptions {
  /** Time between two rounds over all projects, in milliseconds. */
  readonly everyMs: number
}

/**
 * Takes claims of tasks that have long been over off the forges, now and then, until its signal says so. Resolves then.
 *
 * The first round comes at a random moment within `everyMs`: nodes that start together do not all push the same.
 */
export async function runCollector(
  deps: CollectorDeps,
  { everyMs }: CollectorOptions,
  { signal }: { readonly signal: AbortSignal },
): Promise<void> {
  const { clock, chance } = deps
  try {
    await clock.sleep(everyMs * chance.fraction(), { signal })
    for (;;) {
      await collectAll(deps, signal)
      await clock.sleep(everyMs, { signal })
    }
  } catch (error) {
    if (!signal.aborted) throw error
  }
}

async function collectAll({ desks, log }: CollectorDeps, signal: AbortSignal): Promise<void> {
  for (const desk of desks()) {
    const { id: project } = desk.project
    try {
      const count = await desk.collect({ signal })
      if (count > 0) log.info('claims of tasks that are over were collected', { project, count })
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof Fault)) throw error
      log.warn('claims of a project were not collected', { project, reason: describeError(error) })
    }
  }
}
