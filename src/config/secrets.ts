import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { mkdir, open, readdir, rename, rm, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { isBytePipe, takeBytes } from '../lib/byte-pipe.ts'
import { describeError } from '../lib/fault.ts'
import type { Environment } from './environment.ts'
import { configFaults } from './faults.ts'
import type { SecretCommand } from './secret-command.ts'

/** Keys and tokens of others that a node was handed: for models, for forges. Never in the configuration, never in a log. */
export interface Secrets {
  /** The secret as it is now: a new file counts at once, and what a program prints within a minute. @throws Fault SECRET_EXPOSED, SECRET_INVALID, SECRET_UNAVAILABLE */
  readonly find: (name: string) => Promise<string | undefined>
  /** Writes its file, readable by this user only. @throws Fault SECRET_INVALID */
  readonly set: (name: string, value: string) => Promise<void>
  /** Whether there was a file. */
  readonly remove: (name: string) => Promise<boolean>
  /** Names of those there are, sorted. */
  readonly list: () => Promise<readonly string[]>
  /** Every secret of this node, of files, of the environment and of the program that was asked: what may stand nowhere. @throws Fault SECRET_EXPOSED, SECRET_INVALID */
  readonly values: () => Promise<readonly string[]>
}

/** Longest secret, in bytes. */
const maxSecretBytes = 16_384
/** What is read of a file that is handed in, in bytes. */
const maxInputBytes = 65_536
/** A name is part of a path and of a variable: letters, digits, dots and hyphens, no dot first. */
const secretName = /^[a-z0-9](?:[a-z0-9.-]{0,98}[a-z0-9])?$/

export interface SecretsDeps extends Pick<Environment, 'secrets'> {
  /** Asked for what stands in no variable and no file. */
  readonly command?: Pick<SecretCommand, 'find' | 'values'>
}

/**
 * Secrets in files of 0600 under `<home>/secrets`; a variable `ALTHING_SECRET_<NAME>` of the environment wins (upper case, everything else `_`), and
 * a program of the operator is asked last.
 *
 * A backup does not take them along: who restores a home elsewhere hands them in again.
 */
export function createSecrets(home: string, { secrets: given, command }: SecretsDeps): Secrets {
  const folder = join(home, 'secrets')
  const pathOf = (name: string): string => {
    if (secretName.test(name)) return join(folder, name)
    throw configFaults.create('SECRET_INVALID', {
      message: `${JSON.stringify(name)} is no name of a secret: small letters, digits, dots and hyphens, at most 100`,
      data: { name: name.slice(0, 100) },
    })
  }
  const list = async (): Promise<readonly string[]> => {
    const files = await readdir(folder).catch((error: unknown) => {
      if (isMissing(error)) return []
      throw error
    })
    return files.filter((name) => secretName.test(name)).toSorted()
  }
  return {
    find: async (name) => {
      const path = pathOf(name)
      const known = given.get(variableOf(name)) ?? (await readSecret(path, name)) ?? (await command?.find(name))
      if (known !== undefined && !isSecret(known)) throw invalidSecret(name)
      return known
    },
    set: async (name, value) => {
      const path = pathOf(name)
      const text = value.trim()
      if (!isSecret(text)) throw invalidSecret(name)
      await mkdir(folder, { recursive: true, mode: 0o700 })
      await writeWhole(path, `${text}\n`)
    },
    remove: async (name) => {
      try {
        await unlink(pathOf(name))
        return true
      } catch (error) {
        if (isMissing(error)) return false
        throw error
      }
    },
    list,
    values: async () => {
      const kept = await Promise.all((await list()).map((name) => readSecret(pathOf(name), name)))
      const printed = (await command?.values()) ?? []
      return [...new Set([...given.values(), ...kept.filter((secret) => secret !== undefined), ...printed])]
    },
  }
}

/**
 * What a person hands in as a secret: in a file, or on standard input, which a command passes on as a byte pipe. Of a longer one the beginning,
 * which is no secret then.
 *
 * @throws Fault SECRET_UNREADABLE
 */
export async function readSecretInput(path: string): Promise<string> {
  try {
    return (await isBytePipe(path)) ? await readPiped(path) : await readBeginning(path)
  } catch (error) {
    const message = isMissing(error) ? `there is no file ${path}` : `${path} cannot be read: ${describeError(error)}`
    throw configFaults.create('SECRET_UNREADABLE', {
      message: `${message}; name the file that holds the key or token, or hand it in on standard input`,
      data: { file: path },
      cause: error,
    })
  }
}

async function readBeginning(path: string): Promise<string> {
  await using file = await open(path)
  const { buffer, bytesRead } = await file.read(Buffer.alloc(maxInputBytes), 0, maxInputBytes, null)
  return buffer.toString('utf8', 0, bytesRead)
}

async function readPiped(path: string): Promise<string> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of takeBytes(path)) {
    parts.push(part)
    size += part.byteLength
    if (size >= maxInputBytes) break
  }
  return Buffer.concat(parts).toString('utf8', 0, maxInputBytes)
}

/** The end of the variable that a secret may stand in. */
function variableOf(name: string): string {
  return name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')
}

async function readSecret(path: string, name: string): Promise<string | undefined> {
  try {
    // A link could lead anywhere, and its target's permissions are not those that were set here.
    await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW)
    const { mode, size } = await file.stat()
    if ((mode & 0o077) !== 0)
      throw configFaults.create('SECRET_EXPOSED', {
        message: `${path} can be read by others than its owner; \`chmod 600\` it, and think of making the secret anew`,
        data: { name },
      })
    if (size > maxSecretBytes) throw invalidSecret(name)
    const text = (await file.readFile('utf8')).trim()
    if (!isSecret(text)) throw invalidSecret(name)
    return text
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

/** One line that can stand in a header. */
function isSecret(text: string): boolean {
  return text.length > 0 && text.length <= maxSecretBytes && /^[\x21-\x7e]+$/.test(text)
}

function invalidSecret(name: string): Error {
  return configFaults.create('SECRET_INVALID', {
    message: `the secret ${name} is empty, longer than ${maxSecretBytes} bytes, or more than one line of printable letters; hand in the key or token alone`,
    data: { name },
  })
}

async function writeWhole(path: string, text: string): Promise<void> {
  const beside = `${path}.${randomUUID()}`
  try {
    await using file = await open(beside, 'wx', 0o600)
    await file.writeFile(text)
    await file.sync()
    await rename(beside, path)
  } catch (error) {
    await rm(beside, { force: true })
    throw error
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
