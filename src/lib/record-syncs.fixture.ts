import assert from 'node:assert/strict'
import { readlinkSync } from 'node:fs'
import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
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
  t.after(() => Object.defineProperty(files, 'sync', original))
  const sync = original.value as (this: FileHandle) => Promise<void>
  files.sync = function record(this: FileHandle) {
    synced.push(relative(folder, readlinkSync(`/proc/self/fd/${this.fd}`)))
    return sync.call(this)
  }
  return synced
}
