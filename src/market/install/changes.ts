import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { lstat, open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Fault } from '../../lib/fault.ts'
import type { ArchiveFile } from '../archive/entry.ts'
import { readArchive } from '../archive/unpack.ts'
import type { MarketDeps, MarketOptions } from '../market.ts'
import type { UnpackedFile } from '../unpacked/record.ts'
import type { PlacedArchive } from './pinned-archive.ts'

export interface ChangesRequest {
  readonly release: Pick<PlacedArchive, 'archive' | 'digest'>
  /** Folders that should hold the package. */
  readonly targets: readonly string[]
  readonly signal: AbortSignal
}

/** Files of an installed package beside what its owner signed, by path in the package; a few of many. */
export interface FileComparison {
  /** Files compared. */
  readonly files: number
  /** Files with other bytes, or another right to be run. */
  readonly changed: string[]
  readonly missing: string[]
  /** Files and links that its owner did not put there. */
  readonly added: string[]
}

/** Files that are named at most, of each sort; enough to recognise what happened. */
export const maxNamed = 20

/**
 * Files of an installed package that are not what its owner signed, or gone, in archive order; files beside them are nobody's business.
 *
 * Null when nothing on this disk says what they should be.
 */
export async function findChanges(
  deps: MarketDeps & { readonly options: MarketOptions },
  request: ChangesRequest,
): Promise<readonly string[] | null> {
  try {
    const compared = await compareFiles(deps, request)
    return compared && [...compared.changed, ...compared.missing].toSorted().slice(0, maxNamed)
  } catch (error) {
    // A block on our own disk went bad, which says nothing of what is installed.
    if (error instanceof Fault) return null
    throw error
  }
}

/**
 * Compares every file with the archive, or with what was written down when it was unpacked; null when neither is on this disk.
 *
 * @throws Fault BLOCK_CORRUPT, CONTENT_MISSING
 */
export async function compareFiles(
  deps: MarketDeps & { readonly options: MarketOptions },
  { release, targets, signal }: ChangesRequest,
): Promise<FileComparison | null> {
  const isWhole = deps.content.stat(release.archive)?.isWhole === true
  const known = isWhole ? undefined : await deps.unpacked?.list(release.digest)
  if (!isWhole && known === undefined) return null
  const [changed, missing] = [new Set<string>(), new Set<string>()]
  const signed = new Set<string>()
  for await (const entry of known ?? readSigned(deps, { release, signal })) {
    signal.throwIfAborted()
    signed.add(entry.path)
    for (const target of targets) {
      const state = await compareFile(join(target, entry.path), entry)
      const found = state === 'changed' ? changed : missing
      if (state !== 'same' && found.size < maxNamed) found.add(entry.path)
    }
  }
  const added = new Set<string>()
  for (const target of targets) for await (const path of walk(target)) if (!signed.has(path) && added.size < maxNamed) added.add(path)
  return { files: signed.size * targets.length, changed: [...changed], missing: [...missing], added: [...added] }
}

type SignedFile = ArchiveFile & Pick<UnpackedFile, 'sha256'>

async function* readSigned(
  { content, options }: Pick<MarketDeps, 'content'> & { readonly options: MarketOptions },
  { release, signal }: Omit<ChangesRequest, 'targets'>,
): AsyncGenerator<SignedFile> {
  for await (const { body, ...file } of readArchive(content.read(release.archive, { signal }), options))
    yield { ...file, sha256: await hashAll(body) }
}

async function compareFile(path: string, { size, isExecutable, sha256 }: SignedFile): Promise<'same' | 'changed' | 'missing'> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(() => undefined)
  if (handle === undefined) return (await lstat(path).catch(() => undefined)) === undefined ? 'missing' : 'changed'
  await using _ = handle
  const found = await handle.stat()
  if (!found.isFile() || found.size !== size || ((found.mode & 0o100) !== 0) !== isExecutable) return 'changed'
  return (await hashAll(readBytes(handle))) === sha256 ? 'same' : 'changed'
}

/** Whether two plain files hold the same bytes. */
export async function hasSameBytes(path: string, other: string): Promise<boolean> {
  const digests = await Promise.all([path, other].map(hashFile))
  return digests[0] !== undefined && digests[0] === digests[1]
}

/** Undefined for what is no plain file. */
async function hashFile(path: string): Promise<string | undefined> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(() => undefined)
  if (handle === undefined) return undefined
  await using _ = handle
  return (await handle.stat()).isFile() ? await hashAll(readBytes(handle)) : undefined
}

/** Everything below a folder that is no folder, with `/` between the parts. Follows no link. */
async function* walk(folder: string, prefix = ''): AsyncGenerator<string> {
  const entries = await readdir(join(folder, prefix), { withFileTypes: true }).catch(() => [])
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = prefix === '' ? entry.name : `${prefix}/${entry.name}`
    if (entry.isDirectory()) yield* walk(folder, path)
    else yield path
  }
}

function readBytes(handle: FileHandle): AsyncIterable<Uint8Array> {
  return handle.createReadStream({ autoClose: false, highWaterMark: 262_144 })
}

async function hashAll(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of chunks) hash.update(chunk)
  return hash.digest('hex')
}
