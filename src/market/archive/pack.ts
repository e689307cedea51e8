import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { pack as createPack } from 'tar-stream'
import type { Pack } from 'tar-stream'
import type { ArchiveEntry, ArchiveFile } from './entry.ts'
import { refuseSource, toSourceFault } from './walk.ts'

/** Read at once from a file, in bytes. */
const readBytes = 262_144

/** The entries of a folder, opened one by one. @throws Fault SOURCE_REFUSED when a file changes meanwhile */
export async function* readFolder(
  folder: string,
  files: readonly ArchiveFile[],
  options: { readonly signal: AbortSignal },
): AsyncGenerator<ArchiveEntry> {
  for (const file of files) {
    options.signal.throwIfAborted()
    yield { ...file, body: readSource(folder, file) }
  }
}

async function* readSource(folder: string, { path, size }: ArchiveFile): AsyncGenerator<Uint8Array> {
  // Neither a link put there since the walk nor a pipe that never ends.
  await using handle = await open(join(folder, path), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(
    (error: unknown) => {
      throw toSourceFault(error, path)
    },
  )
  const stat = await handle.stat()
  if (!stat.isFile() || stat.size !== size) throw refuseSource(path, 'it changed while it was read; try again')
  let left = size
  while (left > 0) {
    const buffer = new Uint8Array(Math.min(readBytes, left))
    const { bytesRead } = await handle.read(buffer)
    if (bytesRead === 0) throw refuseSource(path, 'it changed while it was read; try again')
    left -= bytesRead
    yield buffer.subarray(0, bytesRead)
  }
}

/**
 * The one archive of some entries: ustar with pax only for long or non-ASCII paths, mtime 0, ids 0, modes 644 and 755, two blocks of zeros.
 *
 * The same bytes on every machine; `docs/protocols/market.md` says them.
 */
export async function* packEntries(entries: AsyncIterable<ArchiveEntry>): AsyncGenerator<Uint8Array> {
  const pack = createPack()
  const feeding = feed(pack, entries)
  // Reported below, after the stream it destroys has ended.
  feeding.catch(() => {})
  try {
    // Its types say nothing of what it gives.
    for await (const chunk of pack as AsyncIterable<Uint8Array>) yield chunk
    await feeding
  } catch (error) {
    // What the source says is the cause; the stream only says that it was destroyed.
    await feeding
    throw error
  } finally {
    pack.destroy()
  }
}

async function feed(pack: Pack, entries: AsyncIterable<ArchiveEntry>): Promise<void> {
  try {
    for await (const entry of entries) await feedEntry(pack, entry)
    pack.finalize()
  } catch (error) {
    pack.destroy(error instanceof Error ? error : new Error(String(error)))
    throw error
  }
}

async function feedEntry(pack: Pack, { path, size, isExecutable, body }: ArchiveEntry): Promise<void> {
  const done = Promise.withResolvers<void>()
  const header = { name: path, size, mode: isExecutable ? 0o755 : 0o644, uid: 0, gid: 0, mtime: new Date(0), type: 'file' as const }
  const sink = pack.entry(header, (error) => (error ? done.reject(error) : done.resolve()))
  done.promise.catch(() => {})
  // streamx reports through the callback; without a listener it would throw.
  sink.on('error', () => {})
  for await (const chunk of body) {
    if (!sink.write(chunk)) await Promise.race([new Promise<void>((drained) => sink.once('drain', () => drained())), done.promise])
  }
  sink.end(null)
  await done.promise
}
