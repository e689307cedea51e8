import type { Readable } from 'node:stream'
import type { Clock } from '../../lib/clock.ts'
import type { SandboxResult } from '../driver.ts'
import { endAfter } from '../watch-lease.ts'
import { pauseUnconfirmed } from './pause-unconfirmed.ts'
import type { Sandbox, SandboxSpawn } from './sandbox.ts'

export interface RunCommandOptions {
  /** Time that it may take, in milliseconds; not counting that in which it stands still. */
  readonly timeoutMs: number
  /** Bytes of both streams together; a command that says more is ended. */
  readonly maxOutputBytes: number
  readonly stdin?: Uint8Array | undefined
  /** Whether the lease is confirmed; the command stands still while it is not. */
  readonly mayWork?: (() => boolean) | undefined
  readonly signal: AbortSignal
}

/** Time in which what a command had written before it was ended is read, in milliseconds. */
const drainMs = 200

/** Runs a command to its end, or to a limit. @throws the signal's reason; the command has ended by then */
export async function runCommand(
  { sandbox, clock }: { readonly sandbox: Sandbox; readonly clock: Clock },
  command: SandboxSpawn,
  options: RunCommandOptions,
): Promise<SandboxResult> {
  options.signal.throwIfAborted()
  const child = sandbox.spawn(command)
  let wasCut = false
  let left = options.maxOutputBytes
  /** Without namespaces a process that left the group outlives it, and holds the pipes open for as long as it likes. */
  const end = (): void => {
    child.kill()
    void child.exited.then(() => clock.schedule(drainMs, () => [child.stdout, child.stderr].forEach((stream) => stream.destroy())))
  }
  const cut = (): void => {
    wasCut = true
    end()
  }
  const collect = async (stream: Readable): Promise<Uint8Array> => {
    const parts: Uint8Array[] = []
    try {
      for await (const chunk of stream as AsyncIterable<Uint8Array>) {
        const part = chunk.subarray(0, Math.max(0, left))
        left -= chunk.length
        if (part.length > 0) parts.push(part)
        if (left < 0) cut()
      }
    } catch (error) {
      // what was read until it was ended is what there is
      if (!wasCut && !options.signal.aborted) throw error
    }
    return Buffer.concat(parts)
  }
  options.signal.addEventListener('abort', end, { once: true })
  const onLook = endAfter(options.timeoutMs, cut)
  using _timed = pauseUnconfirmed(child, { clock, mayWork: options.mayWork ?? (() => true) }, { onLook })
  try {
    child.stdin.end(options.stdin)
    const [exitCode, stdout, stderr] = await Promise.all([child.exited, collect(child.stdout), collect(child.stderr)])
    options.signal.throwIfAborted()
    return { exitCode, stdout, stderr, wasCut }
  } finally {
    options.signal.removeEventListener('abort', end)
  }
}
