import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { systemClock } from '../lib/clock.ts'
import { makeFolder } from './scratch.fixture.ts'
import { openWriteLock } from './write-lock.ts'

const url = (file: string): string => JSON.stringify(new URL(file, import.meta.url).href)

const holder = `
  import { openWriteLock } from ${url('write-lock.ts')}
  import { systemClock } from ${url('../lib/clock.ts')}
  const lock = await openWriteLock({ path: process.argv[1], clock: systemClock, waitMs: 0, signal: new AbortController().signal })
  process.stdout.write('held')
  process.stdin.once('data', async () => { await lock[Symbol.asyncDispose](); process.exit() })
`

/** Adds one to a number in a file twenty times, reading and writing in two steps, with the lock held. */
const counter = `
  import { openWriteLock } from ${url('write-lock.ts')}
  import { systemClock } from ${url('../lib/clock.ts')}
  import { readFileSync, writeFileSync } from 'node:fs'
  import { setImmediate } from 'node:timers/promises'
  const [path, file] = process.argv.slice(1)
  for (let n = 0; n < 20; n += 1) {
    await using lock = await openWriteLock({ path, clock: systemClock, waitMs: 20_000, signal: new AbortController().signal })
    const seen = Number(readFileSync(file, { encoding: 'utf8', flag: 'a+' }))
    for (let turn = 0; turn < 5; turn += 1) await setImmediate()
    writeFileSync(file, String(seen + 1))
  }
`

function start(t: TestContext, program: string, ...argv: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', program, ...argv], { stdio: ['pipe', 'pipe', 'inherit'] })
  t.after(() => child.kill('SIGKILL'))
  return child
}

async function startHolder(t: TestContext, path: string): Promise<ChildProcess> {
  const child = start(t, holder, path)
  if (child.stdout !== null) await once(child.stdout, 'data')
  return child
}

const request = (path: string, waitMs = 0, signal = new AbortController().signal) => ({ path, clock: systemClock, waitMs, signal })

test('two processes at once on one home never write at once', async (t) => {
  const folder = makeFolder(t)
  const argv = [join(folder, 'lock.sqlite'), join(folder, 'count')] as const
  const children = [start(t, counter, ...argv), start(t, counter, ...argv)]
  for (const child of children) if (child.exitCode === null) await once(child, 'exit')
  assert.deepEqual(
    children.map((child) => child.exitCode),
    [0, 0],
  )
  assert.equal(readFileSync(argv[1], 'utf8'), '40')
})

test('who comes second is told which process holds the home', async (t) => {
  const path = join(makeFolder(t), 'lock.sqlite')
  const child = await startHolder(t, path)
  await assert.rejects(openWriteLock(request(path)), { code: 'STORE_LOCKED', kind: 'conflict', data: { path, pid: child.pid } })
})

test('who waits gets the lock when the holder lets go', async (t) => {
  const path = join(makeFolder(t), 'lock.sqlite')
  const child = await startHolder(t, path)
  const waiting = openWriteLock(request(path, 20_000))
  child.stdin?.write('let go')
  await using lock = await waiting
  assert.ok(lock)
  assert.equal(readFileSync(`${path}.pid`, 'utf8'), `${process.pid}\n`)
})

test('the lock goes with its process, even by kill -9', async (t) => {
  const path = join(makeFolder(t), 'lock.sqlite')
  const child = await startHolder(t, path)
  child.kill('SIGKILL')
  await once(child, 'exit')
  await using lock = await openWriteLock(request(path))
  assert.ok(lock)
})

test('within one process the lock is held once too, let go by its disposal, and disposing twice is harmless', async (t) => {
  const path = join(makeFolder(t), 'lock.sqlite')
  const lock = await openWriteLock(request(path))
  await assert.rejects(openWriteLock(request(path)), { code: 'STORE_LOCKED' })
  await lock[Symbol.asyncDispose]()
  await lock[Symbol.asyncDispose]()
  assert.equal(existsSync(`${path}.pid`), false)
  assert.equal(statSync(path).mode & 0o077, 0, 'who cannot write the home cannot lock it either')
  await using again = await openWriteLock(request(path))
  assert.ok(again)
})

test('an abort ends the waiting with its reason', async (t) => {
  const path = join(makeFolder(t), 'lock.sqlite')
  await using _ = await openWriteLock(request(path))
  const controller = new AbortController()
  const waiting = openWriteLock(request(path, 60_000, controller.signal))
  controller.abort(new Error('interrupted'))
  await assert.rejects(waiting, /interrupted/)
})
