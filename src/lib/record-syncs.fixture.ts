import assert from 'node:assert/strict'
import fs, { readlinkSync } from 'node:fs'
import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { relative } from 'node:path'
import type { TestContext } from 'node:test'

/** Whether it can be told which file is synced. */
export const canRecordSyncs = process.platform === 'linux'

/** What is synced to the disk from now until the test ends, in order: paths from a folder, as they were called then. Needs `/proc`. */
export async function recordSyncs(t: TestContext, folder: string): Promise<readonly string[]> {
  const synced: string[] = []
  await using handle = await open(folder)
  const files = Object.getPrototypeOf(handle) as FileHandle
  const original = Object.getOwnPropertyDescriptor(files, 'sync')
  assert.ok(original)
  const fsync = fs.fsync
  t.after(() => {
    Object.defineProperty(files, 'sync', original)
    fs.fsync = fsync
    syncBuiltinESMExports()
  })
  const note = (descriptor: number): void => void synced.push(relative(folder, readlinkSync(`/proc/self/fd/${descriptor}`)))
  const sync = original.value as (this: FileHandle) => Promise<void>
  files.sync = function record(this: FileHandle) {
    note(this.fd)
    return sync.call(this)
  }
  fs.fsync = Object.assign((...[descriptor, done]: Parameters<typeof fsync>) => {
    note(descriptor)
    fsync(descriptor, done)
  }, fsync)
  // named imports of what was loaded before
  syncBuiltinESMExports()
  return synced
}
