import { hashBytes } from '../lib/cid.ts'
import { equalBytes } from '../lib/bytes.ts'
import { failpointAsync } from '../lib/failpoint.ts'
import { Fault, describeError } from '../lib/fault.ts'
import type { BlobStore, BlobStoreDeps, BlobStoreOptions, BlobUsage, RemoveOptions, StoredBlock } from './blobs.ts'
import { assertBlock, maxRowBytes } from './blobs.ts'
import { packBlock, packBlockSoon, unpackBlock } from './block-encoding.ts'
import { BlockFiles } from './block-files.ts'
import type { BlockFile } from './block-files.ts'
import type { BlockSums } from './block-table.ts'
import { deleteBlock, findBlock, findBytes, listBlocks, putBlock, putWholeBlock, sumBlocks } from './block-table.ts'
import { recoverBlocks } from './block-recovery.ts'
import { errorCode, isDiskFull, storeFaults } from './faults.ts'
import { Quota } from './quota.ts'
import { Turns } from './turns.ts'

/** Opens the blocks of a home: removes half-written files, drops rows without a file, takes up files without a row. @throws Fault DISK_FULL, DISK_ERROR */
export async function openBlobStore(deps: BlobStoreDeps, options: BlobStoreOptions): Promise<BlobStore> {
  try {
    return await DiskBlobStore.open(deps, options)
  } catch (error) {
    throw toDiskFault(error, deps.directory)
  }
}

/** Blocks as files, and a row for each: the files are the truth; a row is written after its file is durable, and goes before it. Short ones lie in the database whole. */
class DiskBlobStore implements BlobStore {
  readonly #deps: BlobStoreDeps
  readonly #files: BlockFiles
  readonly #quota: Quota
  readonly #compress: boolean
  /** Kept here, because asking the table reads all of it. */
  readonly #sums: BlockSums
  /** What changes one block takes turns; reads do not. */
  readonly #turns = new Turns()
  #isClosed = false

  private constructor(
    deps: BlobStoreDeps,
    parts: { readonly files: BlockFiles; readonly sums: BlockSums; readonly options: BlobStoreOptions },
  ) {
    this.#deps = deps
    this.#files = parts.files
    this.#sums = parts.sums
    this.#quota = new Quota(parts.options.maxDiskBytes, parts.sums.stored)
    this.#compress = parts.options.compress
  }

  static async open(deps: BlobStoreDeps, options: BlobStoreOptions): Promise<DiskBlobStore> {
    const files = new BlockFiles(deps.directory)
    await files.prepare()
    await recoverBlocks({ ...deps, files })
    return new DiskBlobStore(deps, { files, sums: { ...sumBlocks(deps.database) }, options })
  }

  readonly put = async (digest: Uint8Array, bytes: Uint8Array): Promise<void> => {
    this.#assertOpen()
    assertBlock(digest, bytes)
    const name = nameOf(digest)
    await this.#turns.take(name, async () => {
      // one that lies in the database may not have been fsynced yet
      if (await this.#renew(digest, (block) => (block.encoding === 'row' ? this.#recordNow(block) : this.#record(block)))) return
      const { encoding, packed } = this.#compress ? await packBlockSoon(bytes) : { encoding: 'raw' as const, packed: bytes }
      this.#quota.take(packed.byteLength)
      try {
        await this.#store({ name, encoding }, packed, { digest, size: bytes.byteLength })
      } catch (error) {
        this.#quota.giveBack(packed.byteLength)
        throw toDiskFault(error, `block ${name}`)
      }
    })
  }

  readonly putSoon = async (digest: Uint8Array, bytes: Uint8Array): Promise<void> => {
    if (bytes.byteLength > maxRowBytes) return await this.put(digest, bytes)
    this.#assertOpen()
    assertBlock(digest, bytes)
    await this.#turns.take(nameOf(digest), async () => {
      if (await this.#renew(digest, (block) => this.#record(block))) return
      const size = bytes.byteLength
      this.#quota.take(size)
      try {
        const block: StoredBlock = { digest, size, stored: size, encoding: 'row', addedAt: this.#deps.clock.now() }
        await this.#deps.database.writeSoon((tx) => putWholeBlock(tx, block, bytes))
      } catch (error) {
        this.#quota.giveBack(size)
        throw error
      }
      this.#count({ size, stored: size }, 1)
    })
  }

  /** Takes note that a block which is here was put again; whether it is, whole: an acknowledged put must not rest on a damaged file. */
  async #renew(digest: Uint8Array, record: (block: StoredBlock) => Promise<void>): Promise<boolean> {
    const known = findBlock(this.#deps.database, digest)
    if (known === undefined) return false
    if ((await this.#readVerified(known)) !== undefined) {
      await record({ ...known, addedAt: this.#deps.clock.now() })
      return true
    }
    await this.#quarantine(known)
    return false
  }

  async #store(file: BlockFile, packed: Uint8Array, block: Pick<StoredBlock, 'digest' | 'size'>): Promise<void> {
    await this.#files.write(file, packed)
    try {
      await this.#record({ ...block, stored: packed.byteLength, encoding: file.encoding, addedAt: this.#deps.clock.now() })
    } catch (error) {
      await this.#files.remove(file)
      throw error
    }
    this.#count({ size: block.size, stored: packed.byteLength }, 1)
    await failpointAsync('blob.put.recorded')
  }

  async #record(block: StoredBlock): Promise<void> {
    // the file is durable, and opening takes up a file without a row: the row need not be waited for
    await this.#deps.database.writeSoon((tx) => putBlock(tx, block))
  }

  async #recordNow(block: StoredBlock): Promise<void> {
    await this.#deps.database.write((tx) => putBlock(tx, block))
  }

  readonly get = async (digest: Uint8Array): Promise<Uint8Array | undefined> => {
    this.#assertOpen()
    const block = findBlock(this.#deps.database, digest)
    if (block === undefined) return undefined
    const bytes = await this.#readVerified(block)
    if (bytes?.byteLength === block.size) return bytes
    // it may have been removed, or packed anew, between the row and the file: look again with nobody else at it
    return await this.#turns.take(nameOf(digest), async () => {
      const again = findBlock(this.#deps.database, digest)
      if (again === undefined) return undefined
      const whole = (await this.#readVerified(again)) ?? (await this.#setAside(again))
      if (whole.byteLength !== again.size) await this.#correct(again, whole.byteLength)
      return whole
    })
  }

  /** Bytes that hash to their name are right; a row that says another length was damaged. */
  async #correct(block: StoredBlock, size: number): Promise<void> {
    await this.#record({ ...block, size })
    this.#sums.bytes += size - block.size
    this.#deps.log.warn('what the database said of a block was damaged and is put right', { digest: nameOf(block.digest) })
  }

  async #readVerified(block: StoredBlock): Promise<Uint8Array | undefined> {
    const packed = await this.#read(block)
    if (packed === undefined) return undefined
    const bytes = block.encoding === 'row' ? packed : await unpackBlock(block.encoding, packed)
    return bytes !== undefined && equalBytes(hashBytes(bytes), block.digest) ? bytes : undefined
  }

  async #read(block: StoredBlock): Promise<Uint8Array | undefined> {
    try {
      await failpointAsync('blob.get.begin')
      return await this.#readPacked(block)
    } catch (error) {
      throw toDiskFault(error, `block ${nameOf(block.digest)}`)
    }
  }

  async #readPacked(block: StoredBlock): Promise<Uint8Array | undefined> {
    const { digest, encoding } = block
    return encoding === 'row' ? findBytes(this.#deps.database, digest) : await this.#files.read({ name: nameOf(digest), encoding })
  }

  async #setAside(block: StoredBlock): Promise<never> {
    const name = nameOf(block.digest)
    await this.#quarantine(block)
    throw storeFaults.create('BLOCK_CORRUPT', {
      message: `block ${name} was damaged on disk and is set aside in ${this.#files.directory}/quarantine; fetch it again from a peer`,
      data: { digest: name },
    })
  }

  async #quarantine(block: StoredBlock): Promise<void> {
    const { digest, encoding } = block
    if (encoding === 'row') await this.#files.setAside(nameOf(digest), findBytes(this.#deps.database, digest) ?? new Uint8Array(0))
    else await this.#files.quarantine({ name: nameOf(digest), encoding })
    await this.#forget(block)
    this.#deps.log.warn('a block on disk was damaged and is set aside', { digest: nameOf(block.digest) })
  }

  async #forget(block: StoredBlock): Promise<void> {
    // opening drops a row without a file
    await this.#deps.database.writeSoon((tx) => deleteBlock(tx, block.digest))
    this.#quota.giveBack(block.stored)
    this.#count(block, -1)
  }

  #count({ size, stored }: Pick<StoredBlock, 'size' | 'stored'>, change: 1 | -1): void {
    this.#sums.blocks += change
    this.#sums.bytes += change * size
    this.#sums.stored += change * stored
  }

  readonly has = (digest: Uint8Array): boolean => findBlock(this.#deps.database, digest) !== undefined

  readonly sizeOf = (digest: Uint8Array): number | undefined => findBlock(this.#deps.database, digest)?.size

  readonly remove = async (digest: Uint8Array, { addedBefore = Infinity }: RemoveOptions = {}): Promise<boolean> => {
    this.#assertOpen()
    return await this.#turns.take(nameOf(digest), async () => {
      const block = findBlock(this.#deps.database, digest)
      if (block === undefined || block.addedAt >= addedBefore) return false
      await this.#forget(block)
      await failpointAsync('blob.remove.forgotten')
      if (block.encoding !== 'row') await this.#files.remove({ name: nameOf(digest), encoding: block.encoding })
      return true
    })
  }

  readonly list = (after?: Uint8Array): Iterable<StoredBlock> => listBlocks(this.#deps.database, after)

  readonly repack = async (digest: Uint8Array): Promise<boolean> => {
    this.#assertOpen()
    return await this.#turns.take(nameOf(digest), async () => {
      const block = findBlock(this.#deps.database, digest)
      if (block === undefined || block.encoding !== 'raw') return false
      const bytes = (await this.#readVerified(block)) ?? (await this.#setAside(block))
      const { encoding, packed } = await packBlock(bytes)
      if (encoding === 'raw') return false
      await this.#replace({ ...block, encoding: 'raw' }, { ...block, encoding, stored: packed.byteLength }, packed)
      return true
    })
  }

  /** Puts a block's new file beside the old one, turns the row, then lets the old one go: at every moment one of them is whole and named. */
  async #replace(before: FiledBlock, after: FiledBlock, packed: Uint8Array): Promise<void> {
    try {
      await this.#files.write(fileOf(after), packed)
      await this.#record(after)
      this.#sums.stored += after.stored - before.stored
      await failpointAsync('blob.repack.recorded')
      await this.#files.remove(fileOf(before))
    } catch (error) {
      throw toDiskFault(error, `block ${nameOf(before.digest)}`)
    }
    this.#quota.giveBack(before.stored - after.stored)
  }

  readonly usage = (): BlobUsage => {
    const { blocks, bytes, stored } = this.#sums
    return { blocks, bytes, storedBytes: stored, maxDiskBytes: this.#quota.maxBytes }
  }

  readonly countQuarantined = async (): Promise<number> => await this.#files.countQuarantined()

  readonly listLost = async (): Promise<readonly string[]> =>
    [...(await this.#files.quarantined())].filter((name) => !this.has(Buffer.from(name, 'hex'))).toSorted()

  #assertOpen(): void {
    if (this.#isClosed) throw new Error('the blob store is closed')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    await this.#turns.ended()
  }
}

function nameOf(digest: Uint8Array): string {
  return Buffer.from(digest).toString('hex')
}

/** A block that has a file. */
type FiledBlock = StoredBlock & Pick<BlockFile, 'encoding'>

function fileOf(block: FiledBlock): BlockFile {
  return { name: nameOf(block.digest), encoding: block.encoding }
}

/** What the disk said, as a fault for the caller. */
function toDiskFault(error: unknown, what: string): unknown {
  if (error instanceof Fault) return error
  if (isDiskFull(error)) {
    const message = `no space left on the disk for ${what}; free some, for instance with \`althing store gc\``
    return storeFaults.create('DISK_FULL', { message, data: { what }, cause: error })
  }
  if (errorCode(error) === undefined) return error
  const message = `the disk failed under ${what} (${describeError(error)}); check disk and permissions, then try again`
  return storeFaults.create('DISK_ERROR', { message, data: { what }, cause: error })
}
