import { closeSync, openSync } from 'node:fs'
import { errorCode } from './faults.ts'

/**
 * Makes an empty file readable by its owner only, if there is none; SQLite gives its other files the same permissions.
 *
 * A file that is there is not opened: closing it would drop the locks that this process holds on it (POSIX), under SQLite's feet.
 */
export function createPrivateFile(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600))
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error
  }
}
