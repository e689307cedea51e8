import { spawn } from 'node:child_process'

/** How a command ended. */
export interface Ended {
  readonly code: number
  /** stdout and stderr as they came, together; empty when they went to the terminal. */
  readonly output: string
}

/** Runs a program of `node_modules/.bin` or of the path, and waits. Its output is kept, or shown as it comes. */
export async function run(command: string, args: readonly string[], options: { readonly shown: boolean }): Promise<Ended> {
  const child = spawn(command, args, { stdio: options.shown ? 'inherit' : ['ignore', 'pipe', 'pipe'], env: environment() })
  const parts: string[] = []
  child.stdout?.setEncoding('utf8').on('data', (text: string) => parts.push(text))
  child.stderr?.setEncoding('utf8').on('data', (text: string) => parts.push(text))
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  child.on('error', reject)
  child.on('close', (code) => resolve(code ?? 1))
  return { code: await promise, output: parts.join('') }
}

/** Scripts work when started by hand too: the project's own tools come first on the path. */
function environment(): NodeJS.ProcessEnv {
  const bin = new URL('../node_modules/.bin', import.meta.url).pathname
  return { ...process.env, PATH: `${bin}:${process.env['PATH'] ?? ''}` }
}
