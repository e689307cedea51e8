import { describeError, Fault } from '../lib/fault.ts'
import { errorCode, isDiskFull, sqliteCode, storeFaults } from './faults.ts'

/** Primary result codes. @see https://sqlite.org/rescode.html */
const busy = 5
const ioError = 10
const corrupt = 11
const cannotOpen = 14
const notADatabase = 26

/** Whether the file can no longer be trusted to take writes. */
export function isFatal(error: unknown): boolean {
  const cause = error instanceof Fault ? error.cause : error
  const code = sqliteCode(cause)
  return code === ioError || code === corrupt || code === notADatabase || errorCode(cause) === 'EIO'
}

/** What SQLite said, as a fault; anything else comes back as it is. */
export function toStoreFault(error: unknown, path: string): unknown {
  if (error instanceof Fault) return error
  const details = { data: { path }, cause: error }
  if (isDiskFull(error)) {
    const message = `no space left on the disk for ${path}; nothing was written: free some, then try again`
    return storeFaults.create('DISK_FULL', { ...details, message })
  }
  const code = sqliteCode(error)
  if (code === busy) {
    return storeFaults.create('STORE_BUSY', { ...details, message: `another program holds ${path} for writing; end it, then try again` })
  }
  if (code === ioError || code === cannotOpen) {
    const message = `the disk failed under ${path} (${describeError(error)}); check disk and permissions, then start again`
    return storeFaults.create('DISK_ERROR', { ...details, message })
  }
  if (code === corrupt || code === notADatabase) {
    const message = `${path} is damaged (${describeError(error)}); restore it with \`althing restore\`, or move it away and sync anew`
    return storeFaults.create('STORE_CORRUPT', { ...details, message })
  }
  return error
}
