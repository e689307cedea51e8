import { spawn } from 'node:child_process'
import { once } from 'node:events'

/** What a command said and how long it took. */
export interface CommandResult {
  readonly stdout: string
  /** Milliseconds from before it was started to its end. */
  readonly ms: number
}

export interface CommandOptions {
  readonly signal: AbortSignal
  readonly env?: Readonly<Record<string, string>>
}

/** Runs the node that runs this, with these arguments, to its end. @throws Error with what it said unless it exits with 0 */
export async function runNode(args: readonly string[], { signal, env = {} }: CommandOptions): Promise<CommandResult> {
  const startedAt = performance.now()
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    signal,
    killSignal: 'SIGKILL',
    env: { ...process.env, ...env },
  })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const [code] = await once(child, 'close')
  const ms = performance.now() - startedAt
  if (code !== 0) throw new Error(`node ${args.join(' ')} exited with ${code}: ${stderr.trim() || stdout.trim()}`)
  return { stdout, ms }
}
