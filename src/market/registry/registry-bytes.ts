import { createHash } from 'node:crypto'
import { equalBytes } from '../../lib/bytes.ts'
import type { Cid } from '../../lib/cid.ts'
import { errorCode } from '../../store/faults.ts'
import type { MarketDeps } from '../market.ts'
import { registryFaults } from './faults.ts'
import { decompress } from './zstd-stream.ts'
import type { RegistryRow } from './registry-table.ts'

type Named = Pick<RegistryRow, 'name'>

export interface BytesContext {
  /** Of which the bytes are, for messages. */
  readonly row: Named
  readonly signal: AbortSignal
}

/** Bytes as a registry gives them. */
export interface BytesRequest {
  /** In the registry, for messages. */
  readonly path: string
  readonly body: AsyncIterable<Uint8Array>
  /** Of what is kept, not of what comes. */
  readonly maxBytes: number
  readonly isCompressed: boolean
  readonly onBytes: (count: number) => void
}

/** Keeps bytes of a registry if they are those of a CID; how many. @throws Fault REGISTRY_INVALID, DISK_FULL, QUOTA_EXCEEDED */
export async function addBytes(
  { content, row, signal }: Pick<MarketDeps, 'content'> & BytesContext,
  { cid, ...request }: BytesRequest & { readonly cid: Cid },
): Promise<number> {
  const added = await whole(content.add(read(row, request), { signal, expected: cid }), { row, signal }, request.path)
  return added.size
}

/** Looks at bytes of a registry, and keeps nothing of them. @throws Fault REGISTRY_INVALID unless they are those of a sha2-256 */
export async function checkBytes(
  context: BytesContext,
  { digest, ...request }: BytesRequest & { readonly digest: Uint8Array },
): Promise<void> {
  const found = await whole(hashOf(read(context.row, request), context.signal), context, request.path)
  if (!equalBytes(found, digest)) throw refuse(context.row, request.path, otherBytes)
}

const otherBytes = 'it has other bytes than its owner signed'

function read(row: Named, { path, body, maxBytes, isCompressed, onBytes }: BytesRequest): AsyncIterable<Uint8Array> {
  return bounded(isCompressed ? decompress(body) : body, { row, path, maxBytes, onBytes })
}

async function whole<T>(reading: Promise<T>, { row, signal }: BytesContext, path: string): Promise<T> {
  return reading.catch((error: unknown) => {
    signal.throwIfAborted()
    if (errorCode(error) === 'CONTENT_MISMATCH') throw refuse(row, path, otherBytes)
    throw (errorCode(error) ?? '').startsWith('ZSTD_') ? refuse(row, path, 'it is no zstd') : error
  })
}

async function hashOf(source: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<Uint8Array> {
  const hash = createHash('sha256')
  for await (const chunk of source) {
    signal.throwIfAborted()
    hash.update(chunk)
  }
  return new Uint8Array(hash.digest())
}

interface Bounds {
  readonly row: Named
  readonly path: string
  readonly maxBytes: number
  readonly onBytes: (count: number) => void
}

async function* bounded(source: AsyncIterable<Uint8Array>, { row, path, maxBytes, onBytes }: Bounds): AsyncGenerator<Uint8Array> {
  let size = 0
  for await (const chunk of source) {
    size += chunk.byteLength
    if (size > maxBytes) throw refuse(row, path, `it has more than the ${maxBytes} bytes of its release`)
    onBytes(size)
    yield chunk
  }
}

function refuse({ name }: Named, path: string, reason: string): Error {
  return registryFaults.create('REGISTRY_INVALID', {
    message: `${path} of the registry "${name}" was refused: ${reason}. Nothing of it is kept; say so to whoever keeps it.`,
    data: { file: path, reason },
  })
}
