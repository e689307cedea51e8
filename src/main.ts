import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { CliDeps, DetachedProcess, Sink } from './cli/deps.ts'
import { Interruption } from './cli/interruption.ts'
import { reportFault } from './cli/report-fault.ts'
import { runCli } from './cli/run.ts'
import { createStyle } from './cli/screen.ts'
import { writeBytes } from './cli/write-bytes.ts'
import { readEnvironment } from './config/environment.ts'
import { homePaths } from './config/home.ts'
import { version } from './config/version.ts'
import { connectNode } from './http/client.ts'
import { systemClock } from './lib/clock.ts'
import { storePaths } from './store/store-paths.ts'

/** Exit code of a process that a second signal ended: 128 and the number of SIGINT. */
const interruptedCode = 130

/** Any interval keeps a process alive; this one wakes it seldom. */
const aliveMs = 60_000

/** Two of one signal within this time are one, sent to a whole group and handed on by the launcher as well; in milliseconds. */
const sameSignalMs = 1_000

/** A signal of the first SIGINT or SIGTERM; the second ends the process at once. */
function watchSignals(): AbortSignal {
  const interrupted = new AbortController()
  const isLaunched = process.channel !== undefined
  let last: { readonly by: string; readonly at: number } | undefined
  for (const by of ['SIGINT', 'SIGTERM'] as const) {
    process.on(by, () => {
      const at = systemClock.monotonic()
      if (isLaunched && last?.by === by && at - last.at < sameSignalMs) return
      last = { by, at }
      if (interrupted.signal.aborted) process.exit(interruptedCode)
      interrupted.abort(new Interruption(by))
    })
  }
  // Under an older Node a launcher stands before this process and hands signals on; one that was killed cannot.
  if (process.channel !== undefined) {
    process.on('disconnect', () => interrupted.abort(new Interruption('SIGTERM')))
    process.channel.unref()
  }
  return interrupted.signal
}

function createSink(stream: NodeJS.WriteStream): Sink {
  // A reader that went away (`althing … | head`) is no fault of ours.
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })
  return { isTerminal: stream.isTTY, columns: stream.columns || 80, write: (text) => stream.write(text) }
}

/** Asks on stderr, so that what is printed can go into a pipe. */
async function askLine(question: string, { signal }: { readonly signal: AbortSignal }): Promise<string> {
  const { createInterface } = await import('node:readline/promises')
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  // a terminal in raw mode hands Ctrl-C to the reader, and its end is an answer that says nothing
  lines.on('SIGINT', () => process.kill(process.pid, 'SIGINT'))
  const ended = new Promise<string>((resolve) => lines.once('close', () => resolve('')))
  try {
    return await Promise.race([lines.question(question, { signal }), ended])
  } finally {
    lines.close()
  }
}

async function spawnDetached(args: readonly string[], { logFile }: { readonly logFile: string }): Promise<DetachedProcess> {
  const { open } = await import('node:fs/promises')
  const { makeHome } = await import('./store/make-home.ts')
  await makeHome(dirname(logFile))
  const log = await open(logFile, 'a', 0o600)
  const { spawn } = await import('node:child_process')
  try {
    const child = spawn(process.execPath, [...process.execArgv, process.argv[1] ?? '', ...args], {
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
    })
    child.unref()
    const ended = Promise.withResolvers<number>()
    child.on('error', ended.reject)
    child.on('exit', (code) => ended.resolve(code ?? interruptedCode))
    return { pid: child.pid ?? 0, ended: ended.promise }
  } finally {
    await log.close()
  }
}

/** Arms what a crash test asked for; loaded only then. */
async function armFailpoints(text: string | undefined): Promise<void> {
  if (text === undefined) return
  const { armFailpoint, parseFailpoint } = await import('./lib/failpoint.ts')
  const parsed = parseFailpoint(text)
  if (parsed === undefined) throw new Error(`ALTHING_FAILPOINT is ${JSON.stringify(text)}; it is name=action or name=action@N`)
  armFailpoint(parsed.name, parsed.action, parsed.pass)
}

/** A bug that no call waits for still ends in one line that says so, and in an exit code. What was acknowledged is on disk. */
function reportUncaught(error: unknown): void {
  const isVerbose = process.argv.includes('-v') || process.argv.includes('--verbose')
  const style = createStyle(deps.stderr, deps.environment)
  process.exit(reportFault(deps.stderr, error, { json: process.argv.includes('--json'), isVerbose, style }))
}

const environment = readEnvironment()
await armFailpoints(environment.failpoint)

const deps: CliDeps = {
  version,
  environment,
  clock: systemClock,
  stdout: createSink(process.stdout),
  stderr: createSink(process.stderr),
  readInput: () => process.stdin,
  writeOutput: (bytes) => writeBytes(process.stdout, bytes),
  askLine: process.stdin.isTTY && process.stderr.isTTY ? askLine : undefined,
  workingDirectory: process.cwd(),
  interrupted: watchSignals(),
  connect: async (home) => connectNode(homePaths(home)),
  // Only a command without a running node needs one of its own: everything heavy is behind this import.
  openNode: async (options) => {
    const { openNode } = await import('./node.ts')
    return openNode({ ...options, secrets: environment.secrets, keyring: environment.keyring, programs: environment.programs })
  },
  // A home that was restored has a database, and no lock before it is opened.
  isHome: (home) => existsSync(storePaths(home).lock) || existsSync(storePaths(home).database),
  hasKeys: (home) => existsSync(join(storePaths(home).keys, 'node.key')),
  isAlive: (pid) => {
    try {
      process.kill(pid, 0)
      return true
    } catch {
      return false
    }
  },
  refuseEarly: async (name, input) => {
    const { refuseEarly } = await import('./node.ts')
    await refuseEarly(name, input)
  },
  withoutNode: {
    'marketplace.init': async (input, context) => {
      const { callHomeless } = await import('./node.ts')
      return callHomeless('marketplace.init', input, context)
    },
    'backup.restore': async ({ source }, { home, signal, report }) => {
      const { restoreHome } = await import('./store/restore.ts')
      const onProgress = ({ done, total }: { readonly done: number; readonly total: number }): void =>
        report({ stage: 'restoring', done, total, unit: 'items' })
      return restoreHome({ source: String(source), target: home, clock: systemClock, signal, onProgress })
    },
  },
  spawnDetached,
}

process.on('uncaughtException', reportUncaught)
// Timers of ours keep no process alive: a command that waits for nothing but one (a restored home for its peers) would end here, silently, with 0.
const alive = setInterval(() => {}, aliveMs)
process.exitCode = await runCli(deps, process.argv.slice(2))
clearInterval(alive)
// What a command left open (a socket that drains, a timer of a library) must not keep it alive; output is flushed first.
process.stdout.write('', () => process.stderr.write('', () => process.exit()))
