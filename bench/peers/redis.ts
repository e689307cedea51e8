import { execFile, spawn } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { findPort } from '../harness/find-port.ts'

/** One Redis of its own. Killed when it is disposed. */
export interface Redis extends AsyncDisposable {
  readonly pid: number
  readonly version: string
  /** A connection that takes one command at a time. @throws Error with what the server said against it */
  readonly connect: () => Promise<RedisConnection>
}

export interface RedisConnection extends Disposable {
  /** A text, or undefined for nothing. */
  readonly ask: (...words: readonly string[]) => Promise<string | undefined>
}

/** Tries until it answers, 100 ms apart. */
const maxTries = 100

/** Starts the Redis that is installed, alone, on loopback, every write fsynced; undefined where none is. */
export async function openRedis({ folder, signal }: { readonly folder: string; readonly signal: AbortSignal }): Promise<Redis | undefined> {
  const version = await readVersion()
  if (version === undefined) return undefined
  await mkdir(folder, { recursive: true })
  const port = await findPort()
  const place = ['--bind', '127.0.0.1', '--port', String(port), '--dir', folder]
  const durability = ['--appendonly', 'yes', '--appendfsync', 'always', '--save', '']
  const child = spawn('redis-server', [...place, ...durability], { stdio: 'ignore', signal, killSignal: 'SIGKILL' })
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  child.on('error', () => {})
  const dispose = async (): Promise<void> => {
    child.kill('SIGKILL')
    await ended
  }
  try {
    await untilAnswering(port, signal)
    return { pid: child.pid ?? 0, version, connect: () => openConnection(port), [Symbol.asyncDispose]: dispose }
  } catch (error) {
    await dispose()
    throw error
  }
}

async function readVersion(): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)('redis-server', ['--version'])
    return /v=(\S+)/.exec(stdout)?.[1]
  } catch {
    return undefined
  }
}

async function untilAnswering(port: number, signal: AbortSignal): Promise<void> {
  for (let tries = 0; tries < maxTries; tries += 1) {
    const connection = await openConnection(port).catch(() => undefined)
    const answer = await connection?.ask('PING').catch(() => undefined)
    connection?.[Symbol.dispose]()
    if (answer === 'PONG') return
    await sleep(100, undefined, { signal })
  }
  throw new Error(`redis did not answer at 127.0.0.1:${port} within 10 s`)
}

async function openConnection(port: number): Promise<RedisConnection> {
  const socket = createConnection(port, '127.0.0.1').setNoDelay(true).setEncoding('utf8')
  const connected = Promise.withResolvers<void>()
  let waiting: PromiseWithResolvers<string | undefined> | undefined
  let said = ''
  const fail = (error: Error): void => {
    connected.reject(error)
    waiting?.reject(error)
  }
  socket.once('connect', () => connected.resolve())
  socket.on('error', fail)
  socket.on('close', () => fail(new Error('redis closed the connection')))
  socket.on('data', (text: string) => {
    said += text
    const reply = readReply(said)
    if (reply === undefined) return
    said = ''
    if ('error' in reply) waiting?.reject(new Error(`redis: ${reply.error}`))
    else waiting?.resolve(reply.value)
  })
  await connected.promise
  return {
    ask: (...words) => {
      waiting = Promise.withResolvers()
      socket.write(`*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`)
      return waiting.promise
    },
    [Symbol.dispose]: () => socket.destroy(),
  }
}

/** A whole reply of one value; undefined while more is to come. @see https://redis.io/docs/latest/develop/reference/protocol-spec/ */
function readReply(text: string): { readonly value: string | undefined } | { readonly error: string } | undefined {
  const end = text.indexOf('\r\n')
  if (end < 0) return undefined
  const line = text.slice(1, end)
  if (text.startsWith('-')) return { error: line }
  if (!text.startsWith('$')) return { value: line }
  if (line === '-1') return { value: undefined }
  const value = text.slice(end + 2)
  return value.endsWith('\r\n') && value.length === Number(line) + 2 ? { value: value.slice(0, -2) } : undefined
}
