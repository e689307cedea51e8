import { constants } from 'node:fs'
import { open, readFile, realpath, rm, statfs, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Clock } from '../lib/clock.ts'
import { sqliteCode, storeFaults } from './faults.ts'
import { createPrivateFile } from './private-file.ts'
import { findMountType, judgeFileSystem } from './rules/network-file-system.ts'
import { SqliteConnection } from './sqlite.ts'

export interface WriteLockRequest {
  /** The file `lock.sqlite` of a home, whose folder exists. */
  readonly path: string
  readonly clock: Clock
  /** How long to wait for another process to let go, in milliseconds; 0 tries once. */
  readonly waitMs: number
  readonly signal: AbortSignal
}

/** Pause between two tries, in milliseconds. */
const retryMs = 50
/** SQLITE_BUSY */
const sqliteBusy = 5

/**
 * The right to write a home, held until disposed or until the process is gone, however it goes.
 *
 * @throws Fault STORE_LOCKED with `pid` of the holder when known, STORE_ON_NETWORK
 */
export async function openWriteLock(request: WriteLockRequest): Promise<AsyncDisposable> {
  await refuseNetwork(request.path)
  createPrivateFile(request.path)
  const connection = new SqliteConnection(request.path, { timeout: 0 })
  try {
    await acquire(connection, request)
    await noteHolder(pidPath(request.path))
  } catch (error) {
    connection.close()
    throw error
  }
  let isHeld = true
  return {
    [Symbol.asyncDispose]: async () => {
      if (!isHeld) return
      isHeld = false
      // the hint goes first: after the lock is free it may be another's
      await rm(pidPath(request.path), { force: true }).finally(() => connection.close())
    },
  }
}

/** A lock may lie in a project that somebody else made: a link in place of the note goes, and what it leads to stays. */
async function noteHolder(path: string): Promise<void> {
  await rm(path, { force: true })
  await writeFile(path, `${process.pid}\n`, { mode: 0o600, flag: 'wx' })
}

async function acquire(connection: SqliteConnection, request: WriteLockRequest): Promise<void> {
  const deadline = request.clock.monotonic() + request.waitMs
  for (;;) {
    request.signal.throwIfAborted()
    if (tryLock(connection)) return
    const left = deadline - request.clock.monotonic()
    if (left <= 0) throw await lockedFault(request)
    await request.clock.sleep(Math.min(retryMs, left), { signal: request.signal })
  }
}

function tryLock(connection: SqliteConnection): boolean {
  try {
    connection.exec('begin exclusive')
    return true
  } catch (error) {
    if (sqliteCode(error) === sqliteBusy) return false
    throw error
  }
}

async function lockedFault({ path, waitMs }: WriteLockRequest): Promise<Error> {
  const pid = await readHolder(path)
  const who = pid === undefined ? 'another process' : `process ${pid}`
  return storeFaults.create('STORE_LOCKED', {
    message: `${who} writes ${dirname(path)} and did not let go within ${waitMs} ms; ask it through its socket, stop it, or use another --home`,
    data: pid === undefined ? { path } : { path, pid },
  })
}

/** The process that wrote its number last. Only a hint: the lock itself is the transaction. */
async function readHolder(path: string): Promise<number | undefined> {
  const text = await readStart(pidPath(path)).catch(() => '')
  return /^[1-9][0-9]{0,9}\n$/.test(text) ? Number(text) : undefined
}

/** The first bytes of a plain file, one more than a process number has. */
async function readStart(path: string): Promise<string> {
  await using handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(12), 0, 12, 0)
  return buffer.toString('latin1', 0, bytesRead)
}

function pidPath(path: string): string {
  return `${path}.pid`
}

/** Magic numbers are Linux's; on other systems SQLite's own lock is what there is. */
async function refuseNetwork(path: string): Promise<void> {
  if (process.platform !== 'linux') return
  const directory = await realpath(dirname(path))
  const { type } = await statfs(directory)
  const mountinfo = await readFile('/proc/self/mountinfo', 'utf8').catch(() => '')
  const fileSystem = judgeFileSystem(type, findMountType(mountinfo, directory))
  if (fileSystem === undefined) return
  throw storeFaults.create('STORE_ON_NETWORK', {
    message: `${directory} lies on ${fileSystem}, whose locks another machine may not see; choose a local folder (for a home with --home or ALTHING_HOME)`,
    data: { directory, fileSystem },
  })
}
