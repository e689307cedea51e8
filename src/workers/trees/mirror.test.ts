import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { systemClock } from '../../lib/clock.ts'
import { makeFolder, makeRepository, serveHttp, testPrograms } from '../../tasks/testing/git-server.ts'
import type { GitRunner } from './git.ts'
import { createGitRunner } from './git.ts'
import { openMirror } from './mirror.ts'

const { signal } = new AbortController()
const runner = createGitRunner(
  { clock: systemClock },
  { timeoutMs: 30_000, environment: testPrograms.environment, maxTextBytes: 1_048_576 },
)
const credentials = (): Promise<undefined> => Promise.resolve(undefined)

test('two that want the same branch at once fetch it one after the other, and who gives up does not hold up the next', async (t) => {
  const folder = await makeFolder(t)
  let [running, most] = [0, 0]
  const watched: GitRunner = {
    ...runner,
    text: async (step, args, run) => {
      running += 1
      most = Math.max(most, running)
      try {
        return await runner.text(step, args, run)
      } finally {
        running -= 1
      }
    },
  }
  const mirror = await openMirror({ git: watched, credentials }, { path: join(folder, 'mirror.git'), url: await makeRepository(t), signal })
  const gone = new AbortController()
  const called = [mirror.fetch(['main'], { signal }), mirror.fetch(['main'], { signal: gone.signal }), mirror.fetch(['main'], { signal })]
  gone.abort(new Error('called off'))
  const [first, second, third] = await Promise.allSettled(called)
  assert.deepEqual([first?.status, second?.status, third?.status], ['fulfilled', 'rejected', 'fulfilled'])
  assert.equal(most, 1)
})

test('F3: locks of a git that was ended in the middle hold up no fetch', async (t) => {
  const path = join(await makeFolder(t), 'mirror.git')
  const mirror = await openMirror({ git: runner, credentials }, { path, url: await makeRepository(t), signal })
  mkdirSync(join(path, 'refs', 'fetched'), { recursive: true })
  for (const lock of ['refs/fetched/main.lock', 'packed-refs.lock']) writeFileSync(join(path, lock), '')
  assert.ok((await mirror.fetch(['main'], { signal })).has('main'))
})

test('S28: a token reaches the server, and stands in no word of a command line and no fault', async (t) => {
  const [words, login]: [string[], { username: string; password: string }] = [[], { username: 'ada', password: 'hunter2' }]
  const proof = Buffer.from(`${login.username}:${login.password}`).toString('base64')
  const watched: GitRunner = { ...runner, text: (step, args, run) => (words.push(...args), runner.text(step, args, run)) }
  let given = login
  const url = await serveHttp(t, await makeRepository(t), { login })
  const path = join(await makeFolder(t), 'mirror.git')
  const mirror = await openMirror({ git: watched, credentials: async () => given }, { path, url, signal })
  assert.ok((await mirror.fetch(['main'], { signal })).has('main'))
  given = { ...login, password: 'hunter2?' }
  await assert.rejects(mirror.fetch(['main'], { signal }), (error: Error) => !JSON.stringify([error.message, error]).includes('hunter2'))
  assert.ok(words.includes(url))
  assert.ok(!words.some((word) => word.includes(login.password) || word.includes(proof)))
})

test('S18: a server that sends a fetch elsewhere is not followed', async (t) => {
  const reached: string[] = []
  const server = createServer(({ url = '' }, response) => {
    reached.push(url)
    response.writeHead(302, { location: `http://127.0.0.1:${(server.address() as AddressInfo).port}/elsewhere${url}` }).end()
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/shop.git`
  const mirror = await openMirror({ git: runner, credentials }, { path: join(await makeFolder(t), 'mirror.git'), url, signal })
  await assert.rejects(mirror.fetch(['main'], { signal }), { code: 'GIT_FAILED' })
  assert.ok(reached.length > 0 && !reached.some((path) => path.startsWith('/elsewhere')), reached.join())
})
