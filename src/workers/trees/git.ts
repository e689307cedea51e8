import { pipeline } from 'node:stream/promises'
import type { Writable } from 'node:stream'
import { Readable } from 'node:stream'
import type { Clock } from '../../lib/clock.ts'
import { workersFaults } from '../faults.ts'
import { killGroup, spawnPiped } from '../../lib/spawn-piped.ts'

/** How a git of this machine is run: never with the configuration of anybody, never with a hook, never with a question. */
export interface GitRunner {
  /** What it prints, trimmed. @throws Fault GIT_FAILED with `step`, also for one that comes to no end; the signal's reason */
  readonly text: (step: string, args: readonly string[], options: GitRunOptions) => Promise<string>
  /** What it prints, as it comes. @throws as `text`, at the end */
  readonly stream: (step: string, args: readonly string[], options: GitRunOptions) => AsyncIterable<Uint8Array>
}

export interface GitRunOptions {
  readonly signal: AbortSignal
  readonly stdin?: AsyncIterable<Uint8Array> | undefined
  /** Variables beside those that git always gets: `GIT_DIR`, `GIT_INDEX_FILE`. */
  readonly variables?: Readonly<Record<string, string>>
  /** An exit code beside 0 that is an answer and no failure: 1 of a merge with conflicts. */
  readonly alsoGood?: number
}

export interface GitRunnerOptions {
  /** Variables of this machine that git needs: `PATH`, `HOME` for ssh, `SSH_AUTH_SOCK`. */
  readonly environment: Readonly<Record<string, string>>
  /** Longest text that is read of one command, in bytes. */
  readonly maxTextBytes: number
  /** Time of one command, in milliseconds. */
  readonly timeoutMs: number
}

/** Asks nobody, opens no other way, and notices a server that is gone. */
const sshCommand =
  'ssh -oBatchMode=yes -oClearAllForwardings=yes -oForwardAgent=no -oPermitLocalCommand=no -oConnectTimeout=30 -oServerAliveInterval=15 -oServerAliveCountMax=4'
/** Set for every command. A repository is data of others: what its files say is never run and never followed. */
const settings: readonly (readonly [name: string, value: string])[] = [
  ['core.hooksPath', '/dev/null'],
  ['core.fsmonitor', 'false'],
  ['core.attributesFile', '/dev/null'],
  ['core.excludesFile', '/dev/null'],
  ['core.alternateRefsCommand', 'true'],
  ['protocol.allow', 'never'],
  ['protocol.https.allow', 'always'],
  ['protocol.http.allow', 'always'],
  ['protocol.ssh.allow', 'always'],
  ['protocol.file.allow', 'always'],
  ['http.followRedirects', 'false'],
  // bytes in a second, and for so many seconds: a server that packs says that it is alive every five
  ['http.lowSpeedLimit', '1'],
  ['http.lowSpeedTime', '120'],
  ['core.sshCommand', sshCommand],
  ['fetch.fsckObjects', 'true'],
  ['fetch.recurseSubmodules', 'false'],
  ['submodule.recurse', 'false'],
  ['gc.auto', '0'],
  ['maintenance.auto', 'false'],
  ['credential.helper', ''],
]
/** What is told of a failure, in characters. */
const maxReasonLength = 500

/** Runs the git of this machine. */
export function createGitRunner({ clock }: { readonly clock: Clock }, options: GitRunnerOptions): GitRunner {
  const environment = {
    ...options.environment,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_TERMINAL_PROMPT: '0',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_NO_LAZY_FETCH: '1',
    LC_ALL: 'C',
  }
  const stream = async function* (step: string, args: readonly string[], run: GitRunOptions): AsyncGenerator<Uint8Array> {
    run.signal.throwIfAborted()
    const words = [...settings.flatMap(([name, value]) => ['-c', `${name}=${value}`]), ...args]
    // in a group of its own: what git started for the way to a server outlives it, and holds its pipes
    const child = spawnPiped('git', words, { env: { ...environment, ...run.variables }, detached: true })
    const kill = (): void => killGroup(child.pid)
    let isLate = false
    const cancel = clock.schedule(options.timeoutMs, () => {
      isLate = true
      kill()
    })
    run.signal.addEventListener('abort', kill, { once: true })
    let complaint = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint = `${complaint}${text}`.slice(-maxReasonLength)))
    const ended = new Promise<string | undefined>((resolve) => {
      child.once('error', (error) => resolve(error.message))
      child.once('close', (code) =>
        resolve(
          code === 0 || (code !== null && code === run.alsoGood) ? undefined : complaint.trim() || `git ended with ${code ?? 'a signal'}`,
        ),
      )
    })
    let unread: Error | undefined
    const fed = feed(child.stdin, run.stdin, (error) => (unread = error))
    let failure: string | undefined
    let isOver = false
    try {
      yield* child.stdout as AsyncIterable<Uint8Array>
      failure = await ended
      isOver = true
    } finally {
      // whoever reads no further wants no more of it
      if (!isOver) kill()
      cancel()
      run.signal.removeEventListener('abort', kill)
    }
    run.signal.throwIfAborted()
    if (isLate) throw failed(step, `git came to no end within ${options.timeoutMs} ms`)
    if (failure !== undefined) throw failed(step, failure)
    await fed
    if (unread !== undefined) throw unread
  }
  return {
    stream,
    text: async (step, args, run) => {
      let text = ''
      for await (const chunk of stream(step, args, run)) {
        text += Buffer.from(chunk).toString('utf8')
        if (text.length > options.maxTextBytes) throw failed(step, `git printed more than ${options.maxTextBytes} bytes`)
      }
      return text.trim()
    },
  }
}

/** Writes what there is. A git that has heard enough closes its end, and how it ended says whether that was well: only what breaks at the source is told. */
async function feed(stdin: Writable, source: AsyncIterable<Uint8Array> | undefined, onBroken: (error: Error) => void): Promise<void> {
  const read = async function* (chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    const iterator = chunks[Symbol.asyncIterator]()
    try {
      for (;;) {
        const next = await iterator.next().catch((error: unknown) => {
          onBroken(error instanceof Error ? error : new Error(String(error)))
          throw error
        })
        if (next.done === true) return
        // not in a catch of ours: here the end of the pipe is thrown in
        yield next.value
      }
    } finally {
      await iterator.return?.()
    }
  }
  await pipeline(Readable.from(source === undefined ? [] : read(source)), stdin).catch(() => {})
}

function failed(step: string, reason: string): Error {
  const last = reason.split('\n').findLast((line) => line.trim() !== '') ?? reason
  return workersFaults.create('GIT_FAILED', {
    message: `could not ${step}: ${last}`,
    data: { step, reason: reason.slice(-maxReasonLength) },
  })
}
