import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import type { Forge } from './forge.ts'
import { unsharedPauses } from './shared-pauses.ts'
import { runForgeSuite } from '../suite/forge-suite.ts'
import { suiteStandOf } from '../testing/fixture-people.ts'
import { openForgeStand } from '../testing/forge-stand.ts'
import type { FixtureAnswer } from '../testing/fixture-routes.ts'
import { testDraft, testToken } from '../testing/test-names.ts'

const { signal } = new AbortController()
const kinds = ['github', 'gitea', 'gitlab'] as const

for (const kind of kinds) runForgeSuite(kind, async (t) => suiteStandOf(await openForgeStand(t, kind)))

for (const kind of kinds)
  for (const state of ['merged', 'closed'] as const)
    for (const mischief of [undefined, 'drop-after'] as const)
      test(`F21 ${kind}: a pull request that is ${state} before the forge says that it was opened${mischief === undefined ? '' : ', or does not,'} is opened once`, async (t) => {
        const { forge, fixture } = await openForgeStand(t, kind)
        // an earlier one of the same branch, for other work
        fixture.state.addPull({ ...testDraft, body: 'Work of another holding' }).state = state
        fixture.mischief = ({ method }) => {
          const made = fixture.state.pulls.at(-1)
          if (made?.body === testDraft.body) made.state = state
          return method === 'POST' ? mischief : undefined
        }
        const opened = await forge.openPull(testDraft, { signal })
        assert.deepEqual([opened.state, opened.body], [state, testDraft.body])
        assert.equal(fixture.state.pulls.length, 2)
      })

for (const kind of kinds)
  test(`F21 ${kind}: a pull request that was opened without an answer, and merged before it is asked for again, is not opened again`, async (t) => {
    const { forge, fixture } = await openForgeStand(t, kind)
    fixture.mischief = ({ method }) => (fixture.state.pulls.length > 0 || method === 'POST' ? 'drop-after' : undefined)
    await assert.rejects(forge.openPull(testDraft, { signal }), { code: 'FORGE_FAILED' })
    const [made] = fixture.state.pulls
    assert.ok(made)
    made.state = 'merged'
    fixture.mischief = () => undefined
    assert.equal((await forge.openPull(testDraft, { signal })).state, 'merged')
    assert.equal(fixture.state.pulls.length, 1)
  })

const askFor = (forge: Forge) => forge.issue(1, { signal })

test('F19: a forge that fails, drops or talks no JSON is a failure, asked once; when it is back, so are the issues', async (t) => {
  const { forge, fixture } = await openForgeStand(t, 'github')
  fixture.state.addIssue()
  for (const mischief of ['drop', { status: 502 }, { status: 500, body: 'oops' }] as const) {
    fixture.seen.length = 0
    fixture.mischief = () => mischief
    await assert.rejects(askFor(forge), { code: 'FORGE_FAILED' })
    assert.equal(fixture.seen.length, 1)
  }
  fixture.mischief = () => ({ status: 200, body: 'no object' })
  await assert.rejects(askFor(forge), { code: 'FORGE_INVALID' })
  fixture.mischief = () => undefined
  assert.equal((await askFor(forge)).number, 1)
})

test('F19: a forge that stays silent is given up after its time', async (t) => {
  const { forge, fixture, clock } = await openForgeStand(t, 'github')
  const asked = Promise.withResolvers<void>()
  fixture.mischief = () => {
    asked.resolve()
    return 'silence'
  }
  const asking = assert.rejects(askFor(forge), { code: 'FORGE_FAILED', message: /did not answer within 30000 ms/ })
  await asked.promise
  await clock.advance(30_000)
  await asking
})

const limits: readonly (readonly [string, FixtureAnswer])[] = [
  ['429 with Retry-After', { status: 429, headers: { 'retry-after': '60' } }],
  ['403 with Retry-After', { status: 403, headers: { 'retry-after': '60' } }],
  [
    '403 with a spent budget',
    { status: 403, headers: { date: 'Thu, 01 Jan 2026 00:00:00 GMT', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1767225660' } },
  ],
  ['429 without a word', { status: 429 }],
]

for (const [name, answer] of limits)
  test(`F20: after ${name} nothing is sent until the forge allows it`, async (t) => {
    const { forge, fixture, clock } = await openForgeStand(t, 'github')
    fixture.state.addIssue()
    fixture.mischief = () => answer
    await assert.rejects(askFor(forge), { code: 'FORGE_LIMITED', data: { status: answer.status, retryAfterMs: 60_000 } })
    fixture.mischief = () => undefined
    fixture.seen.length = 0
    await clock.advance(59_000)
    await assert.rejects(askFor(forge), { code: 'FORGE_LIMITED' })
    await assert.rejects(forge.setOpen(1, false, { signal }), { code: 'FORGE_LIMITED' })
    assert.equal(fixture.seen.length, 0)
    await clock.advance(1_000)
    assert.equal((await askFor(forge)).number, 1)
  })

test('what moved, is gone or is not shown is missing, and what is refused says so', async (t) => {
  const { forge, fixture } = await openForgeStand(t, 'github')
  for (const [status, code] of [
    [301, 'FORGE_MISSING'],
    [404, 'FORGE_MISSING'],
    [410, 'FORGE_MISSING'],
    [401, 'FORGE_DENIED'],
    [403, 'FORGE_DENIED'],
    [422, 'FORGE_REFUSED'],
  ] as const) {
    fixture.mischief = () => ({ status, body: { message: 'so' } })
    await assert.rejects(askFor(forge), { code, data: { status } })
  }
})

for (const kind of kinds)
  test(`S18 ${kind}: a redirect to elsewhere is refused, and nothing is sent there`, async (t) => {
    let came = 0
    const elsewhere = createServer((_request, response) => {
      came += 1
      response.end('{}')
    })
    await new Promise<void>((listening) => elsewhere.listen(0, '127.0.0.1', listening))
    t.after(() => {
      elsewhere.closeAllConnections()
      elsewhere.close()
    })
    const { forge, fixture } = await openForgeStand(t, kind)
    const location = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/secret?token=${testToken}`
    for (const status of [301, 302, 307, 308]) {
      fixture.mischief = () => ({ status, headers: { location } })
      await assert.rejects(askFor(forge), (error: Error) => !error.message.includes(testToken) && /moved to http:/.test(error.message))
    }
    assert.equal(came, 0)
  })

test('S28: a token that the forge repeats stands in no fault, and no query in the log', async (t) => {
  const { forge, fixture, noted } = await openForgeStand(t, 'github')
  for (const status of [401, 422, 500]) {
    fixture.mischief = () => ({ status, body: { message: `${'x'.repeat(280)}${testToken} is no good` } })
    await assert.rejects(askFor(forge), (error: Error) => !error.message.includes('token-of'))
  }
  await assert.rejects(forge.issues({ labels: ['secret-label'], cursor: undefined }, { signal }))
  assert.deepEqual(
    noted.map(({ method, path, status }) => [method, path, status]),
    [
      ['GET', '/repos/team/shop/issues/1', 401],
      ['GET', '/repos/team/shop/issues/1', 422],
      ['GET', '/repos/team/shop/issues/1', 500],
      ['GET', '/repos/team/shop/issues', 500],
    ],
  )
})

test('S20: a token that was changed counts with the next request', async (t) => {
  const stand = await openForgeStand(t, 'gitea')
  stand.fixture.state.addIssue()
  stand.token = 'an-old-one'
  await assert.rejects(askFor(stand.forge), { code: 'FORGE_DENIED' })
  stand.token = testToken
  assert.equal((await askFor(stand.forge)).number, 1)
  assert.equal(stand.fixture.seen.at(-1)?.authorization, `token ${testToken}`)
})

test('an answer longer than the limit is cut off', async (t) => {
  const { forge, fixture } = await openForgeStand(t, 'github')
  fixture.mischief = () => ({ status: 200, body: 'a'.repeat(5_000_000) })
  await assert.rejects(askFor(forge), { code: 'FORGE_TOO_LONG', message: /more than 4194304 bytes/ })
})

test('a token goes over plain http to this machine alone', async (t) => {
  const { createForges } = await import('./create-forge.ts')
  const { clock } = await openForgeStand(t, 'github')
  const { parseProjectId } = await import('../task.ts')
  const open = createForges(
    { clock, fetch: () => assert.fail('it was sent'), findToken: async () => testToken, accessLog: { note: () => {} } },
    { timeoutMs: 1_000, maxAnswerBytes: 1_000, allowsPlainHttp: false, writeGapMs: 0, maxPauseMs: 0 },
  )
  const id = parseProjectId('git.example.org/team/shop') ?? assert.fail()
  const forge = await open({ id, url: 'http://git.example.org/team/shop', forge: 'gitea', base: 'main' }, unsharedPauses)
  await assert.rejects(askFor(forge), { code: 'FORGE_DENIED' })
})
