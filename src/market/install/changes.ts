import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { open } from 'node:fs/promises'
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

/** Changed files that are named at most; enough to recognise what happened. */
const maxChangesShown = 20

/**
 * Files of an installed package that are not what its owner signed, or gone, in archive order; files beside them are nobody's business.
 *
 * Null when the bytes to compare with are not whole on this disk.
 */
export async function findChanges(
  deps: MarketDeps & { readonly options: MarketOptions },
  { release, targets, signal }: ChangesRequest,
): Promise<readonly string[] | null> {
  if (deps.content.stat(release.archive)?.isWhole !== true) return null
  const changed: string[] = []
  try {
    for await (const entry of readArchive(deps.content.read(release.archive, { signal }), deps.options)) {
      const digest = await hashAll(entry.body)
      for (const target of targets) {
        if (changed.at(-1) === entry.path || (await isSame(join(target, entry.path), { ...entry, digest }))) continue
        changed.push(entry.path)
        if (changed.length === maxChangesShown) return changed
      }
    }
    return changed
  } catch (error) {
    // A block on our own disk went bad, which says nothing of what is installed.
    if (error instanceof Fault) return null
    throw error
  }
}

async function isSame(path: string, { size, isExecutable, digest }: ArchiveEntry & { readonly digest: string }): Promise<boolean> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(() => undefined)
  if (handle === undefined) return false
  await using _ = handle
  const found = await handle.stat()
  if (!found.isFile() || found.size !== size || ((found.mode & 0o100) !== 0) !== isExecutable) return false
  return (await hashAll(readBytes(handle))) === digest
}

function readBytes(handle: FileHandle): AsyncIterable<Uint8Array> {
  return handle.createReadStream({ autoClose: false, highWaterMark: 262_144 })
}

async function hashAll(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of chunks) hash.update(chunk)
  return hash.digest('hex')
}
