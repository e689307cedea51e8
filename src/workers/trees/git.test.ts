import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { test } from 'node:test'
import type { Clock } from '../../lib/clock.ts'
import { systemClock } from '../../lib/clock.ts'
import { createGitRunner } from './git.ts'

const signal = AbortSignal.timeout(30_000)
const git = createGitRunner(
  { clock: systemClock },
  { timeoutMs: 30_000, environment: { PATH: process.env['PATH'] ?? '' }, maxTextBytes: 1_000_000 },
)

/** More than a pipe holds, then the rest. */
async function* write(...chunks: readonly (string | Error)[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) {
    if (chunk instanceof Error) throw chunk
    yield Buffer.from(chunk)
  }
}

test('a git that ends well has done what it was asked, also when it did not read all that it was given', async () => {
  const stdin = write(...Array.from({ length: 100 }, () => 'x'.repeat(100_000)))
  assert.match(await git.text('ask for the version', ['version'], { signal, stdin }), /^git version /)
})

test('what breaks while it is read for git is a failure, though git was content with the beginning', async () => {
  const stdin = write('half of it', new Error('the disk is broken'))
  await assert.rejects(git.text('hash', ['hash-object', '--stdin'], { signal, stdin }), { message: 'the disk is broken' })
})

test('a server that says nothing is given up in time, with all that git started to reach it', { timeout: 20_000 }, async (t) => {
  const asked = Promise.withResolvers<void>()
  const server = createServer(() => asked.resolve())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => sockets.add(socket))
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const due = Promise.withResolvers<() => void>()
  const clock: Clock = { ...systemClock, schedule: (_ms, wake) => (due.resolve(wake), () => {}) }
  const patient = createGitRunner({ clock }, { timeoutMs: 600_000, environment: { PATH: process.env['PATH'] ?? '' }, maxTextBytes: 1_000 })
  const { port } = server.address() as AddressInfo
  const listed = patient.text('list branches', ['ls-remote', '--', `http://127.0.0.1:${port}/shop.git`], { signal })
  listed.catch(() => {})
  await asked.promise
  const hangs = Promise.all(Array.from(sockets, async (socket) => once(socket.resume(), 'close')))
  const wake = await due.promise
  wake()
  await assert.rejects(listed, { code: 'GIT_FAILED', message: 'could not list branches: git came to no end within 600000 ms' })
  // the program that git reached it with is gone
  await hangs
})
