import { spawn } from 'node:child_process'
import type { ChildProcess, SpawnOptions } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'

/** A program that was started, with its three streams. */
export interface PipedChild extends ChildProcess {
  readonly stdin: Writable
  readonly stdout: Readable
  readonly stderr: Readable
}

export interface SpawnPipedOptions extends Omit<SpawnOptions, 'stdio'> {
  /** Pipes beside those of the three streams; the child knows the first as 3. */
  readonly extraPipes?: number
}

/**
 * Starts a program. One that is not there, or may not be run, tells so by the event `error`.
 *
 * @throws a `SystemError` where the machine starts none at all (`EMFILE`: too many open files) or not with these words (`E2BIG`: they are too long)
 */
export function spawnPiped(program: string, args: readonly string[], { extraPipes = 0, ...options }: SpawnPipedOptions): PipedChild {
  const stdio = Array.from({ length: 3 + extraPipes }, () => 'pipe' as const)
  const child: ChildProcess = spawn(program, [...args], { ...options, stdio })
  if (hasPipes(child)) return child
  // without pipes Node tells of it a tick later, when nobody could listen yet
  child.on('error', () => {})
  const tooMany = { code: 'EMFILE', syscall: 'spawn' }
  throw Object.assign(new Error(`${program} cannot be started: too many files are open on this machine, or by this process`), tooMany)
}

/** Ends a program that was started in a group of its own (`detached`), with what it started. One that is gone is no error. */
export function killGroup(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It is gone already.
  }
}

/** Whether the operating system refused something: a disk that is full, a program that is not there. @see https://nodejs.org/api/errors.html#class-systemerror */
export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error
}

/** Node types a stream that could not be made as null, and leaves it undefined. */
function hasPipes(child: ChildProcess): child is PipedChild {
  return [child.stdin, child.stdout, child.stderr].every((stream) => typeof stream === 'object' && stream !== null)
}
