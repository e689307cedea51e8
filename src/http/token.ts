import { createHash, timingSafeEqual } from 'node:crypto'
import { chmod, link, open, readFile, rm, stat } from 'node:fs/promises'
import type { Chance } from '../lib/chance.ts'
import { httpFaults } from './faults.ts'

/** Bytes of randomness in a token. */
const tokenBytes = 32
const tokenPattern = /^[A-Za-z0-9_-]{43}$/

/**
 * The bearer token of this home: read from its file, or made on first use. 43 characters of base64url.
 *
 * @throws Fault TOKEN_UNSAFE when others may read the file, or it holds something else
 */
export async function openToken(file: string, chance: Chance): Promise<string> {
  const known = await readToken(file)
  if (known !== undefined) return known
  const temporary = `${file}.${Buffer.from(chance.bytes(6)).toString('hex')}.tmp`
  const handle = await open(temporary, 'wx', 0o600)
  try {
    await chmod(temporary, 0o600)
    await handle.writeFile(`${Buffer.from(chance.bytes(tokenBytes)).toString('base64url')}\n`)
    await handle.sync()
  } finally {
    await handle.close()
  }
  try {
    // A link, not a rename: of two that start at once, the first one's token stands.
    await link(temporary, file)
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error
  } finally {
    await rm(temporary, { force: true })
  }
  const token = await readToken(file)
  if (token === undefined) throw unsafe(file)
  return token
}

/** Tells whether a text is the token. Takes the same time for every wrong one of a length. */
export function createTokenCheck(token: string): (given: string) => boolean {
  const wanted = digest(token)
  return (given) => timingSafeEqual(wanted, digest(given))
}

async function readToken(file: string): Promise<string | undefined> {
  try {
    const { mode, size } = await stat(file)
    if ((mode & 0o077) !== 0 || size > 100) throw unsafe(file)
    const text = (await readFile(file, 'utf8')).trim()
    if (!tokenPattern.test(text)) throw unsafe(file)
    return text
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined
    throw error
  }
}

function unsafe(file: string): Error {
  return httpFaults.create('TOKEN_UNSAFE', {
    message: `${file} must hold one token and be readable by its owner alone. Remove it, and the next start makes a new one`,
    data: { file },
  })
}

function digest(text: string): Uint8Array {
  return createHash('sha256').update(text).digest()
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
