import type { Readable } from 'node:stream'
import type { Clock } from '../../lib/clock.ts'
import type { SandboxResult } from '../driver.ts'
import type { Sandbox, SandboxSpawn } from './sandbox.ts'

export interface RunCommandOptions {
  readonly timeoutMs: number
  /** Bytes of both streams together; a command that says more is ended. */
  readonly maxOutputBytes: number
  readonly stdin?: Uint8Array | undefined
  readonly signal: AbortSignal
}

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
  const cut = (): void => {
    wasCut = true
    child.kill()
  }
  const collect = async (stream: Readable): Promise<Uint8Array> => {
    const parts: Uint8Array[] = []
    for await (const chunk of stream as AsyncIterable<Uint8Array>) {
      const part = chunk.subarray(0, Math.max(0, left))
      left -= chunk.length
      if (part.length > 0) parts.push(part)
      if (left < 0) cut()
    }
    return Buffer.concat(parts)
  }
  const cancel = clock.schedule(options.timeoutMs, cut)
  options.signal.addEventListener('abort', child.kill, { once: true })
  try {
    child.stdin.end(options.stdin)
    const [exitCode, stdout, stderr] = await Promise.all([child.exited, collect(child.stdout), collect(child.stderr)])
    options.signal.throwIfAborted()
    return { exitCode, stdout, stderr, wasCut }
  } finally {
    cancel()
    options.signal.removeEventListener('abort', child.kill)
  }
}
