import { once } from 'node:events'
import { stat } from 'node:fs/promises'
import { createConnection, createServer } from 'node:net'
import type { Socket } from 'node:net'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

/** Longest frame, in bytes; a reader refuses longer ones before it waits for them. */
const maxFrameBytes = 1_048_576
/** Before each frame: its length, big-endian. A frame of no bytes ends the whole, so that who is cut off knows it. */
const headBytes = 4

/** Whether a path is a socket, as those of this file are. */
export async function isBytePipe(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isSocket(),
    () => false,
  )
}

/** Gives bytes to the first who comes to a path with `takeBytes`. The path is free, and shorter than a socket's may be. */
export async function offerBytes(path: string, bytes: AsyncIterable<Uint8Array>): Promise<AsyncDisposable> {
  return listen(path, async (socket) => pipeline(Readable.from(formatFrames(bytes), { objectMode: false }), socket))
}

/** What is offered at a path. @throws Error when nobody offers there, or the rest did not come */
export async function* takeBytes(path: string): AsyncGenerator<Uint8Array> {
  const socket = createConnection(path)
  try {
    yield* parseFrames(socket)
  } finally {
    socket.destroy()
  }
}

/** A path at which bytes are taken. */
export interface ByteTaker extends AsyncDisposable {
  /** Resolves when all that came was taken: with false, at once, where nobody came. @throws what `take` throws, and Error when the rest did not come */
  readonly taken: () => Promise<boolean>
}

/** Takes bytes from the first who comes to a path with `sendBytes`. */
export async function acceptBytes(path: string, take: (bytes: AsyncIterable<Uint8Array>) => Promise<void>): Promise<ByteTaker> {
  let outcome: Promise<PromiseSettledResult<void>> | undefined
  const server = await listen(path, async (socket) => {
    const taking = take(parseFrames(socket)).then(() => void socket.end())
    outcome = Promise.allSettled([taking]).then(([settled]) => settled)
    await taking
  })
  return {
    taken: async () => {
      const settled = await outcome
      if (settled?.status === 'rejected') throw settled.reason
      return settled !== undefined
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

/** Sends bytes to who takes them at a path; resolves when they took all. @throws Error when they did not */
export async function sendBytes(path: string, bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<void> {
  const socket = createConnection({ path, allowHalfOpen: true })
  try {
    await pipeline(Readable.from(formatFrames(bytes), { objectMode: false }), socket, { end: false })
    const ended = once(socket, 'end')
    socket.end()
    socket.resume()
    await ended
  } finally {
    socket.destroy()
  }
}

async function listen(path: string, serve: (socket: Socket) => Promise<void>): Promise<AsyncDisposable> {
  const sockets = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    // whoever comes later gets nothing, and sees that it was cut
    if (sockets.size > 0) return void socket.destroy()
    sockets.add(socket)
    serve(socket).catch(() => socket.destroy())
  })
  server.listen(path)
  await once(server, 'listening')
  return {
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      const { promise, resolve } = Promise.withResolvers<void>()
      server.close(() => resolve())
      await promise
    },
  }
}

async function* formatFrames(bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of bytes) {
    for (let at = 0; at < chunk.byteLength; at += maxFrameBytes) {
      const part = chunk.subarray(at, at + maxFrameBytes)
      yield headOf(part.byteLength)
      yield part
    }
  }
  yield headOf(0)
}

function headOf(length: number): Uint8Array {
  const head = Buffer.alloc(headBytes)
  head.writeUInt32BE(length)
  return head
}

async function* parseFrames(socket: Socket): AsyncGenerator<Uint8Array> {
  let left = 0
  let head = Buffer.alloc(0)
  // left open at the end: a sender reads its close as the word that all was taken
  for await (const chunk of socket.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    for (let rest = chunk; rest.byteLength > 0;) {
      if (left > 0) {
        const part = rest.subarray(0, left)
        left -= part.byteLength
        rest = rest.subarray(part.byteLength)
        yield part
        continue
      }
      const missing = headBytes - head.byteLength
      head = Buffer.concat([head, rest.subarray(0, missing)])
      rest = rest.subarray(missing)
      if (head.byteLength < headBytes) continue
      left = head.readUInt32BE()
      head = Buffer.alloc(0)
      if (left === 0) return
      if (left > maxFrameBytes) throw new Error(`a part of ${left} bytes is longer than is taken`)
    }
  }
  throw new Error('the other side went away before it had sent everything')
}
