import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { lstat, open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Fault } from '../../lib/fault.ts'
import type { ArchiveEntry } from '../archive/entry.ts'
import { readArchive } from '../archive/unpack.ts'
import type { MarketDeps, MarketOptions } from '../market.ts'
import type { IndexedRelease } from '../package-index.ts'

export interface ChangesRequest {
  readonly release: IndexedRelease
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
 * Null when the bytes to compare with are not whole on this disk.
 */
export async function findChanges(
  deps: MarketDeps & { readonly options: MarketOptions },
  request: ChangesRequest,
): Promise<readonly string[] | null> {
  if (deps.content.stat(request.release.archive)?.isWhole !== true) return null
  try {
    const { changed, missing } = await compareFiles(deps, request)
    return [...changed, ...missing].toSorted().slice(0, maxNamed)
  } catch (error) {
    // A block on our own disk went bad, which says nothing of what is installed.
    if (error instanceof Fault) return null
    throw error
  }
}

/** Compares every file with the archive, which must be whole on this disk. @throws Fault BLOCK_CORRUPT, CONTENT_MISSING */
export async function compareFiles(
  deps: MarketDeps & { readonly options: MarketOptions },
  { release, targets, signal }: ChangesRequest,
): Promise<FileComparison> {
  const [changed, missing] = [new Set<string>(), new Set<string>()]
  const signed = new Set<string>()
  for await (const entry of readArchive(deps.content.read(release.archive, { signal }), deps.options)) {
    const digest = await hashAll(entry.body)
    signed.add(entry.path)
    for (const target of targets) {
      const state = await compareFile(join(target, entry.path), { ...entry, digest })
      const found = state === 'changed' ? changed : missing
      if (state !== 'same' && found.size < maxNamed) found.add(entry.path)
    }
  }
  const added = new Set<string>()
  for (const target of targets) for await (const path of walk(target)) if (!signed.has(path) && added.size < maxNamed) added.add(path)
  return { files: signed.size * targets.length, changed: [...changed], missing: [...missing], added: [...added] }
}

async function compareFile(
  path: string,
  { size, isExecutable, digest }: ArchiveEntry & { readonly digest: string },
): Promise<'same' | 'changed' | 'missing'> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(() => undefined)
  if (handle === undefined) return (await lstat(path).catch(() => undefined)) === undefined ? 'missing' : 'changed'
  await using _ = handle
  const found = await handle.stat()
  if (!found.isFile() || found.size !== size || ((found.mode & 0o100) !== 0) !== isExecutable) return 'changed'
  return (await hashAll(readBytes(handle))) === digest ? 'same' : 'changed'
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
