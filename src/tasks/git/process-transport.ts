import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { describeError } from '../../lib/fault.ts'
import type { PipedChild } from '../../lib/spawn-piped.ts'
import { spawnPiped } from '../../lib/spawn-piped.ts'
import { tasksFaults } from '../faults.ts'
import { ByteReader } from './byte-reader.ts'
import type { Greeting } from './greeting.ts'
import { readGreeting } from './greeting.ts'
import { flushPacket } from './pkt-line.ts'
import type { RemoteOptions } from './remote.ts'
import type { GitService, GitTransport } from './transport.ts'

/** A program with its words; run without a shell. */
export interface GitCommand {
  readonly program: string
  readonly args: readonly string[]
  readonly environment: Readonly<Record<string, string>>
}

/** What a program says on stderr is kept up to this length, in characters. */
const maxComplaintLength = 500

/** A server that is a program of its own: `git receive-pack` here, or ssh to one elsewhere. */
export function createProcessTransport(command: (service: GitService) => GitCommand, options: RemoteOptions): GitTransport {
  return {
    talk: async (service, work, { signal }) => {
      signal.throwIfAborted()
      const server = openServer(command(service), options)
      const stop = (): void => server.kill()
      signal.addEventListener('abort', stop, { once: true })
      try {
        const result = await work({ greeting: server.greet, ask: server.ask })
        // a server runs its hooks after its answer; it is let finish, until the deadline
        await server.hangUp()
        await server.gone
        return result
      } catch (error) {
        if (signal.aborted) throw signal.reason
        throw await server.explain(error)
      } finally {
        signal.removeEventListener('abort', stop)
        server.kill()
        await server.gone
      }
    },
  }
}

interface Server {
  readonly greet: () => Promise<Greeting>
  readonly ask: (body: Uint8Array | AsyncIterable<Uint8Array>) => Promise<ByteReader>
  /** Says goodbye, and hears the rest. */
  readonly hangUp: () => Promise<void>
  readonly kill: () => void
  readonly gone: Promise<void>
  /** The fault with what the program said of it, when it ended before it greeted. */
  readonly explain: (error: unknown) => Promise<unknown>
}

function openServer({ program, args, environment }: GitCommand, options: RemoteOptions): Server {
  const child = start(program, args, environment)
  const reader = new ByteReader(child.stdout, { maxBytes: options.maxAnswerBytes })
  const ending = watchEnd(child)
  let greeting: Promise<Greeting> | undefined
  const state = { isGreeted: false, isAsked: false }
  const greet = async (): Promise<Greeting> => {
    const read = await (greeting ??= readGreeting(reader))
    state.isGreeted = true
    return read
  }
  return {
    greet,
    ask: async (body) => {
      await greet()
      state.isAsked = true
      // a server that has heard enough closes its end; what it says of it is read below
      pipeline(Readable.from(body instanceof Uint8Array ? [body] : body), child.stdin).catch(() => {})
      return reader
    },
    hangUp: async () => {
      if (!state.isAsked) child.stdin.end(flushPacket)
      await reader.readRest().catch(() => {})
    },
    kill: () => {
      child.kill('SIGKILL')
      for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy()
    },
    gone: ending.gone,
    explain: async (error) => {
      if (state.isGreeted || !reader.isEnded) return error
      await ending.gone
      return explainEnd(error, program, ending.said())
    },
  }
}

interface Ending {
  readonly gone: Promise<void>
  readonly said: () => { readonly complaint: string; readonly failure: unknown; readonly code: number | null }
}

/** The program; that a process starts no other one any more says nothing of the server. @throws Fault REMOTE_UNREACHABLE */
function start(program: string, args: readonly string[], environment: Readonly<Record<string, string>>): PipedChild {
  try {
    return spawnPiped(program, args, { env: { ...environment } })
  } catch (error) {
    throw tasksFaults.create('REMOTE_UNREACHABLE', { message: `${program} cannot be run: ${describeError(error)}`, cause: error })
  }
}

function watchEnd(child: PipedChild): Ending {
  const gone = Promise.withResolvers<void>()
  let complaint = ''
  let failure: unknown
  child.stdin.on('error', () => {})
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint = `${complaint}${text}`.slice(0, maxComplaintLength)
  })
  child.on('error', (error) => {
    failure = error
    gone.resolve()
  })
  child.on('close', () => gone.resolve())
  return { gone: gone.promise, said: () => ({ complaint, failure, code: child.exitCode }) }
}

/** Exit code of ssh when the connection, not the command, failed. @see ssh(1) */
const sshFailed = 255
/** Exit code of git when it dies with a message. */
const gitDied = 128

function explainEnd(error: unknown, program: string, { complaint, failure, code }: ReturnType<Ending['said']>): unknown {
  if (failure !== undefined)
    return tasksFaults.create('REMOTE_UNREACHABLE', { message: `${program} cannot be run: ${describeError(failure)}`, cause: failure })
  const words = complaint
    .replaceAll(/[^\P{Cc}\n]/gu, '')
    .trim()
    .replaceAll('\n', '; ')
  if (words === '' || (code !== sshFailed && code !== gitDied)) return error
  return tasksFaults.create(code === sshFailed ? 'REMOTE_UNREACHABLE' : 'REMOTE_MISSING', {
    message: `the git server cannot be used: ${words}`,
    cause: error,
  })
}
