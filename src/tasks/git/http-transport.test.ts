import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../../lib/clock.ts'
import { createVirtualClock } from '../../lib/virtual-clock.ts'
import { testRemoteOptions } from '../testing/claim-bench.ts'
import { makeRepository, serveHttp, testPrograms } from '../testing/git-server.ts'
import { createRemote } from './create-remote.ts'

test('a server that asks to be left alone is told apart from one that denies, and how long it asks for is known', async (t) => {
  for (const [status, header, retryAfterMs] of [
    [429, '90', 90_000],
    [403, '60', 60_000],
    [503, new Date(Date.UTC(2026, 0, 1, 0, 2)).toUTCString(), 120_000],
  ] as const) {
    const url = await serveHttp(t, await makeRepository(t), {
      before: (_, response) => {
        response.writeHead(status, { 'retry-after': header, date: new Date(Date.UTC(2026, 0, 1)).toUTCString() }).end()
        return false
      },
    })
    const remote = createRemote(url, { clock: systemClock, programs: testPrograms, credentials: async () => undefined }, testRemoteOptions)
    const asking = remote.listRefs(['refs/heads/'], { signal: t.signal })
    await assert.rejects(asking, { code: 'REMOTE_UNREACHABLE', data: { url, status, retryAfterMs } })
  }
})

test('a date until which a server asks to be left alone is told by our own clock where it does not say what time it has', async (t) => {
  for (const date of [undefined, 'noon']) {
    const url = await serveHttp(t, await makeRepository(t), {
      before: (_, response) => {
        response.sendDate = false
        const until = new Date(Date.UTC(2026, 0, 1, 0, 2)).toUTCString()
        response.writeHead(503, { 'retry-after': until, ...(date === undefined ? {} : { date }) }).end()
        return false
      },
    })
    const clock = createVirtualClock({ startsAt: Date.UTC(2026, 0, 1) })
    const remote = createRemote(url, { clock, programs: testPrograms, credentials: async () => undefined }, testRemoteOptions)
    const asking = remote.listRefs(['refs/heads/'], { signal: t.signal })
    await assert.rejects(asking, { code: 'REMOTE_UNREACHABLE', data: { url, status: 503, retryAfterMs: 120_000 } })
  }
})

test('a server over http is greeted once for all lists of refs, and anew after one that failed', async (t) => {
  const asked: string[] = []
  let isDown = false
  const url = await serveHttp(t, await makeRepository(t), {
    before: (request, response) => {
      asked.push(request.method ?? '')
      if (isDown) response.writeHead(503).end()
      return !isDown
    },
  })
  const remote = createRemote(url, { clock: systemClock, programs: testPrograms, credentials: async () => undefined }, testRemoteOptions)
  const list = async (): Promise<readonly string[]> => [...(await remote.listRefs(['refs/heads/'], { signal: t.signal })).keys()]
  assert.deepEqual([await list(), await list()], [['refs/heads/main'], ['refs/heads/main']])
  assert.deepEqual(asked.splice(0), ['GET', 'POST', 'POST'])
  isDown = true
  await assert.rejects(list(), { code: 'REMOTE_UNREACHABLE' })
  isDown = false
  assert.deepEqual(await list(), ['refs/heads/main'])
  assert.deepEqual(asked, ['POST', 'GET', 'POST'])
})
