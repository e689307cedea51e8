import { constants } from 'node:fs'
import { open, readdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { TomlError, parse } from 'smol-toml'
import type { OwnerId } from '../../identity/keys.ts'
import { parseOwnerId } from '../../identity/keys.ts'
import type { Chance } from '../../lib/chance.ts'
import type { Cid } from '../../lib/cid.ts'
import { parseCid } from '../../lib/cid.ts'
import { marketFaults } from '../faults.ts'
import { tableOf } from '../manifest/fields.ts'
import { parseDigest } from '../release.ts'
import { isOwnerSegment, parsePackageName } from '../rules/names.ts'
import { parseVersion } from '../rules/versions.ts'

/** One installed package, pinned: who made it, which bytes, from which hive. */
export interface LockedPackage {
  /** `@owner/name`; also its path under the folder of packages. */
  readonly package: string
  readonly owner: OwnerId
  readonly version: string
  /** `sha256:…` of the archive. */
  readonly digest: string
  readonly cid: Cid
  /** The hive whose index it came from. */
  readonly hive: Cid
}

/** What a lock says, by package. */
export type Lock = ReadonlyMap<string, LockedPackage>

const keys = ['package', 'owner', 'version', 'digest', 'cid', 'hive'] as const
/** Longest lock that is read, in bytes: some 20,000 packages. */
const maxLockBytes = 8_388_608

/** A lock as text: one block per package, sorted, so that two branches that add different packages merge. */
export function formatLock(lock: Lock): string {
  const blocks = [...lock.values()]
    .toSorted((a, b) => (a.package < b.package ? -1 : 1))
    .map((entry) => ['[[installed]]', ...keys.map((key) => `${key} = ${JSON.stringify(entry[key])}`), ''].join('\n'))
  return ['# Written by althing. Commit it: it pins owners and bytes.', 'version = 1', '', ...blocks].join('\n')
}

/** Reads a lock's text. @throws Fault LOCK_INVALID with the line */
export function parseLock(text: string, file: string): Lock {
  const root = parseToml(text, file)
  if (root.get('version') !== 1) throw refuseLock(file, 1, 'it says no "version = 1"; a newer althing may have written it')
  const rows = root.get('installed') ?? []
  if (!Array.isArray(rows)) throw refuseLock(file, 1, '"installed" is no list of tables')
  const lock = new Map<string, LockedPackage>()
  for (const [index, row] of rows.entries()) {
    const entry = parseEntry(row)
    if (entry === undefined)
      throw refuseLock(file, lineOfBlock(text, index), 'this block names no package, owner, version, digest, cid and hive')
    if (lock.has(entry.package)) throw refuseLock(file, lineOfBlock(text, index), `${entry.package} is there twice`)
    lock.set(entry.package, entry)
  }
  return lock
}

function parseToml(text: string, file: string): ReadonlyMap<string, unknown> {
  try {
    return tableOf(parse(text))
  } catch (error) {
    const line = error instanceof TomlError ? error.line : 1
    throw refuseLock(
      file,
      line,
      /^(?:<{7}|={7}|>{7})/m.test(text) ? 'it holds the marks of a merge conflict' : 'it is no valid TOML',
      error,
    )
  }
}

function parseEntry(row: unknown): LockedPackage | undefined {
  const table = tableOf(row)
  const text = (key: (typeof keys)[number]): string => {
    const value = table.get(key)
    return typeof value === 'string' ? value : ''
  }
  const [owner, version, cid, hive] = [
    parseOwnerId(text('owner')),
    parseVersion(text('version')),
    parseCid(text('cid')),
    parseCid(text('hive')),
  ]
  const name = parseLockedName(text('package'))
  if (name === undefined || owner === undefined || version === undefined || cid === undefined || hive === undefined) return undefined
  return parseDigest(text('digest')) === undefined ? undefined : { package: name, owner, version, digest: text('digest'), cid, hive }
}

/** `@owner/name`, fit to be a path: a lock comes with a project and may have been written by anybody. */
function parseLockedName(text: string): string | undefined {
  const [owner, name, ...rest] = text.split('/')
  const isWhole = owner?.startsWith('@') === true && isOwnerSegment(owner.slice(1)) && name !== undefined && rest.length === 0
  return isWhole && parsePackageName(name) !== undefined ? text : undefined
}

function lineOfBlock(text: string, index: number): number {
  const lines = text.split('\n')
  let seen = -1
  return (
    1 +
    Math.max(
      0,
      lines.findIndex((line) => line.trim() === '[[installed]]' && ++seen === index),
    )
  )
}

function refuseLock(file: string, line: number, problem: string, cause?: unknown): Error {
  return marketFaults.create('LOCK_INVALID', {
    message: `${file}:${line}: ${problem}. Take it from version control again, or remove it and install anew.`,
    data: { file, line },
    cause,
  })
}

/** The lock of a place; empty when there is none. @throws Fault LOCK_INVALID */
export async function readLock(file: string): Promise<Lock> {
  let text: string
  try {
    await using handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK)
    const found = await handle.stat()
    // A project may be anybody's: its lock may be a link to a pipe or to a device that never ends.
    if (!found.isFile()) throw refuseLock(file, 1, 'it is no plain file')
    if (found.size > maxLockBytes) throw refuseLock(file, 1, `it has more than ${maxLockBytes} bytes`)
    text = await handle.readFile('utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return new Map()
    throw error
  }
  return parseLock(text, file)
}

/** Puts a lock in place of the old one: whole, or not at all. */
export async function writeLock(file: string, lock: Lock, chance: Chance): Promise<void> {
  const temporary = join(dirname(file), `.althing.lock-${Buffer.from(chance.bytes(6)).toString('hex')}`)
  try {
    await using handle = await open(temporary, 'wx', 0o644)
    await handle.writeFile(formatLock(lock))
    await handle.sync()
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
  await rename(temporary, file)
  await syncFolder(dirname(file))
}

const halfLock = /^\.althing\.lock-[0-9a-f]{12}$/

/** Removes what a `writeLock` that was killed left beside the lock. To be called by who holds the place's lock. */
export async function removeHalfLocks(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => [])
  for (const name of names) if (halfLock.test(name)) await rm(join(folder, name), { force: true })
}

/** Makes renames in a folder last. */
export async function syncFolder(folder: string): Promise<void> {
  await using handle = await open(folder, 'r')
  await handle.sync()
}
