import { once } from 'node:events'
import { connect } from 'node:net'
import type { Socket } from 'node:net'

/** One request, as its bytes on the wire; each call may give another. */
export type NextRequest = () => Uint8Array

export interface LoadRequest {
  readonly host: string
  readonly port: number
  /** Connections that stay open, each with one request under way. */
  readonly connections: number
  /** Requests in all. */
  readonly count: number
  readonly next: NextRequest
  readonly signal: AbortSignal
}

const headEnd = Buffer.from('\r\n\r\n')

/**
 * Sends requests over so many connections, each the next one as soon as its answer has come; gives requests a second.
 *
 * Speaks just enough HTTP/1.1 to find the end of an answer, so that the asker takes as little of the processor as can be.
 *
 * @throws Error with the first answer that is not 2xx, or has no length
 */
export async function measureLoad(request: LoadRequest): Promise<number> {
  const sockets = await Promise.all(Array.from({ length: request.connections }, () => open(request)))
  try {
    const { nextTurn } = countDown(request.count)
    const startedAt = performance.now()
    await Promise.all(sockets.map((socket) => drive(socket, request, nextTurn)))
    return (request.count / (performance.now() - startedAt)) * 1000
  } finally {
    for (const socket of sockets) socket.destroy()
  }
}

async function open({ host, port, signal }: LoadRequest): Promise<Socket> {
  const socket = connect({ host, port, noDelay: true, signal })
  await once(socket, 'connect', { signal })
  return socket
}

function countDown(count: number): { readonly nextTurn: () => boolean } {
  let left = count
  return { nextTurn: () => (left -= 1) >= 0 }
}

/** Resolves when there is nothing left to ask. */
function drive(socket: Socket, { next }: LoadRequest, nextTurn: () => boolean): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  let held: Buffer = Buffer.alloc(0)
  const ask = (): void => {
    if (nextTurn()) socket.write(next())
    else resolve()
  }
  socket.on('error', reject)
  socket.on('close', () => reject(new Error('the connection was closed under a request')))
  socket.on('data', (bytes: Buffer) => {
    held = held.byteLength === 0 ? bytes : Buffer.concat([held, bytes])
    const length = readLength(held)
    if (length instanceof Error) reject(length)
    if (typeof length !== 'number' || held.byteLength < length) return
    held = held.subarray(length)
    ask()
  })
  ask()
  return promise
}

/** Length of the whole answer that begins here; undefined while its head is not whole. */
function readLength(held: Buffer): number | Error | undefined {
  const end = held.indexOf(headEnd)
  if (end < 0) return undefined
  const head = held.toString('latin1', 0, end)
  const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1]
  if (!head.startsWith('HTTP/1.1 2') || length === undefined) return new Error(held.toString('utf8', 0, 1_000))
  return end + headEnd.byteLength + Number(length)
}
