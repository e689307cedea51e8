import { spawn } from 'node:child_process'
import { Document } from '../harness/document.ts'
import { runNode } from '../harness/run-command.ts'

/** `p2p start` in a process of its own, on loopback and without mDNS. Killed when it is disposed. */
export interface RunningNode extends AsyncDisposable {
  readonly pid: number
  /** Milliseconds from before the process was started to its saying that it is ready. */
  readonly readyMs: number
  /** Runs a command on the same home; what it answers with `--json`. */
  readonly command: (words: readonly string[]) => Promise<Document>
}

export interface RunningNodeOptions {
  readonly launcher: string
  readonly home: string
  readonly signal: AbortSignal
  /** Settings beside those of the process that starts it. */
  readonly env?: Readonly<Record<string, string>>
}

/** Longest start that is waited for. */
const startDeadlineMs = 60_000

/** Starts a node and waits until it is ready. @throws Error with what it said when it is not within a minute */
export async function openRunningNode({ launcher, home, signal, env = {} }: RunningNodeOptions): Promise<RunningNode> {
  const words = ['p2p', 'start', '--json', '--home', home, '--listen', '/ip4/127.0.0.1/tcp/0', '--no-mdns', '--http-port', '0']
  const startedAt = performance.now()
  const child = spawn(process.execPath, [launcher, ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
    signal,
    killSignal: 'SIGKILL',
    env: { ...process.env, ...env },
  })
  const ready = Promise.withResolvers<number>()
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  child.stdout.once('data', () => ready.resolve(performance.now() - startedAt))
  child.on('error', (error) => ready.reject(error))
  const ended = Promise.withResolvers<void>()
  child.on('close', (code, killedBy) => {
    ready.reject(new Error(`althing p2p start ended with ${code ?? killedBy}: ${stderr.trim()}`))
    ended.resolve()
  })
  const late = setTimeout(
    () => ready.reject(new Error(`althing p2p start was not ready after ${startDeadlineMs} ms: ${stderr.trim()}`)),
    startDeadlineMs,
  )
  const dispose = async (): Promise<void> => {
    child.kill('SIGKILL')
    await ended.promise
  }
  try {
    const readyMs = await ready.promise
    // it goes on talking: nobody reading would block it one day
    child.stdout.resume()
    const command = async (given: readonly string[]): Promise<Document> => {
      const { stdout } = await runNode([launcher, ...given, '--json', '--home', home], { signal })
      return Document.parse(JSON.parse(stdout), `althing ${given.join(' ')}`)
    }
    return { pid: child.pid ?? 0, readyMs, command, [Symbol.asyncDispose]: dispose }
  } catch (error) {
    await dispose()
    throw error
  } finally {
    clearTimeout(late)
  }
}
