import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createReadStream, createWriteStream } from 'node:fs'
import { connect, createServer } from 'node:net'
import type { Socket } from 'node:net'
import type { Libp2p, Stream } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'

/** Bytes written at once. */
const writeBytes = 256 * 1024
/** Bytes a receiver holds for its disk before it asks the sender to wait. */
const maxQueuedBytes = 4 * 1024 * 1024
const protocol = '/bench/bulk/1'

/** Where bytes go. */
interface Sink {
  /** False when no more should come until `onDrain` calls. */
  readonly write: (bytes: Uint8Array) => boolean
  readonly onDrain: (then: () => void) => void
  /** Resolves when all is where it belongs; with the digest where one was made. */
  readonly end: () => Promise<string>
}

/** What is sent: so many bytes of memory, or a file. */
export interface Supply {
  readonly bytes: number
  readonly file: string | undefined
}

/** Sends the supply over TCP to whoever connects; resolves with the port. */
export async function serveTcp(supply: Supply): Promise<number> {
  const server = createServer({ noDelay: true }, (socket) => {
    sendOverTcp(socket, supply).catch((error: unknown) => socket.destroy(error instanceof Error ? error : new Error(String(error))))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error(`TCP listens on ${String(address)}`)
  return address.port
}

/** Takes `bytes` from a port, into memory or a file. Resolves with the milliseconds from asking to the last byte in place. */
export async function fetchTcp(port: number, supply: Supply): Promise<number> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  await once(socket, 'connect')
  const sink = openSink(supply.file)
  const done = Promise.withResolvers<void>()
  let left = supply.bytes
  sink.onDrain(() => socket.resume())
  socket.on('error', (error) => done.reject(error))
  socket.on('close', () => done.reject(new Error(`TCP closed ${left} bytes before the end`)))
  socket.on('data', (bytes) => {
    left -= bytes.length
    if (!sink.write(typeof bytes === 'string' ? Buffer.from(bytes) : bytes)) socket.pause()
    if (left <= 0) done.resolve()
  })
  const startedAt = performance.now()
  socket.write('go')
  await done.promise
  await sink.end()
  socket.destroy()
  return performance.now() - startedAt
}

/** Sends the supply over a libp2p stream to whoever opens one. */
export async function serveStream(node: Libp2p, supply: Supply): Promise<string> {
  await node.handle(protocol, async (stream) => {
    await sendOverStream(stream, supply)
  })
  const [address] = node.getMultiaddrs()
  if (address === undefined) throw new Error('libp2p listens nowhere')
  return address.toString()
}

/** Takes `bytes` over one libp2p stream, into memory or a file. Milliseconds from opening the stream to the last byte in place. */
export async function fetchStream(node: Libp2p, address: string, supply: Supply): Promise<number> {
  const connection = await node.dial(multiaddr(address))
  const startedAt = performance.now()
  const stream = await connection.newStream(protocol)
  await receiveStream(stream, supply)
  const ms = performance.now() - startedAt
  await connection.close()
  return ms
}

async function receiveStream(stream: Stream, supply: Supply): Promise<void> {
  const sink = openSink(supply.file)
  const done = Promise.withResolvers<void>()
  let left = supply.bytes
  let isFull = false
  sink.onDrain(() => {
    isFull = false
    stream.resume()
    // a pause made inside the event that `resume` dispatches is lost: it is made again here
    if (isFull && left > 0) stream.pause()
  })
  stream.addEventListener('close', () => done.reject(new Error(`the stream closed ${left} bytes before the end`)))
  stream.addEventListener('message', ({ data }) => {
    left -= data.byteLength
    for (const part of data instanceof Uint8Array ? [data] : data) isFull = !sink.write(part)
    if (left <= 0) done.resolve()
    else if (isFull) stream.pause()
  })
  stream.send(Uint8Array.of(1))
  await done.promise
  await sink.end()
}

async function sendOverTcp(socket: Socket, supply: Supply): Promise<void> {
  await once(socket, 'data')
  for await (const bytes of read(supply)) {
    if (!socket.write(bytes)) await once(socket, 'drain')
  }
}

async function sendOverStream(stream: Stream, supply: Supply): Promise<void> {
  let drained = Promise.withResolvers<void>()
  stream.addEventListener('drain', () => drained.resolve())
  stream.addEventListener('close', () => drained.resolve())
  for await (const bytes of read(supply)) {
    if (stream.status !== 'open') return
    // the promise of `onDrain` settles once only: the event is waited for instead
    drained = Promise.withResolvers<void>()
    if (!stream.send(bytes)) await drained.promise
  }
}

async function* read({ bytes, file }: Supply): AsyncIterable<Uint8Array> {
  if (file !== undefined) return yield* createReadStream(file, { highWaterMark: writeBytes })
  const block = new Uint8Array(writeBytes).fill(7)
  for (let left = bytes; left > 0; left -= writeBytes) yield left >= writeBytes ? block : block.subarray(0, left)
}

/** Without a file the bytes are counted; with one they are hashed, written and fsynced once. */
function openSink(file: string | undefined): Sink {
  if (file === undefined) return { write: () => true, onDrain: () => {}, end: async () => '' }
  const hash = createHash('sha256')
  const output = createWriteStream(file, { highWaterMark: maxQueuedBytes, flush: true })
  return {
    write: (bytes) => {
      hash.update(bytes)
      return output.write(bytes)
    },
    onDrain: (then) => void output.on('drain', then),
    end: async () => {
      output.end()
      await once(output, 'close')
      return hash.digest('hex')
    },
  }
}
