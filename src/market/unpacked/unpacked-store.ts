import { existsSync, lstatSync } from 'node:fs'
import { lstat, readFile, readdir, rename, rm, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Chance } from '../../lib/chance.ts'
import type { Clock } from '../../lib/clock.ts'
import { failpoint } from '../../lib/failpoint.ts'
import type { Log } from '../../lib/log.ts'
import { makeFolder } from '../../lib/make-folder.ts'
import { errorCode } from '../../store/faults.ts'
import type { ArchiveEntry } from '../archive/entry.ts'
import type { CheckOptions } from './check-files.ts'
import { checkFiles } from './check-files.ts'
import type { UnpackedFile } from './record.ts'
import { formatRecord, maxRecordBytes, parseRecord } from './record.ts'
import { writeEntry } from './write-entry.ts'

export interface UnpackedStoreDeps {
  readonly clock: Clock
  readonly chance: Chance
  readonly log: Log
}

export interface UnpackedStoreOptions {
  /** A folder of the home; made when it is first written to. */
  readonly directory: string
}

/** A package of the store, checked. It stays while it is held. */
export interface Unpacked extends Disposable {
  /** Of its files; only to read from. */
  readonly folder: string
  readonly files: readonly UnpackedFile[]
}

export interface UnpackedUsage {
  readonly packages: number
  /** Length of their files. */
  readonly bytes: number
}

export interface SweepOptions {
  /** Packages last used before this go, unless a project shares their files: our wall time in milliseconds. */
  readonly before: number
  readonly isDryRun: boolean
  readonly signal: AbortSignal
}

const [filesName, recordName] = ['files', 'record']
const entryPattern = /^[0-9a-f]{64}$/

/**
 * Unpacked packages in the home, by the digest of their archive, shared by all projects.
 *
 * A package is built beside, its files are made to last, and it is renamed: what has its name is whole. Only the process that has the home
 * writes here. Names and records are not made to last: when the power fails, a package that lacks one is told when it is looked at, and taken away.
 *
 * @see docs/decisions/0004-unpacked-packages.md
 */
export class UnpackedStore {
  readonly #deps: UnpackedStoreDeps
  readonly #directory: string
  /** Packages in use, by name, and how often. */
  readonly #held = new Map<string, number>()
  /** The last work on each package: one at a time. */
  readonly #working = new Map<string, Promise<unknown>>()
  /** What this process builds or takes away, by name; anything else of the sort was left by one that was killed. */
  readonly #passing = new Set<string>()

  #prepared: Promise<void> | undefined

  constructor(deps: UnpackedStoreDeps, { directory }: UnpackedStoreOptions) {
    this.#deps = deps
    this.#directory = directory
  }

  /** The files of a package that is there, without a look at them. */
  list(digest: Uint8Array): Promise<readonly UnpackedFile[] | undefined> {
    return this.#readRecord(nameOf(digest))
  }

  /** The package whose archive has this digest, once its files were found to be what was unpacked. One that is not is taken away. */
  find(digest: Uint8Array, options: CheckOptions): Promise<Unpacked | undefined> {
    const name = nameOf(digest)
    return this.#inTurn(name, () => this.#find(name, options))
  }

  /** Unpacks a package unless it is there. The entries must be those of the archive with this digest. @throws what the disk says */
  put(digest: Uint8Array, entries: () => AsyncIterable<ArchiveEntry>, options: { readonly signal: AbortSignal }): Promise<Unpacked> {
    const name = nameOf(digest)
    return this.#inTurn(name, async () => {
      const found = await this.#find(name, { ...options, isDeep: false })
      if (found !== undefined) return found
      return this.#hold(name, await this.#build(name, entries(), options))
    })
  }

  /** How much is there. */
  async usage(): Promise<UnpackedUsage> {
    let [packages, bytes] = [0, 0]
    for (const name of await this.#names()) {
      const files = await this.#readRecord(name)
      if (files === undefined) continue
      packages += 1
      bytes += sizeOf(files)
    }
    return { packages, bytes }
  }

  /** Takes away what was not used for long and shares no file with a project, and what a killed process left. */
  async sweep({ before, isDryRun, signal }: SweepOptions): Promise<UnpackedUsage> {
    let [packages, bytes] = [0, 0]
    for (const name of await this.#names()) {
      signal.throwIfAborted()
      const files = await this.#readRecord(name)
      if (files !== undefined && (this.#held.has(name) || !(await this.#isIdle(name, files, before)))) continue
      packages += 1
      bytes += sizeOf(files ?? [])
      if (!isDryRun) await this.#inTurn(name, async () => (this.#held.has(name) ? undefined : this.#drop(name)))
    }
    if (!isDryRun) await this.#clearLeft()
    return { packages, bytes }
  }

  async #find(name: string, options: CheckOptions): Promise<Unpacked | undefined> {
    const files = await this.#readRecord(name)
    if (files === undefined) {
      // A folder without a record that can be read is no package.
      if (existsSync(join(this.#directory, name))) await this.#drop(name)
      return undefined
    }
    const checked = await checkFiles(join(this.#directory, name, filesName), files, options)
    if (checked === undefined) {
      this.#deps.log.warn(
        'an unpacked package of the store was changed and is taken away; if projects share its files by hard links, `althing verify` there says which',
        { digest: name },
      )
      await this.#drop(name)
      return undefined
    }
    if (checked.some((file, index) => file !== files[index])) await this.#rewriteRecord(name, checked)
    await this.#touch(name)
    return this.#hold(name, checked)
  }

  #hold(name: string, files: readonly UnpackedFile[]): Unpacked {
    this.#held.set(name, (this.#held.get(name) ?? 0) + 1)
    return { folder: join(this.#directory, name, filesName), files, [Symbol.dispose]: once(() => this.#release(name)) }
  }

  async #build(
    name: string,
    entries: AsyncIterable<ArchiveEntry>,
    options: { readonly signal: AbortSignal },
  ): Promise<readonly UnpackedFile[]> {
    await (this.#prepared ??= this.#prepare().catch((error: unknown) => {
      // a disk that was full may have room the next time
      this.#prepared = undefined
      throw error
    }))
    const beside = this.#passName('new')
    const folder = join(this.#directory, beside)
    try {
      await makeFolder(folder, { mode: 0o700 })
      const files = await writeEntry(join(folder, filesName), entries, options)
      await writeRecord(folder, files)
      failpoint('unpacked.written')
      await rename(folder, join(this.#directory, name))
      failpoint('unpacked.kept')
      return files
    } catch (error) {
      await rm(folder, { recursive: true, force: true }).catch(() => {})
      throw error
    } finally {
      this.#passing.delete(beside)
    }
  }

  /** Once: what a killed process left is from before this one, which alone writes here. */
  async #prepare(): Promise<void> {
    await makeFolder(this.#directory, { mode: 0o700 })
    await this.#clearLeft()
  }

  /** Under another name first: what has its own name is whole until the end. */
  async #drop(name: string): Promise<void> {
    const old = this.#passName('old')
    try {
      await rename(join(this.#directory, name), join(this.#directory, old))
      await rm(join(this.#directory, old), { recursive: true, force: true })
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw error
    } finally {
      this.#passing.delete(old)
    }
  }

  async #clearLeft(): Promise<void> {
    const names = await readdir(this.#directory).catch(() => [])
    for (const name of names) {
      if (/^\.(?:new|old)-[0-9a-f]{12}$/.test(name) && !this.#passing.has(name))
        await rm(join(this.#directory, name), { recursive: true, force: true })
    }
  }

  async #names(): Promise<readonly string[]> {
    return (await readdir(this.#directory).catch(() => [])).filter((name) => entryPattern.test(name)).toSorted()
  }

  async #readRecord(name: string): Promise<readonly UnpackedFile[] | undefined> {
    const path = join(this.#directory, name, recordName)
    const found = lstatSync(path, { throwIfNoEntry: false })
    if (found?.isFile() !== true || found.size > maxRecordBytes) return undefined
    return parseRecord(await readFile(path, 'utf8').catch(() => ''))
  }

  async #rewriteRecord(name: string, files: readonly UnpackedFile[]): Promise<void> {
    const folder = join(this.#directory, name)
    const part = join(folder, `${recordName}.part`)
    await rm(part, { force: true })
    await writeRecord(folder, files, part)
    await rename(part, join(folder, recordName))
  }

  /** When a record was written says when its package was last used; a clock that jumps makes it go early or late, and no more. */
  async #touch(name: string): Promise<void> {
    const now = new Date(this.#deps.clock.now())
    await utimes(join(this.#directory, name, recordName), now, now).catch(() => {})
  }

  async #isIdle(name: string, files: readonly UnpackedFile[], before: number): Promise<boolean> {
    const record = await lstat(join(this.#directory, name, recordName)).catch(() => undefined)
    if (record !== undefined && record.mtimeMs >= before) return false
    for (const file of files) {
      const found = await lstat(join(this.#directory, name, filesName, file.path)).catch(() => undefined)
      if (found !== undefined && found.nlink > 1) return false
    }
    return true
  }

  #release(name: string): void {
    const left = (this.#held.get(name) ?? 1) - 1
    if (left === 0) this.#held.delete(name)
    else this.#held.set(name, left)
  }

  #passName(age: 'new' | 'old'): string {
    const name = `.${age}-${Buffer.from(this.#deps.chance.bytes(6)).toString('hex')}`
    this.#passing.add(name)
    return name
  }

  async #inTurn<T>(name: string, work: () => Promise<T>): Promise<T> {
    const before = this.#working.get(name)
    const mine = (before ?? Promise.resolve()).then(work, work)
    const settled = mine.catch(() => {})
    this.#working.set(name, settled)
    try {
      return await mine
    } finally {
      if (this.#working.get(name) === settled) this.#working.delete(name)
    }
  }
}

function nameOf(digest: Uint8Array): string {
  return Buffer.from(digest).toString('hex')
}

function sizeOf(files: readonly UnpackedFile[]): number {
  return files.reduce((sum, { size }) => sum + size, 0)
}

/** Not made to last: one that a failing power left torn says so by its digest, and its package is unpacked anew. */
async function writeRecord(folder: string, files: readonly UnpackedFile[], path = join(folder, recordName)): Promise<void> {
  await writeFile(path, formatRecord(files), { flag: 'wx', mode: 0o600 })
}

function once(work: () => void): () => void {
  let isDone = false
  return () => {
    if (!isDone) work()
    isDone = true
  }
}
