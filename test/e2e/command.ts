import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'

/** How a real process ended. */
export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** A process under way. */
export interface Running {
  readonly pid: number
  readonly ended: Promise<Ended>
  /** Resolves when what it wrote, stdout and then stderr, has matched. @throws Error when the process ends first */
  readonly until: (pattern: RegExp) => Promise<string>
  /** What it wrote so far, stdout and then stderr. */
  readonly said: () => string
  readonly kill: (signal: NodeJS.Signals) => void
}

export interface CommandOptions {
  readonly home: string
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  /** A program that runs it, `unshare -n` for example. */
  readonly under?: readonly string[]
}

/** Every process not yet ended: none outlives the tests, even when these are interrupted or run out of time. */
const alive = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of alive) child.kill('SIGKILL')
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

export const root = new URL('../..', import.meta.url).pathname
/** `npm test` lays one out that no edit reaches while it runs. */
export const launcher = process.env['LAUNCHER_UNDER_TEST'] ?? join(root, 'bin', 'althing.js')

/** Runs `althing …` in a process of its own, with an environment that says nothing but what a test says. */
export function start(words: readonly string[], { under = [], ...options }: CommandOptions): Running {
  return startProgram([...under, process.execPath, launcher, ...words], options)
}

/** As `start`, any program. */
export function startProgram(
  [program, ...words]: readonly string[],
  { home, env = {}, cwd = root }: Omit<CommandOptions, 'under'>,
): Running {
  const child = spawn(program ?? process.execPath, words, {
    cwd,
    env: { PATH: process.env['PATH'] ?? '', HOME: home, ALTHING_HOME: home, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  alive.add(child)
  child.once('exit', () => alive.delete(child))
  const output = { stdout: '', stderr: '' }
  const watchers = new Set<() => void>()
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output.stdout += text
    for (const watch of watchers) watch()
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output.stderr += text
    for (const watch of watchers) watch()
  })
  const { promise: ended, resolve } = Promise.withResolvers<Ended>()
  child.on('close', (code, signal) => resolve({ code, signal, ...output }))
  const until = async (pattern: RegExp): Promise<string> => {
    const seen = Promise.withResolvers<void>()
    const watch = (): void => {
      if (pattern.test(output.stdout + output.stderr)) seen.resolve()
    }
    watchers.add(watch)
    watch()
    await Promise.race([seen.promise, ended])
    watchers.delete(watch)
    if (!pattern.test(output.stdout + output.stderr)) throw new Error(`ended without ${String(pattern)}: ${output.stdout}${output.stderr}`)
    return output.stdout
  }
  return { pid: child.pid ?? 0, ended, until, said: () => output.stdout + output.stderr, kill: (signal) => child.kill(signal) }
}

/** Runs it to its end. */
export async function althing(words: readonly string[], options: CommandOptions): Promise<Ended> {
  return start(words, options).ended
}

/** Options with which a node stays on loopback and takes any ports. */
export const loopback = ['--listen', '/ip4/127.0.0.1/tcp/0', '--no-mdns', '--http-port', '0'] as const

/** A home that is gone after the test. */
export function temporaryHome(t: TestContext): string {
  const home = mkdtempSync(join(tmpdir(), 'althing-e2e-'))
  t.after(() => rmSync(home, { recursive: true, force: true }))
  return home
}

/** Starts a node in the foreground and waits until it says so; ended with the test. */
export async function startNode(t: TestContext, options: CommandOptions): Promise<Running> {
  const node = start(['p2p', 'start', ...loopback], options)
  t.after(async () => {
    node.kill('SIGKILL')
    await node.ended
  })
  await node.until(/node started on /)
  return node
}
