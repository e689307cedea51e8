import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { FastifyReply } from 'fastify'
import type { Cid } from '../../lib/cid.ts'
import { describeError } from '../../lib/fault.ts'
import { httpFaults } from '../faults.ts'
import type { UcxiCall } from './call.ts'
import { readHeader, readParameters } from './call.ts'
import { formatMoment, formatPosition, formatVersion } from './documents.ts'
import { envelopeType, sendSuccess } from './envelope.ts'
import { readOne } from './read-address.ts'
import { tooLarge } from './read-json.ts'
import { formatEtag, hasContent } from './rules/conditions.ts'
import type { RangeVerdict } from './rules/read-range.ts'
import { readRange } from './rules/read-range.ts'
import type { UcxiRead } from './ucxi.ts'

/** Content up to this is collected before it is sent, in bytes: one write, and a failure can still be said. */
const maxCollectedBytes = 65_536

/** `GET /get`: the content, a part of it, or the envelope with content and metadata. */
export async function answerGet(call: UcxiCall): Promise<FastifyReply> {
  const { address = '' } = readParameters(call.request, ['address'])
  const read = await call.store.get(readOne(address), { signal: call.signal })
  const { cid } = read
  if (cid === null) throw new Error(`${read.address} is a deletion and was given to be read`)
  if (hasContent(readHeader(call.request, 'if-none-match'), cid)) return sendHead(call, 304, formatHeaders(call, read, cid))
  if ((readHeader(call.request, 'accept') ?? '').includes(envelopeType)) return sendInJson(call, read)
  return sendContent(call, read, cid)
}

async function sendContent(call: UcxiCall, read: UcxiRead, cid: Cid): Promise<FastifyReply> {
  const range = rangeOf(call, read, cid)
  if (range.asks === 'nothing') {
    throw httpFaults.create('UCXI_RANGE_INVALID', { message: `the content is ${read.size} bytes long`, data: { size: read.size } })
  }
  const { start, end } = range.asks === 'part' ? range : { start: 0, end: read.size }
  const headers = {
    ...formatHeaders(call, read, cid),
    'content-type': read.mediaType,
    'content-length': end - start,
    'accept-ranges': 'bytes',
    ...(range.asks === 'part' ? { 'content-range': `bytes ${start}-${end - 1}/${read.size}` } : {}),
  }
  const status = range.asks === 'part' ? 206 : 200
  if (call.request.method === 'HEAD' || start === end) return sendHead(call, status, headers)
  const parts = readExactly(read.open(range.asks === 'part' ? { start, end } : undefined), end - start)
  return end - start <= maxCollectedBytes ? sendCollected(call, { status, headers, parts }) : sendStreamed(call, { status, headers, parts })
}

/** `If-Range` with another content asks for the whole of this one. @see https://www.rfc-editor.org/rfc/rfc9110#section-13.1.5 */
function rangeOf({ request }: UcxiCall, { size }: UcxiRead, cid: Cid): RangeVerdict {
  const only = readHeader(request, 'if-range')
  return only !== undefined && only !== formatEtag(cid) ? { asks: 'whole' } : readRange(readHeader(request, 'range'), size)
}

type Headers = Readonly<Record<string, string | number>>

interface Sending {
  readonly status: number
  readonly headers: Headers
  readonly parts: AsyncIterable<Uint8Array>
}

function formatHeaders({ mark }: UcxiCall, read: UcxiRead, cid: Cid): Headers {
  const created = formatMoment(read.at)
  const knownUntil = formatMoment(read.knownUntil)
  return {
    etag: formatEtag(cid),
    ...(created === null ? {} : { 'last-modified': new Date(created).toUTCString() }),
    'ucxl-address': read.address,
    'ucxl-version': read.version,
    'ucxl-writer': read.writer,
    ...(knownUntil === null ? {} : { 'ucxl-known-until': knownUntil }),
    'x-request-id': mark.id,
    // what was opened for one reader is kept by nobody on the way
    'cache-control': read.isSealed ? 'no-store' : 'private, no-cache',
    // others wrote it: a browser that shows it runs nothing of it, whatever it calls itself
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'; sandbox",
  }
}

function sendHead({ reply }: UcxiCall, status: number, headers: Headers): FastifyReply {
  reply.hijack()
  reply.raw.writeHead(status, headers).end()
  return reply
}

async function sendCollected({ reply }: UcxiCall, { status, headers, parts }: Sending): Promise<FastifyReply> {
  const bytes = await collect(parts)
  reply.hijack()
  reply.raw.writeHead(status, headers).end(bytes)
  return reply
}

/** The first part is awaited before the head goes out, so that content nobody has is still said to be so. */
async function sendStreamed({ reply, signal, deps, mark }: UcxiCall, { status, headers, parts }: Sending): Promise<FastifyReply> {
  const iterator = parts[Symbol.asyncIterator]()
  const first = await iterator.next()
  reply.hijack()
  reply.raw.writeHead(status, headers)
  try {
    await pipeline(Readable.from(rejoin(first, iterator), { objectMode: false }), reply.raw, { signal })
  } catch (error) {
    // the head is out: a cut connection is all that tells the reader that this is not the whole
    reply.raw.destroy()
    if (!signal.aborted) deps.log.warn('an answer was cut short', { request_id: mark.id, reason: describeError(error) })
  }
  return reply
}

async function* rejoin(first: IteratorResult<Uint8Array>, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    for (let next = first; next.done !== true; next = await rest.next()) yield next.value
  } finally {
    await rest.return?.()
  }
}

/** The size of a version is what its writer says: an answer is never longer or shorter than its head promised. */
async function* readExactly(parts: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Uint8Array> {
  let left = size
  for await (const part of parts) {
    left -= part.byteLength
    if (left < 0) break
    yield part
  }
  if (left !== 0)
    throw httpFaults.create('UCXI_CONTENT_WRONG', { message: `the content is not ${size} bytes long, as its version says`, data: { size } })
}

async function collect(parts: AsyncIterable<Uint8Array>): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(parts))
}

async function sendInJson(call: UcxiCall, read: UcxiRead): Promise<FastifyReply> {
  const { maxJsonBytes } = call.options
  if (read.size > maxJsonBytes) {
    throw tooLarge(
      maxJsonBytes,
      `the content is ${read.size} bytes long, and JSON carries ${maxJsonBytes}; ask for it without "Accept: ${envelopeType}"`,
    )
  }
  const bytes = await collect(readExactly(read.open(), read.size))
  const data = { ...formatVersion(read), ...formatPosition(read), ...encode(bytes) }
  return sendSuccess(call.reply.type(envelopeType), { status: 200, message: 'the version and its content', data }, call.mark)
}

function encode(bytes: Buffer): { readonly content: string; readonly encoding: 'utf-8' | 'base64' } {
  try {
    return { content: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes), encoding: 'utf-8' }
  } catch {
    return { content: bytes.toString('base64'), encoding: 'base64' }
  }
}
