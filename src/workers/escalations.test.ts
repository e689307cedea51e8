import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { createSeededChance } from '../lib/chance.ts'
import { encodeText } from '../lib/bytes.ts'
import { systemClock } from '../lib/clock.ts'
import { silentLog } from '../lib/log.ts'
import { createVirtualClock } from '../lib/virtual-clock.ts'
import { tasksFaults } from '../tasks/faults.ts'
import { verifyHook } from '../tasks/rules/verify-hook.ts'
import { testIssue as task } from '../tasks/testing/test-names.ts'
import type { Escalation } from './escalations.ts'
import { Escalations } from './escalations.ts'

const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
/** A project whose git server does not answer. */
const desk: Escalation['desk'] = {
  sight: () => Promise.reject(tasksFaults.create('REMOTE_UNREACHABLE', { message: 'it does not answer' })),
}

/** What tells, and a server that answers with one status after another, the last one for ever; 0 is no answer. */
function openTelling(statuses: readonly number[], url = 'https://hooks.example.org/here') {
  const clock = createVirtualClock({ startsAt: Date.UTC(2026, 1, 1) })
  const sent: { readonly url: string; readonly headers: Headers; readonly body: string }[] = []
  const arrivals: (() => void)[] = []
  const escalations = new Escalations(
    {
      clock,
      chance: createSeededChance(1),
      log: silentLog,
      readSecret: async () => secret,
      fetch: async (address, init) => {
        const request = new Request(address, init)
        sent.push({ url: request.url, headers: request.headers, body: await request.text() })
        for (const wake of arrivals.splice(0)) wake()
        const status = statuses[sent.length - 1] ?? statuses.at(-1) ?? 200
        if (status === 0) throw new TypeError('fetch failed')
        return new Response(null, { status })
      },
    },
    { url, timeoutMs: 10_000, agent: 'ada-laptop:worker' },
  )
  const nextArrival = (): Promise<void> => new Promise((resolve) => void arrivals.push(resolve))
  return { clock, sent, escalations, nextArrival }
}

test('whoever is to hear of it is told once that a task waits for a person, signed', async () => {
  const { sent, escalations } = openTelling([200])
  escalations.tell({ desk, task, reason: 'May it forget?' })
  escalations.tell({ desk, task, reason: 'May it forget?' })
  await escalations[Symbol.asyncDispose]()
  assert.equal(sent.length, 1)
  const [{ url, headers, body } = assert.fail()] = sent
  assert.equal(url, 'https://hooks.example.org/here')
  const message = { body: encodeText(body), header: (name: string) => headers.get(name) ?? undefined }
  assert.deepEqual(verifyHook('gitlab', message, secret), { verdict: 'genuine', delivery: headers.get('webhook-id') })
  const { agent, reason, history } = JSON.parse(body) as Record<string, unknown>
  assert.deepEqual([agent, reason, history], ['ada-laptop:worker', 'May it forget?', []])
})

test('a server that fails is told again with growing pauses under one id, four times at most', async () => {
  const { clock, sent, escalations, nextArrival } = openTelling([503, 0, 500, 503])
  const startedAt = clock.monotonic()
  for (const [tries, waitMs] of [0, 1_500, 15_000, 90_000].entries()) {
    const arrival = nextArrival()
    if (tries === 0) escalations.tell({ desk, task, reason: 'May it forget?' })
    else await clock.advance(waitMs)
    await arrival
    assert.equal(sent.length, tries + 1)
  }
  await clock.advance(600_000)
  assert.deepEqual([sent.length, new Set(sent.map(({ headers }) => headers.get('webhook-id'))).size], [4, 1])
  assert.ok(clock.monotonic() > startedAt)
  await escalations[Symbol.asyncDispose]()
})

test('a server that says no is told once, and one that is not named is not told', async () => {
  const refused = openTelling([403])
  refused.escalations.tell({ desk, task, reason: 'why' })
  await refused.escalations[Symbol.asyncDispose]()
  assert.equal(refused.sent.length, 1)
  const silent = openTelling([200], '')
  silent.escalations.tell({ desk, task, reason: 'why' })
  await silent.escalations[Symbol.asyncDispose]()
  assert.equal(silent.sent.length, 0)
  assert.throws(() => openTelling([200], 'http://hooks.example.org/'), { code: 'WORKER_CONFIG_INVALID' })
})

test('the end of a worker waits for no pause: what is left is told once more', async () => {
  const { clock, sent, escalations, nextArrival } = openTelling([503])
  const arrival = nextArrival()
  escalations.tell({ desk, task, reason: 'why' })
  await arrival
  await clock.settle()
  await escalations[Symbol.asyncDispose]()
  assert.equal(sent.length, 2)
  escalations.tell({ desk, task, reason: 'too late' })
  assert.equal(sent.length, 2)
})

test('S18: a server that sends it elsewhere is not followed', async (t) => {
  const reached: string[] = []
  const server = createServer(({ url = '' }, response) => {
    reached.push(url)
    response.writeHead(307, { location: '/elsewhere' }).end()
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/here`
  const escalations = new Escalations(
    { clock: systemClock, chance: createSeededChance(1), log: silentLog, readSecret: async () => secret, fetch },
    { url, timeoutMs: 10_000, agent: 'ada-laptop:worker' },
  )
  escalations.tell({ desk, task, reason: 'May it forget?' })
  await escalations[Symbol.asyncDispose]()
  assert.deepEqual(reached, ['/here'])
})
