import { createHash } from 'node:crypto'
import { createTarDecoder } from 'modern-tar'
import type { ParsedTarEntry } from 'modern-tar'
import type { Fault } from '../../lib/fault.ts'
import { Fault as FaultClass, describeError } from '../../lib/fault.ts'
import { marketFaults } from '../faults.ts'
import { PathSet, judgePath } from '../rules/paths.ts'
import type { ArchiveEntry, ArchiveFile, ArchiveLimits } from './entry.ts'
import { compareBytes } from './entry.ts'
import { packEntries } from './pack.ts'

/** Bytes of tar around the files: headers, pax records and padding of one file, and the end. */
const maxOverheadPerFile = 2_560
const endBytes = 1_024

/** Longest archive that can hold a package within the limits, in bytes. */
export function maxArchiveBytes(limits: ArchiveLimits): number {
  return limits.maxPackageBytes + limits.maxPackageFiles * maxOverheadPerFile + endBytes
}

/** What an archive is, after every byte of it was looked at. */
export interface ArchiveSummary {
  /** sha2-256 of the archive, 32 bytes. */
  readonly digest: Uint8Array
  /** Of the archive, in bytes. */
  readonly size: number
  readonly files: readonly ArchiveFile[]
}

/**
 * Looks at a whole archive without writing anything.
 *
 * Its bytes must be exactly those that packing its own entries gives: so it has no links, devices, setuid bits, hidden headers,
 * types read as files or bytes after the end, whatever a reader of tar would make of them. `keep` gets every file in memory; what it got
 * counts for nothing until the whole was looked at.
 *
 * @throws Fault ARCHIVE_REFUSED
 */
export async function inspectArchive(
  source: AsyncIterable<Uint8Array>,
  limits: ArchiveLimits,
  keep?: (file: HeldFile) => void,
): Promise<ArchiveSummary> {
  const [given, ours] = [createHash('sha256'), createHash('sha256')]
  const files: ArchiveFile[] = []
  let size = 0
  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const chunk of source) {
      given.update(chunk)
      size += chunk.byteLength
      yield chunk
    }
  }
  async function* noted(): AsyncGenerator<ArchiveEntry> {
    for await (const entry of readArchive(counted(), limits)) {
      const file = { path: entry.path, size: entry.size, isExecutable: entry.isExecutable }
      files.push(file)
      if (keep === undefined) yield entry
      else {
        const body = await readBody(entry.body)
        keep({ ...file, body })
        yield { ...file, body: streamOf(body) }
      }
    }
  }
  for await (const chunk of packEntries(noted())) ours.update(chunk)
  const digest = given.digest()
  if (!ours.digest().equals(digest)) throw refuseArchive('its bytes are not the canonical ones of its files')
  return { digest: new Uint8Array(digest), size, files }
}

/** A file of an archive, in memory. */
export interface HeldFile extends ArchiveFile {
  readonly body: Uint8Array
}

async function readBody(body: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  // They are views of memory that their reader may use again.
  for await (const chunk of body) chunks.push(chunk.slice())
  const [only] = chunks
  return chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks)
}

/** Files in memory as the entries of an archive. */
export async function* entriesOf(files: readonly HeldFile[]): AsyncGenerator<ArchiveEntry> {
  for (const file of files) yield { ...file, body: streamOf(file.body) }
}

/** Bytes in memory as a stream of them. */
export async function* streamOf(body: Uint8Array): AsyncGenerator<Uint8Array> {
  if (body.byteLength > 0) yield body
}

/** The entries of an archive, each judged before it is given; bodies must be consumed. @throws Fault ARCHIVE_REFUSED */
export async function* readArchive(source: AsyncIterable<Uint8Array>, limits: ArchiveLimits): AsyncGenerator<ArchiveEntry> {
  const gate = openGate(limits)
  try {
    const bytes = ReadableStream.from(bounded(source, maxArchiveBytes(limits)))
    for await (const entry of bytes.pipeThrough(createTarDecoder({ strict: true }))) {
      yield { ...gate(entry), body: entry.body }
    }
  } catch (error) {
    throw error instanceof FaultClass || isAbort(error) ? error : refuseArchive(describeError(error), undefined, error)
  }
}

async function* bounded(source: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<Uint8Array> {
  let size = 0
  for await (const chunk of source) {
    size += chunk.byteLength
    if (size > maxBytes) throw refuseArchive(`it is longer than ${maxBytes} bytes`)
    // modern-tar keeps views; those of a pooled buffer would not survive.
    yield chunk
  }
}

/** Judges headers in the order they come. */
function openGate(limits: ArchiveLimits): (entry: ParsedTarEntry) => ArchiveFile {
  const paths = new PathSet()
  let [files, bytes, last] = [0, 0, '']
  return ({ header }) => {
    const path = header.name
    const refuse = (reason: string): Fault => refuseArchive(reason, path)
    if (header.type !== 'file' || (header.linkname ?? '') !== '') throw refuse(`it is a ${header.type ?? 'thing'}, only files are allowed`)
    const reason = judgePath(path)
    if (reason !== undefined) throw refuse(reason)
    if (header.mode !== 0o644 && header.mode !== 0o755)
      throw refuse(`its mode is ${(header.mode ?? 0).toString(8)}, only 644 and 755 are allowed`)
    if (header.uid !== 0 || header.gid !== 0) throw refuse('it names a user or group')
    if (!Number.isSafeInteger(header.size) || header.size < 0) throw refuse('its size is no number')
    files += 1
    bytes += header.size
    if (files > limits.maxPackageFiles) throw refuse(`there are more than ${limits.maxPackageFiles} files`)
    if (bytes > limits.maxPackageBytes) throw refuse(`the files have more than ${limits.maxPackageBytes} bytes`)
    const clash = paths.add(path)
    if (clash !== undefined) throw refuse(clash)
    if (last !== '' && compareBytes(last, path) >= 0) throw refuse('the files are not in order')
    last = path
    return { path, size: header.size, isExecutable: header.mode === 0o755 }
  }
}

/** The fault for an archive that is refused whole. */
export function refuseArchive(reason: string, path?: string, cause?: unknown): Fault {
  const shown = path === undefined ? undefined : JSON.stringify(path.slice(0, 120).toWellFormed())
  return marketFaults.create('ARCHIVE_REFUSED', {
    message: `the archive was refused, nothing of it was unpacked: ${shown === undefined ? '' : `${shown}: `}${reason}. Tell its owner; an honest tool does not make such archives.`,
    data: { reason, path: path === undefined ? null : path.slice(0, 256).toWellFormed() },
    cause,
  })
}

function isAbort(error: unknown): boolean {
  return error instanceof DOMException && (error.name === 'AbortError' || error.name === 'TimeoutError')
}
