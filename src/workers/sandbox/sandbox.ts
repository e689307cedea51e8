import type { Readable, Writable } from 'node:stream'
import type { SandboxPlan } from '../rules/sandbox-arguments.ts'

/** What one command in a sandbox is given. */
export type SandboxSpawn = Pick<SandboxPlan, 'argv' | 'folder' | 'writable' | 'readable' | 'variables'>

/** A command that runs. */
export interface SandboxProcess {
  readonly stdin: Writable
  readonly stdout: Readable
  readonly stderr: Readable
  /** How it ended: undefined when a signal ended it. Never rejects: a command that cannot be started ends with 127 and says why on stderr. */
  readonly exited: Promise<number | undefined>
  /** Ends it with all it started. */
  readonly kill: () => void
  /** Stops it with all it started, until `resume`. */
  readonly pause: () => Promise<void>
  readonly resume: () => Promise<void>
}

/** Runs commands of agents where they reach nothing but what they are given. */
export interface Sandbox {
  /** What holds here, in words for a person. */
  readonly holds: string
  readonly spawn: (command: SandboxSpawn) => SandboxProcess
}
