import { createHash } from 'node:crypto'
import { closeSync, fstatSync, futimesSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { failpointAsync } from '../../lib/failpoint.ts'
import { makeLast } from '../../lib/make-last.ts'
import type { ArchiveEntry } from '../archive/entry.ts'
import { filesWrittenAt } from './check-files.ts'
import type { UnpackedFile } from './record.ts'

/** Longest file that is held in memory while others are written, in bytes. */
const maxHeldBytes = 262_144
/** Files written at once: each waits for the disk, which makes many last in one go. */
const writesAtOnce = 16

/** Writes the files of a package into a new folder of the store, read-only, and makes their bytes last; their names not. */
export async function writeEntry(
  folder: string,
  entries: AsyncIterable<ArchiveEntry>,
  { signal }: { readonly signal: AbortSignal },
): Promise<readonly UnpackedFile[]> {
  mkdirSync(folder, { mode: 0o755 })
  const folders = new Set([folder])
  const files: UnpackedFile[] = []
  const writing = new Set<Promise<void>>()
  let failure: { readonly error: unknown } | undefined
  for await (const entry of entries) {
    signal.throwIfAborted()
    makeParents(folder, join(folder, entry.path), folders)
    const body = entry.size <= maxHeldBytes ? [await readAll(entry.body)] : entry.body
    const index = files.length
    files.push({ ...entry, sha256: '', inode: 0 })
    const write = writeFile(join(folder, entry.path), { ...entry, body }).then(
      (facts) => void (files[index] = { path: entry.path, size: entry.size, isExecutable: entry.isExecutable, ...facts }),
      (error: unknown) => void (failure ??= { error }),
    )
    writing.add(write)
    void write.finally(() => writing.delete(write))
    if (entry.size > maxHeldBytes || writing.size >= writesAtOnce) await (entry.size > maxHeldBytes ? write : Promise.race(writing))
    if (failure !== undefined) break
  }
  await Promise.all(writing)
  if (failure !== undefined) throw failure.error
  return files
}

/** Makes the folders that a path below a root needs and that are not in `known` yet, which then has them. */
export function makeParents(root: string, path: string, known: Set<string>): void {
  const missing: string[] = []
  for (let folder = dirname(path); folder !== root && !known.has(folder); folder = dirname(folder)) missing.unshift(folder)
  for (const folder of missing) {
    mkdirSync(folder, { mode: 0o755 })
    known.add(folder)
  }
}

async function readAll(body: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  // Those of a reader of archives may be views of memory that it uses again.
  for await (const chunk of body) chunks.push(chunk.slice())
  return Buffer.concat(chunks)
}

interface Written extends Pick<ArchiveEntry, 'isExecutable'> {
  readonly body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>
}

/** The home lies on a disk of this machine: a write into its cache takes less than asking a thread for it. Only what waits for the disk waits. */
async function writeFile(path: string, { body, isExecutable }: Written): Promise<Pick<UnpackedFile, 'sha256' | 'inode'>> {
  const file = openSync(path, 'wx', isExecutable ? 0o555 : 0o444)
  try {
    const hash = createHash('sha256')
    for await (const chunk of body) {
      for (let written = 0; written < chunk.byteLength;) written += writeSync(file, chunk, written)
      hash.update(chunk)
    }
    await failpointAsync('unpacked.write')
    futimesSync(file, filesWrittenAt, filesWrittenAt)
    await makeLast(file)
    return { sha256: hash.digest('hex'), inode: fstatSync(file).ino }
  } finally {
    closeSync(file)
  }
}
