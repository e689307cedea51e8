import { Readable } from 'node:stream'
import type { FastifyRequest } from 'fastify'
import { httpFaults } from '../faults.ts'
import type { UcxiCall } from './call.ts'
import { readHeader } from './call.ts'
import { envelopeType } from './envelope.ts'
import { parsePayload, readJson, refusePayload, tooLarge } from './read-json.ts'
import { loadShapes } from './shapes.ts'
import type { UcxiPut } from './ucxi.ts'

/** What a caller without a `Content-Type` sent. @see https://www.rfc-editor.org/rfc/rfc9110#section-8.3 */
const unnamedType = 'application/octet-stream'
const textType = 'text/plain;charset=utf-8'
const metadataPrefix = 'ucxl-meta-'

/** What a write says: the body as it is, or JSON that carries it. @throws Fault UCXI_MEDIA_UNSUPPORTED, UCXI_TOO_LARGE, UCXI_PAYLOAD_INVALID, UCXI_UNPROCESSABLE */
export async function readContent({ request, options }: UcxiCall): Promise<Pick<UcxiPut, 'body' | 'mediaType' | 'metadata'>> {
  const encoding = readHeader(request, 'content-encoding') ?? 'identity'
  if (encoding.toLowerCase() !== 'identity') throw refuseMedia(encoding, 'content is stored as it is: send it without a content encoding')
  const body = bodyOf(request)
  const mediaType = readHeader(request, 'content-type') ?? unnamedType
  const metadata = readMetadata(request)
  if (mediaType.split(';', 1)[0]?.trim().toLowerCase() === envelopeType) {
    const json = parsePayload((await loadShapes()).content, await readJson(body, options.maxJsonBytes))
    return {
      body: [decode(json.content, json.encoding ?? 'utf-8')],
      mediaType: json.contentType ?? (json.encoding === 'base64' ? unnamedType : textType),
      metadata: { ...metadata, ...json.metadata },
    }
  }
  const max = options.maxContentBytes
  if (Number(request.headers['content-length'] ?? 0) > max) {
    throw tooLarge(max, `content of ${request.headers['content-length']} bytes is longer than the ${max} that are taken`)
  }
  return { body, mediaType, metadata }
}

function bodyOf(request: FastifyRequest): Readable {
  return request.body instanceof Readable ? request.body : Readable.from([])
}

function decode(content: string, encoding: 'utf-8' | 'base64'): Uint8Array {
  if (encoding === 'base64') {
    const bytes = Buffer.from(content, 'base64')
    if (bytes.toString('base64') !== content) throw refusePayload('content', 'this is no base64 with its padding')
    return bytes
  }
  if (!content.isWellFormed()) throw refusePayload('content', 'half a character is no text; send bytes as base64')
  return Buffer.from(content)
}

/** Headers come as bytes; they are read as UTF-8. */
function readMetadata(request: FastifyRequest): Readonly<Record<string, string>> {
  const read: [string, string][] = []
  for (const [header, value] of Object.entries(request.headers)) {
    if (!header.startsWith(metadataPrefix) || typeof value !== 'string') continue
    read.push([header.slice(metadataPrefix.length), decodeHeader(header, value)])
  }
  return Object.fromEntries(read)
}

function decodeHeader(header: string, value: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(value, 'latin1'))
  } catch {
    throw httpFaults.create('UCXI_UNPROCESSABLE', {
      message: `${header.slice(0, 100)} is not written in UTF-8`,
      data: { field: header.slice(0, 100) },
    })
  }
}

function refuseMedia(provided: string, message: string): Error {
  return httpFaults.create('UCXI_MEDIA_UNSUPPORTED', { message, data: { provided: provided.slice(0, 100) } })
}
