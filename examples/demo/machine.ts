import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** One pretended machine of the demo: a home of its own and a node process of its own. */
export interface Machine {
  readonly name: string
  readonly home: string
  /** Runs `althing …words` on this machine and gives what `--json` answered, bad news included. @throws Error with stderr when there is no answer */
  readonly ask: (...words: readonly string[]) => Promise<Answer>
  /** Starts the node process and resolves when it is ready. */
  readonly start: (...options: readonly string[]) => Promise<void>
  /** `kill -9`. */
  readonly kill: () => Promise<void>
  /** An orderly end. */
  readonly stop: () => Promise<void>
}

/** What a command answered; the demo shows single fields of it. */
export type Answer = Readonly<Record<string, unknown>>

const launcher = fileURLToPath(new URL('../../bin/althing.js', import.meta.url))
/** Nothing of the caller's surroundings but what finds programs. */
const cleanEnvironment = { PATH: process.env['PATH'] ?? '', NO_COLOR: '1' }

/** A machine under `root`; `settings` are environment settings of all its commands, such as `ALTHING_CONTENT_REPLICAS`. */
export function createMachine(name: string, root: string, settings: Readonly<Record<string, string>> = {}): Machine {
  const home = join(root, name)
  const env = { ...cleanEnvironment, HOME: join(root, `${name}-user`), ALTHING_HOME: home, ...settings }
  let node: ChildProcess | undefined

  const run = async (words: readonly string[]): Promise<{ readonly code: number | null; readonly out: string; readonly err: string }> => {
    const child = spawn(process.execPath, [launcher, ...words, '--json'], { env, cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
    const [out, err, [code]] = await Promise.all([
      readAll(child.stdout),
      readAll(child.stderr),
      once(child, 'close') as Promise<[number | null]>,
    ])
    return { code, out, err }
  }

  return {
    name,
    home,
    ask: async (...words) => {
      const { code, out, err } = await run(words)
      if (out === '') throw new Error(`althing ${words.join(' ')} on ${name} ended with ${code}: ${err || out}`)
      return JSON.parse(out) as Answer
    },
    start: async (...options) => {
      const child = spawn(
        process.execPath,
        [launcher, 'p2p', 'start', '--listen', '/ip4/127.0.0.1/tcp/0', '--no-mdns', '--json', ...options],
        {
          env: { ...env, ALTHING_HTTP_ENABLED: 'false' },
          cwd: root,
          stdio: ['ignore', 'pipe', 'pipe'],
        },
      )
      node = child
      const failure = readAll(child.stderr)
      const ended = once(child, 'close')
      const ready = once(child.stdout, 'data')
      await Promise.race([ready, ended])
      if (child.exitCode !== null) throw new Error(`the node of ${name} did not start: ${await failure}`)
    },
    kill: async () => end(node, 'SIGKILL'),
    stop: async () => end(node, 'SIGTERM'),
  }
}

async function end(child: ChildProcess | undefined, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
  const closed = once(child, 'exit')
  child.kill(signal)
  await closed
}

async function readAll(stream: NodeJS.ReadableStream): Promise<string> {
  const parts: string[] = []
  for await (const part of stream) parts.push(String(part))
  return parts.join('')
}
