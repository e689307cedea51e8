import { request } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { createConnection } from 'node:net'
import type { Socket } from 'node:net'
import type { Fault } from '../lib/fault.ts'
import type { Progress } from '../operations/define-operation.ts'
import type { CallOptions } from '../operations/node-api.ts'
import { httpFaults } from './faults.ts'
import { faultOf, lineType, maxAnswerBytes, parseAnswer } from './protocol.ts'
import { hasSocketFolder } from './socket-folder.ts'

export interface ClientOptions {
  readonly socket: string
  readonly socketFolder: string
}

/** A node that runs in another process of this user. */
export interface NodeClient extends AsyncDisposable {
  readonly call: (name: string, input: unknown, options: CallOptions) => Promise<unknown>
}

/** Talks to the node that listens at a socket; undefined when none does. @throws Fault SOCKET_UNSAFE */
export async function connectNode(options: ClientOptions): Promise<NodeClient | undefined> {
  if (!(await hasSocketFolder(options.socketFolder))) return undefined
  let first = await openSocket(options.socket)
  if (first === undefined) return undefined
  return {
    call: async (name, input, callOptions) => {
      // The connection that showed somebody is there carries the first call; a later one opens its own.
      const socket = first ?? (await openSocket(options.socket))
      first = undefined
      if (socket === undefined) throw httpFaults.create('NODE_STOPPING', { message: 'the node ended between two calls; start it again' })
      try {
        return await exchange({ socket, name, input, options: callOptions })
      } finally {
        socket.destroy()
      }
    },
    [Symbol.asyncDispose]: async () => {
      first?.destroy()
    },
  }
}

async function openSocket(path: string): Promise<Socket | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket | undefined>()
  const socket = createConnection(path)
  socket.once('connect', () => resolve(socket))
  socket.once('error', (error: NodeJS.ErrnoException) => {
    // A node that was killed leaves its socket behind: refused is nobody.
    if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED') resolve(undefined)
    else reject(error)
  })
  const connected = await promise
  // What breaks later is said by the request; without a listener it would end the process.
  connected?.removeAllListeners('error').on('error', () => {})
  return connected
}

interface Exchange {
  readonly socket: Socket
  readonly name: string
  readonly input: unknown
  readonly options: CallOptions
}

/** One request, its lines, its result. Aborting closes the connection, which aborts the call in the node. */
async function exchange({ socket, name, input, options }: Exchange): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>()
  const onAbort = (): void => {
    reject(options.signal.reason)
    socket.destroy()
  }
  if (options.signal.aborted) onAbort()
  options.signal.addEventListener('abort', onAbort, { once: true })
  const body = JSON.stringify({ input, ...(options.hive === undefined ? {} : { hive: options.hive }) })
  const sent = request({
    createConnection: () => socket,
    method: 'POST',
    path: `/v1/operations/${encodeURIComponent(name)}`,
    headers: { host: 'localhost', 'content-type': 'application/json', accept: lineType, 'content-length': Buffer.byteLength(body) },
  })
  sent.on('error', () => reject(lost('the connection to the node broke before it answered')))
  sent.on('response', (response) => {
    readAnswer(response, options.report).then(resolve, reject)
  })
  sent.end(body)
  try {
    return await promise
  } finally {
    options.signal.removeEventListener('abort', onAbort)
  }
}

async function readAnswer(response: IncomingMessage, report: ((progress: Progress) => void) | undefined): Promise<unknown> {
  let rest = ''
  const decoder = new TextDecoder()
  try {
    for await (const chunk of response) {
      if (!(chunk instanceof Uint8Array)) throw lost('the node answered with text, not bytes')
      rest += decoder.decode(chunk, { stream: true })
      if (rest.length > maxAnswerBytes) throw lost(`the answer is longer than ${maxAnswerBytes} bytes`)
      for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n')) {
        const result = takeLine(rest.slice(0, end), report)
        if (result !== undefined) return result.output
        rest = rest.slice(end + 1)
      }
    }
  } catch (error) {
    throw isReset(error) ? lost('the node ended while it answered') : error
  }
  const last = rest.trim() === '' ? undefined : takeLine(rest, report)
  if (last === undefined) throw lost('the node ended without an answer')
  return last.output
}

function takeLine(text: string, report: ((progress: Progress) => void) | undefined): { readonly output: unknown } | undefined {
  const line = parseAnswer(text)
  if (line === undefined) throw lost('what came is no answer of a node')
  if ('error' in line) throw faultOf(line)
  if ('output' in line) return line
  report?.(line.progress)
  return undefined
}

function isReset(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ECONNRESET'
}

function lost(reason: string): Fault {
  return httpFaults.create('ANSWER_INVALID', {
    message: `${reason}. Ask again; if it stays so, see node.log in the home`,
    data: { reason },
  })
}
