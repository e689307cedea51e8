import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'

/** A folder that is gone after the test. */
export function makeFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'althing-store-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A folder on a disk of 4 MiB of its own; undefined where this user may not mount one. */
export function mountSmallDisk(t: TestContext): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return undefined
  const folder = mkdtempSync(join(tmpdir(), 'althing-disk-'))
  const isMounted = spawnSync('/bin/mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', folder]).status === 0
  t.after(() => {
    if (isMounted) spawnSync('/bin/umount', ['-l', folder])
    rmSync(folder, { recursive: true, force: true })
  })
  return isMounted ? folder : undefined
}

/** Takes all the room there is, until the file is removed. */
export function fillDisk(path: string): void {
  spawnSync('dd', ['if=/dev/zero', `of=${path}`, 'bs=4096'])
}

/** Runs a program, given as text, in a process of its own. */
export function runProgram(
  program: string,
  ...argv: readonly string[]
): { readonly stdout: string; readonly signal: string | null; readonly stderr: string } {
  const { stdout, stderr, signal } = spawnSync(process.execPath, ['--input-type=module-typescript', '-e', program, ...argv], {
    encoding: 'utf8',
  })
  return { stdout, stderr, signal }
}
