import { createZstdDecompress } from 'node:zlib'
import type { Cid } from '../../lib/cid.ts'
import type { MarketDeps, MarketExchange } from '../market.ts'
import { registryFaults } from './faults.ts'
import type { RegistryOptions } from './options.ts'
import type { RegistryRow } from './registry-table.ts'
import { sourceOfRegistry } from './registry-table.ts'
import { requestFile } from './request-file.ts'
import { archivePath, listPath } from './rules/registry-paths.ts'

interface NamedBytes {
  readonly digest: Uint8Array
  readonly archive: Cid
}

/** Archives are compressed by at most this much more than nothing: what zstd adds to bytes it cannot make shorter. */
const maxOverheadBytes = 65_536

/** Bytes from a registry, as an exchange gives those of members: held to their CID, and to no more than the release says. */
export function createRegistryExchange(
  deps: Pick<MarketDeps, 'database' | 'content'>,
  row: RegistryRow,
  options: RegistryOptions,
): MarketExchange {
  return {
    fetch: async (cid, { signal, maxBytes, onProgress }) => {
      const sql = 'select digest, archive from release where hive = ?1 and (archive = ?2 or files = ?2) limit 1'
      const release = deps.database.get<NamedBytes>(sql, row.hive, cid)
      const isArchive = release?.archive === cid
      const path = isArchive ? archivePath(Buffer.from(release.digest).toString('hex')) : listPath(cid)
      const request = { url: row.url, path, etag: undefined, modified: undefined, stallTimeoutMs: options.stallTimeoutMs, signal }
      const answer = await requestFile({ ...request, maxBytes: maxBytes + maxOverheadBytes })
      if (answer.status !== 'found') throw lacking(row, path)
      const onBytes = (receivedBytes: number): void => onProgress?.({ receivedBytes, totalBytes: maxBytes, providers: 1 })
      const named = { cid, path, body: answer.body, maxBytes, isCompressed: isArchive, onBytes }
      const added = await addBytes({ content: deps.content, row, signal }, named)
      return { providers: [{ peer: sourceOfRegistry(row.url), bytes: added }] }
    },
    findHolders: async () => [],
    announce: async () => {},
    replicate: async () => [],
  }
}

export interface BytesRequest {
  readonly cid: Cid
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
  { content, row, signal }: Pick<MarketDeps, 'content'> & { readonly row: RegistryRow; readonly signal: AbortSignal },
  { cid, path, body, maxBytes, isCompressed, onBytes }: BytesRequest,
): Promise<number> {
  const bytes = bounded(isCompressed ? decompress(body) : body, { row, path, maxBytes, onBytes })
  const added = await content.add(bytes, { signal }).catch((error: unknown) => {
    signal.throwIfAborted()
    const isZstd = error instanceof Error && 'code' in error && String(error.code).startsWith('ZSTD_')
    throw isZstd ? refuse(row, path, 'it is no zstd') : error
  })
  if (added.cid !== cid) throw refuse(row, path, 'it has other bytes than its owner signed')
  return added.size
}

interface Bounds {
  readonly row: RegistryRow
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

/** Nothing is buffered whole: what is read is taken before more is given. */
async function* decompress(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const unpacking = createZstdDecompress()
  const feeding = feed(source, unpacking)
  try {
    yield* unpacking as AsyncIterable<Uint8Array>
    await feeding
  } finally {
    unpacking.destroy()
  }
}

async function feed(source: AsyncIterable<Uint8Array>, into: ReturnType<typeof createZstdDecompress>): Promise<void> {
  try {
    for await (const chunk of source) {
      if (into.destroyed) return
      if (!into.write(chunk)) await drained(into)
    }
    into.end()
  } catch (error) {
    into.destroy(error instanceof Error ? error : new Error(String(error)))
  }
}

async function drained(stream: ReturnType<typeof createZstdDecompress>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  stream.once('drain', resolve)
  stream.once('close', resolve)
  await promise
}

function lacking({ name }: RegistryRow, path: string): Error {
  return registryFaults.create('REGISTRY_UNREACHABLE', {
    message: `the registry "${name}" does not have ${path}; whoever keeps it may export it again`,
    data: { url: path, problem: 'missing' },
  })
}

function refuse({ name }: RegistryRow, path: string, reason: string): Error {
  return registryFaults.create('REGISTRY_INVALID', {
    message: `${path} of the registry "${name}" was refused: ${reason}. Nothing of it is kept; say so to whoever keeps it.`,
    data: { file: path, reason },
  })
}
