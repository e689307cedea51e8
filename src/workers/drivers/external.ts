import type { Clock } from '../../lib/clock.ts'
import { Fault } from '../../lib/fault.ts'
import type { Task } from '../../tasks/task.ts'
import type { WorkerOutcome } from '../driver.ts'
import type { Sandbox } from '../sandbox/sandbox.ts'

/** What drivers of agents that are programs of others work with. */
export interface ExternalDeps {
  readonly sandbox: Sandbox
  readonly clock: Clock
  /** Variables that hold the agent's own keys, read anew for each run. Whatever the agent runs can read them: nothing else of ours is there. @throws Fault */
  readonly readSecrets: () => Promise<Readonly<Record<string, string>>>
}

export interface ExternalOptions {
  /** The program and its arguments. */
  readonly command: readonly string[]
  /** Absolute path of a folder of ours in which one for each run is made. */
  readonly scratchFolder: string
  /** Whether the sandbox has a network. */
  readonly mayFetch: boolean
}

/**
 * What an agent finds in its environment: its own keys, and the names of its task, its project and the file to write its outcome to. Or how a run ends
 * whose keys cannot be had: they are gone, or others can read them, which is no fault of the task.
 */
export async function variablesOf(
  { readSecrets }: Pick<ExternalDeps, 'readSecrets'>,
  { project, key }: Pick<Task, 'project' | 'key'>,
  { path }: { readonly path: string },
): Promise<{ readonly variables: Readonly<Record<string, string>> } | WorkerOutcome> {
  try {
    return { variables: { ...(await readSecrets()), ALTHING_PROJECT: project, ALTHING_TASK: key, ALTHING_OUTCOME: path } }
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    return { outcome: 'hindered', reason: error.message }
  }
}
