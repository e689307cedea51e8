import { constants, mkdirSync, readdirSync, statSync } from 'node:fs'
import { copyFile, link, mkdir, open, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { failpointAsync } from '../lib/failpoint.ts'
import type { BlockEncoding } from './block-encoding.ts'
import { maxBlockBytes } from './block-encoding.ts'
import { errorCode } from './faults.ts'

/** A file that holds a block, by what its name says. */
export interface BlockFile {
  /** 64 hexadecimal digits. */
  readonly name: string
  readonly encoding: BlockEncoding
}

const suffixes: Readonly<Record<BlockEncoding, string>> = { raw: '', zstd: '.zst', gzip: '.gz' }
const encodings: Readonly<Record<string, BlockEncoding>> = { '': 'raw', '.zst': 'zstd', '.gz': 'gzip' }

/** The 256 folders that spread the blocks, by the first two digits of their names. */
const shards = Array.from({ length: 256 }, (_, index) => index.toString(16).padStart(2, '0'))

/** Damaged files kept at most: 128 MiB of the longest. */
const maxQuarantined = 32

/** The folder of blobs: `ab/abcd…[.zst|.gz]`, `tmp/` for what is being written, `quarantine/` for what did not hash to its name. */
export class BlockFiles {
  readonly directory: string
  #temporaries = 0

  constructor(directory: string) {
    this.directory = directory
  }

  /** Makes the folders that are missing and removes what a crash left half-written. */
  async prepare(): Promise<void> {
    await mkdir(this.directory, { recursive: true, mode: 0o700 })
    await rm(join(this.directory, 'tmp'), { recursive: true, force: true })
    const present = new Set(await readdir(this.directory))
    for (const folder of ['tmp', 'quarantine', ...shards]) {
      if (!present.has(folder) || folder === 'tmp') mkdirSync(join(this.directory, folder), { mode: 0o700 })
    }
    await syncDirectory(this.directory)
  }

  /** Writes a block so that after a crash the whole file is there under its name, or nothing. Resolves when it is on disk. */
  async write(file: BlockFile, packed: Uint8Array): Promise<void> {
    const temporary = join(this.directory, 'tmp', `${file.name}-${this.#temporaries}`)
    this.#temporaries += 1
    const path = this.pathOf(file)
    let isRenamed = false
    try {
      await failpointAsync('blob.put.begin')
      await writeSynced(temporary, packed)
      await failpointAsync('blob.put.synced')
      await rename(temporary, path)
      isRenamed = true
      await failpointAsync('blob.put.renamed')
      await syncDirectory(join(this.directory, file.name.slice(0, 2)))
      await failpointAsync('blob.put.directory-synced')
    } catch (error) {
      // a name whose folder did not reach the disk is taken back: nothing half-durable stays to be found later
      await rm(isRenamed ? path : temporary, { force: true }).catch(() => {})
      throw error
    }
  }

  /** The file's bytes; undefined when there is no such file. One longer than any block is not read and comes out empty. */
  async read(file: BlockFile): Promise<Uint8Array | undefined> {
    try {
      await using handle = await open(this.pathOf(file), 'r')
      const { size } = await handle.stat()
      return size > maxBlockBytes ? new Uint8Array(0) : await readStart(handle, size)
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return undefined
      throw error
    }
  }

  /** Length of the file; undefined when there is none. */
  async sizeOf(file: BlockFile): Promise<number | undefined> {
    try {
      return (await stat(this.pathOf(file))).size
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return undefined
      throw error
    }
  }

  async remove(file: BlockFile): Promise<void> {
    await rm(this.pathOf(file), { force: true })
  }

  /** Moves a bad file out of the way, keeping it for whoever wants to know why; of those set aside before, the latest stay. */
  async quarantine(file: BlockFile): Promise<void> {
    const folder = join(this.directory, 'quarantine')
    try {
      await rename(this.pathOf(file), join(folder, file.name + suffixes[file.encoding]))
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw error
    }
    await keepLatest(folder)
  }

  /** Keeps damaged bytes that lay elsewhere, as `quarantine` does. */
  async setAside(name: string, bytes: Uint8Array): Promise<void> {
    const folder = join(this.directory, 'quarantine')
    await writeFile(join(folder, name), bytes, { mode: 0o600 })
    await keepLatest(folder)
  }

  /** How many damaged files were set aside and are still there. */
  async countQuarantined(): Promise<number> {
    return (await readdir(join(this.directory, 'quarantine'))).length
  }

  /** Names of the blocks whose damaged files were set aside, each once. */
  async quarantined(): Promise<ReadonlySet<string>> {
    const names = await readdir(join(this.directory, 'quarantine'))
    return new Set(names.map((name) => parseFileName(name)?.name).filter((name) => name !== undefined))
  }

  /** Every block file there is, folder by folder. Names that are no block's are passed over. Blocks: for the time of opening, when nothing else runs. */
  *list(): Iterable<BlockFile> {
    for (const shard of shards) {
      for (const name of readdirSync(join(this.directory, shard))) {
        const file = parseFileName(name)
        if (file?.name.startsWith(shard) === true) yield file
      }
    }
  }

  /** Like `sizeOf`, and blocks: over many files far faster. For the time of opening. */
  sizeNow(file: BlockFile): number | undefined {
    return statSync(this.pathOf(file), { throwIfNoEntry: false })?.size
  }

  /** Shares another folder's file by a hard link, or copies it; neither is durable before `sync`. Files of blocks are never written in place. */
  async takeFrom(source: BlockFiles, file: BlockFile): Promise<'linked' | 'copied' | 'absent'> {
    const from = source.pathOf(file)
    const to = this.pathOf(file)
    try {
      await link(from, to)
      return 'linked'
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return 'absent'
    }
    // another file system, or one without links: the copy says what is really wrong, if anything is
    await copyFile(from, to, constants.COPYFILE_FICLONE)
    await using handle = await open(to, 'r')
    await handle.sync()
    return 'copied'
  }

  /** Makes all names durable. */
  async sync(): Promise<void> {
    for (const shard of shards) await syncDirectory(join(this.directory, shard))
    await syncDirectory(this.directory)
  }

  pathOf(file: BlockFile): string {
    return join(this.directory, file.name.slice(0, 2), file.name + suffixes[file.encoding])
  }
}

/** A disk that goes bad must not fill up with what went bad. */
async function keepLatest(folder: string): Promise<void> {
  const names = await readdir(folder)
  if (names.length <= maxQuarantined) return
  const dated: { readonly name: string; readonly at: number }[] = []
  for (const name of names) dated.push({ name, at: (await stat(join(folder, name)).catch(() => undefined))?.ctimeMs ?? 0 })
  const old = dated.toSorted((a, b) => a.at - b.at).slice(0, -maxQuarantined)
  for (const { name } of old) await rm(join(folder, name), { recursive: true, force: true })
}

function parseFileName(text: string): BlockFile | undefined {
  const match = /^([0-9a-f]{64})(\.zst|\.gz|)$/.exec(text)
  const encoding = encodings[match?.[2] ?? 'none']
  return match?.[1] === undefined || encoding === undefined ? undefined : { name: match[1], encoding }
}

/** The first bytes of a file, fewer when it ends before. `readFile` reads in parts and joins them: twice the memory, which keeps the garbage collector busy. */
async function readStart(handle: FileHandle, size: number): Promise<Uint8Array> {
  const memory = Buffer.allocUnsafeSlow(size).buffer
  const bytes = new Uint8Array(memory)
  let filled = 0
  while (filled < size) {
    const { bytesRead } = await handle.read(bytes, filled, size - filled, filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return bytes.subarray(0, filled)
}

async function writeSynced(path: string, bytes: Uint8Array): Promise<void> {
  await using handle = await open(path, 'wx', 0o600)
  await handle.writeFile(bytes)
  await failpointAsync('blob.put.written')
  await handle.sync()
}

/** Makes the names in a folder durable. A rename is not on disk before this. */
export async function syncDirectory(path: string): Promise<void> {
  await using handle = await open(path, 'r')
  await handle.sync()
}
