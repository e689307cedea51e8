import { open, rename, rm } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import type { Chance } from '../lib/chance.ts'
import { isBytePipe, sendBytes, takeBytes } from '../lib/byte-pipe.ts'
import { describeError } from '../lib/fault.ts'
import type { Fault } from '../lib/fault.ts'
import { encodeText } from '../lib/bytes.ts'
import type { ReadVersion } from './context.ts'
import { contextFaults } from './faults.ts'
import { decodeText } from './take-body.ts'

/** Longest content that an answer carries itself, in bytes; longer goes to a file. */
const maxAnswered = 1_048_576
/** Read from a file at a time, in bytes. */
const readBytes = 262_144

/** Content of a caller, read as it is taken. */
export interface OpenBody extends AsyncDisposable {
  readonly chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>
  /** Bytes of a file when it was opened; undefined of what has no length before it was read. */
  readonly size?: number | undefined
}

/** Opens what a caller gave as content: a text, or a file of this machine. @throws Fault FILE_UNREADABLE */
export async function openBody({
  file,
  text,
}: {
  readonly file?: string | undefined
  readonly text?: string | undefined
}): Promise<OpenBody> {
  if (file === undefined || text !== undefined) {
    if (file === undefined && text !== undefined) return { chunks: [encodeText(text)], [Symbol.asyncDispose]: async () => {} }
    throw unreadable(file ?? '', 'give a file or a text, one of them')
  }
  if (await isBytePipe(file)) return { chunks: takePiped(file), [Symbol.asyncDispose]: async () => {} }
  const { handle, size } = await openFile(file)
  return { chunks: readFile(handle, file), size, [Symbol.asyncDispose]: () => handle.close() }
}

async function* readFile(handle: FileHandle, file: string): AsyncGenerator<Uint8Array> {
  for (;;) {
    // a buffer of its own each time: whoever takes it may keep it
    const { bytesRead, buffer } = await handle.read({ buffer: new Uint8Array(readBytes) }).catch((error: unknown) => {
      throw unreadable(file, describeError(error), error)
    })
    if (bytesRead === 0) return
    yield buffer.subarray(0, bytesRead)
  }
}

async function* takePiped(file: string): AsyncGenerator<Uint8Array> {
  try {
    yield* takeBytes(file)
  } catch (error) {
    throw unreadable(file, describeError(error), error)
  }
}

async function openFile(file: string): Promise<{ readonly handle: FileHandle; readonly size: number }> {
  let handle: FileHandle | undefined
  try {
    handle = await open(file, 'r')
    const stat = await handle.stat()
    if (stat.isFile()) return { handle, size: stat.size }
  } catch (error) {
    await handle?.close()
    throw unreadable(file, describeError(error), error)
  }
  await handle.close()
  throw unreadable(file, 'it is no file')
}

/** Writes content to a file of the caller: beside it first, so that it is whole or as it was; or to who takes it at a socket. @throws Fault FILE_UNWRITABLE */
export async function writeOut(out: string, content: AsyncIterable<Uint8Array>, chance: Chance): Promise<void> {
  if (await isBytePipe(out)) return sendOut(out, content)
  const beside = `${out}.${Buffer.from(chance.bytes(6)).toString('hex')}.part`
  const file = await open(beside, 'wx', 0o666).catch((error: unknown) => {
    throw unwritable(out, error)
  })
  try {
    // what the content throws is its own fault; what the disk throws is this file's
    for await (const chunk of content) await keep(file, chunk, out)
    await file.close()
    await rename(beside, out).catch((error: unknown) => {
      throw unwritable(out, error)
    })
  } catch (error) {
    await file.close().catch(() => undefined)
    await rm(beside, { force: true })
    throw error
  }
}

/** What the content throws is its own fault; what the other side does is this path's. */
async function sendOut(out: string, content: AsyncIterable<Uint8Array>): Promise<void> {
  let failure: unknown
  async function* watched(): AsyncGenerator<Uint8Array> {
    try {
      yield* content
    } catch (error) {
      failure = error
      throw error
    }
  }
  await sendBytes(out, watched()).catch((error: unknown) => {
    throw failure ?? unwritable(out, error)
  })
}

async function keep(file: FileHandle, chunk: Uint8Array, out: string): Promise<void> {
  try {
    for (let offset = 0; offset < chunk.byteLength;) offset += (await file.write(chunk, offset)).bytesWritten
  } catch (error) {
    throw unwritable(out, error)
  }
}

/** Content for an answer, as text where it is text; undefined when it is too long for one. */
export async function readSmall(
  version: Pick<ReadVersion, 'size' | 'open'>,
): Promise<{ readonly text: string; readonly encoding: 'utf-8' | 'base64' } | undefined> {
  if (version.size > maxAnswered) return undefined
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of version.open()) {
    bytes += chunk.byteLength
    if (bytes > maxAnswered) return undefined
    chunks.push(chunk)
  }
  const text = decodeText(chunks)
  // a byte order mark is swallowed by decoding, and must not be lost
  const isExact = text !== undefined && Buffer.byteLength(text) === version.size
  return isExact ? { text, encoding: 'utf-8' } : { text: Buffer.concat(chunks).toString('base64'), encoding: 'base64' }
}

function unreadable(file: string, reason: string, cause?: unknown): Fault {
  return contextFaults.create('FILE_UNREADABLE', {
    message: file === '' ? `no content: ${reason}` : `${file} cannot be read: ${reason}`,
    data: { file, reason },
    cause,
  })
}

function unwritable(file: string, cause: unknown): Fault {
  return contextFaults.create('FILE_UNWRITABLE', { message: `${file} cannot be written: ${describeError(cause)}`, data: { file }, cause })
}
