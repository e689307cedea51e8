import { defineFaults } from '../lib/fault.ts'

/** What can go wrong with what is kept on this disk. */
export const storeFaults = defineFaults({
  STORE_LOCKED: { kind: 'conflict', meaning: 'Another process writes this home.' },
  STORE_ON_NETWORK: { kind: 'invalid', meaning: 'The home lies on a network file system, whose locks cannot be trusted.' },
  STORE_NEWER: { kind: 'invalid', meaning: 'The database was written by a newer version of this program.' },
  STORE_OLDER: { kind: 'invalid', meaning: 'The database is of an older schema and was opened for reading only.' },
  STORE_BUSY: { kind: 'timeout', meaning: 'Another program holds the database for writing.' },
  STORE_FAILED: {
    kind: 'unavailable',
    meaning: 'A write to the database failed on the disk; nothing is written until it is opened again.',
  },
  STORE_CORRUPT: { kind: 'unavailable', meaning: 'The database file is damaged, or is no database.' },
  STORE_MISSING: { kind: 'missing', meaning: 'There is no database at the place named.' },
  DISK_FULL: { kind: 'unavailable', meaning: 'The disk has no room left; nothing was written.' },
  DISK_ERROR: { kind: 'unavailable', meaning: 'The disk reported an error; what was being written is not kept.' },
  QUOTA_EXCEEDED: { kind: 'unavailable', meaning: 'Storing this would use more disk than content may use.' },
  BLOCK_CORRUPT: { kind: 'unavailable', meaning: 'A block on disk does not hash to its name; it was set aside.' },
  BLOCK_MISMATCH: { kind: 'invalid', meaning: 'Bytes were offered under a name that is not their hash, or are too long for a block.' },
  BACKUP_TARGET_EXISTS: { kind: 'conflict', meaning: 'The target of a backup or a restore is not empty.' },
  BACKUP_INVALID: { kind: 'invalid', meaning: 'The source of a restore is not a whole backup.' },
})

/** Whether an error is the operating system's, or SQLite's, "no space left". */
export function isDiskFull(error: unknown): boolean {
  return errorCode(error) === 'ENOSPC' || errorCode(error) === 'EDQUOT' || sqliteCode(error) === sqliteFull
}

/** The `code` of a system error, if it has one. */
export function errorCode(error: unknown): string | undefined {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : undefined
}

/** The primary result code of an error of SQLite. @see https://sqlite.org/rescode.html */
export function sqliteCode(error: unknown): number | undefined {
  const code = typeof error === 'object' && error !== null && 'errcode' in error ? error.errcode : undefined
  return typeof code === 'number' ? code & 0xff : undefined
}

/** SQLITE_FULL */
const sqliteFull = 13
