import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { systemClock } from '../lib/clock.ts'
import type { TestContext } from 'node:test'
import { createProcessTransport } from '../tasks/git/process-transport.ts'
import { openSandbox } from './sandbox/open-sandbox.ts'
import { isSystemError, spawnPiped } from '../lib/spawn-piped.ts'
import { createGitRunner } from './trees/git.ts'

const { signal } = new AbortController()
const searchPath = '/usr/local/bin:/usr/bin:/bin'
const limits = { memoryBytes: 268_435_456, cpus: 1, processes: 64 }

/** Opens files until this process may open none; undefined on a machine where its limit cannot be moved. */
function useUpFiles(t: TestContext): { readonly free: () => void } | undefined {
  const before = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1] ?? '1024'
  const limit = (files: string): Buffer => execFileSync('prlimit', ['--pid', String(process.pid), `--nofile=${files}:`], { stdio: 'pipe' })
  try {
    limit('200')
  } catch {
    t.skip('no prlimit on this machine')
    return undefined
  }
  const open: number[] = []
  const free = (): void => {
    for (const file of open.splice(0)) closeSync(file)
  }
  t.after(() => {
    free()
    limit(before)
  })
  try {
    for (;;) open.push(openSync('/dev/null', 'r'))
  } catch {
    return { free }
  }
}

test('a process that has too many files open is told so where it starts a program, and goes on', async (t) => {
  const sandbox = await openSandbox({ kind: 'none', network: 'none', limits, readable: [], searchPath })
  const git = createGitRunner({ clock: systemClock }, { timeoutMs: 30_000, environment: { PATH: searchPath }, maxTextBytes: 1_000 })
  const command = { program: 'git', args: ['receive-pack', '/'], environment: { PATH: searchPath } }
  const transport = createProcessTransport(() => command, { timeoutMs: 30_000, maxAnswerBytes: 1_000, allowsPlainHttp: false })
  const used = useUpFiles(t)
  if (used === undefined) return
  const start = { argv: ['true'], folder: '/', writable: [], readable: [], variables: {} }
  assert.throws(() => sandbox.spawn(start), isSystemError)
  await assert.rejects(git.text('ask for the version', ['version'], { signal }), isSystemError)
  assert.throws(() => spawnPiped('true', [], {}), { code: 'EMFILE', message: /too many files are open/ })
  const talked = transport.talk('git-receive-pack', async ({ greeting }) => greeting(), { signal })
  await assert.rejects(talked, { code: 'REMOTE_UNREACHABLE', message: /^git cannot be run: .*too many files/ })
  used.free()
  assert.match(await git.text('ask for the version', ['version'], { signal }), /^git version /)
})
