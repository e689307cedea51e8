import { lstat, open, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { makeFolder } from '../lib/make-folder.ts'
import { encodeText } from '../lib/bytes.ts'
import { describeError } from '../lib/fault.ts'
import { identityFaults } from './faults.ts'

/** Where keys are kept: small files that only their user can read, or a map in memory. */
export interface KeyFiles {
  /** Undefined when there is no such file. @throws Fault KEY_EXPOSED, KEY_CORRUPT */
  readonly read: (name: string) => Promise<Uint8Array | undefined>
  /** Replaces a file as a whole; on disk when it resolves. @throws Fault KEY_UNWRITABLE */
  readonly write: (name: string, bytes: Uint8Array) => Promise<void>
  /** Gives a file another name, replacing what stood there. */
  readonly rename: (from: string, to: string) => Promise<void>
}

/** Longest key file that is read; ours have some hundred bytes, a certificate at most five thousand. */
const maxFileBytes = 16_384
/** Permission bits of group and others. */
const foreignBits = 0o077

/** Key files in a directory, which is made with mode 0700 when missing. @throws Fault KEY_EXPOSED when others may enter it */
export async function openKeyFiles(directory: string): Promise<KeyFiles> {
  await makeFolder(directory, { mode: 0o700 })
  await refuseExposed(directory, '0700')
  return {
    read: (name) => readKeyFile(join(directory, name)),
    write: (name, bytes) => writeKeyFile(join(directory, name), bytes),
    rename: async (from, to) => {
      await rename(join(directory, from), join(directory, to))
      await syncDirectory(directory)
    },
  }
}

/** Key files that live as long as the process, for tests and simulation. */
export function createMemoryKeyFiles(): KeyFiles {
  const files = new Map<string, Uint8Array>()
  return {
    read: async (name) => files.get(name),
    write: async (name, bytes) => void files.set(name, bytes),
    rename: async (from, to) => {
      const bytes = files.get(from)
      if (bytes === undefined) return
      files.set(to, bytes)
      files.delete(from)
    },
  }
}

/** Writes a file that only its user can read, as a whole: temporary file, fsync, rename, fsync of the directory. */
export async function writeKeyFile(path: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${path}.new`
  try {
    await rm(temporary, { force: true })
    const file = await open(temporary, 'wx', 0o600)
    try {
      await file.writeFile(bytes)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
    await syncDirectory(dirname(path))
  } catch (cause) {
    const message = `could not write ${path}: ${describeError(cause)}; check that its directory is yours and has space`
    throw identityFaults.create('KEY_UNWRITABLE', { message, data: { path }, cause })
  }
}

async function readKeyFile(path: string): Promise<Uint8Array | undefined> {
  const stat = await lstat(path).catch(() => undefined)
  if (stat === undefined) return undefined
  if (!stat.isFile() || stat.size > maxFileBytes) {
    const message = `${path} is no key file (${stat.isFile() ? `${stat.size} bytes` : 'not a regular file'}); put the right file back from a backup`
    throw identityFaults.create('KEY_CORRUPT', { message, data: { path } })
  }
  await refuseExposed(path, '0600')
  return new Uint8Array(await readFile(path))
}

async function refuseExposed(path: string, wanted: '0600' | '0700'): Promise<void> {
  const { mode } = await lstat(path)
  // Windows has no such bits and reports them all set
  if (process.platform === 'win32' || (mode & foreignBits) === 0) return
  const found = (mode & 0o777).toString(8).padStart(4, '0')
  const message = `${path} has permissions ${found}, so that others may read keys in it; if nobody did, run: chmod ${wanted} ${path}`
  throw identityFaults.create('KEY_EXPOSED', { message, data: { path, found, wanted } })
}

async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Line of a key file: what it is, the seed, and the public name that proves the seed was not damaged. */
export function formatKeyLine(tag: string, seed: Uint8Array, name: string): Uint8Array {
  return encodeText(`${tag} ${Buffer.from(seed).toString('base64url')} ${name}\n`)
}

/** Reads such a line; undefined for anything else. */
export function parseKeyLine(tag: string, text: string): { readonly seed: Uint8Array; readonly name: string } | undefined {
  const [found, encoded, name, ...rest] = text.trim().split(' ')
  if (found !== tag || encoded === undefined || name === undefined || rest.length > 0) return undefined
  const seed = new Uint8Array(Buffer.from(encoded, 'base64url'))
  return seed.byteLength === 32 ? { seed, name } : undefined
}
