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
  if (!hasSocketFolder(options.socketFolder)) return undefined
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
  socket.write(formatRequest(name, { input, hive: options.hive }))
  readAnswer(socket, options.report).then(resolve, reject)
  try {
    return await promise
  } finally {
    options.signal.removeEventListener('abort', onAbort)
  }
}

/**
 * HTTP 1.0, written and read here: its answer is a head and a body that ends with the connection. A command asks once, and
 * loading node:http would cost it more time than the rest of the call.
 */
function formatRequest(name: string, body: { readonly input: unknown; readonly hive: string | undefined }): string {
  const text = JSON.stringify(body)
  const head = [
    `POST /v1/operations/${encodeURIComponent(name)} HTTP/1.0`,
    'Host: localhost',
    'Content-Type: application/json',
    `Accept: ${lineType}`,
    `Content-Length: ${Buffer.byteLength(text)}`,
  ]
  return `${head.join('\r\n')}\r\n\r\n${text}`
}

/** Reads lines until the one with the result; a head longer than `maxHeadLength` is no answer of a node. */
async function readAnswer(socket: Socket, report: ((progress: Progress) => void) | undefined): Promise<unknown> {
  let rest = ''
  let hasHead = false
  try {
    for await (const text of socket.setEncoding('utf8')) {
      rest += String(text)
      if (rest.length > maxAnswerBytes) throw lost(`the answer is longer than ${maxAnswerBytes} bytes`)
      if (!hasHead) {
        const end = rest.indexOf('\r\n\r\n')
        if (end < 0 && rest.length > maxHeadLength) throw lost('what came is no answer of a node')
        if (end < 0) continue
        hasHead = true
        rest = rest.slice(end + 4)
      }
      for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n')) {
        const result = takeLine(rest.slice(0, end), report)
        if (result !== undefined) return result.output
        rest = rest.slice(end + 1)
      }
    }
  } catch (error) {
    throw isReset(error) ? lost('the node ended while it answered') : error
  }
  const last = hasHead && rest.trim() !== '' ? takeLine(rest, report) : undefined
  if (last === undefined) throw lost('the node ended without an answer')
  return last.output
}

/** Longest head of an answer, in characters. */
const maxHeadLength = 16_384

function takeLine(text: string, report: ((progress: Progress) => void) | undefined): { readonly output: unknown } | undefined {
  const line = parseAnswer(text)
  if (line === undefined) throw lost('what came is no answer of a node')
  if ('error' in line) throw faultOf(line)
  if ('output' in line) return line
  report?.(line.progress)
  return undefined
}

function isReset(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE')
}

function lost(reason: string): Fault {
  return httpFaults.create('ANSWER_INVALID', {
    message: `${reason}. Ask again; if it stays so, see node.log in the home`,
    data: { reason },
  })
}
