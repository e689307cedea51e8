import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createVirtualClock } from '../../lib/virtual-clock.ts'
import { ForgePace } from './forge-pace.ts'
import { RestClient } from './rest-client.ts'
import { unsharedPauses } from './shared-pauses.ts'

const { signal } = new AbortController()
const api = 'https://git.example.org/api'

type Answer = (path: string, etag: string | null) => Response | Promise<Response>

/** A client whose forge answers as a function says. */
function clientOf(answer: Answer): RestClient {
  const clock = createVirtualClock({ startsAt: 0 })
  const pace = new ForgePace({ clock }, { writeGapMs: 0, maxPauseMs: 0 })
  const fetch: typeof globalThis.fetch = async (input, init) =>
    answer((input instanceof Request ? input.url : String(input)).slice(api.length), new Headers(init?.headers).get('if-none-match'))
  return new RestClient(
    { clock, fetch, pace, pauses: unsharedPauses, findToken: async () => undefined, note: () => {} },
    { api, headers: {}, formatToken: () => ['authorization', ''], timeoutMs: 1_000, maxAnswerBytes: 1_000, allowsPlainHttp: false },
  )
}

const answerOf = (path: string): Response => Response.json({ path }, { headers: { etag: `"${path}"` } })
const pathsOf = (count: number): readonly string[] => Array.from({ length: count }, (_, at) => `/other/${at}`)

test('"not modified" is what was known when it was asked, also when that went from the cache meanwhile', async () => {
  const ask = async (path: string) => (await client.send({ method: 'GET', path }, { signal })).body
  const client = clientOf(async (path, etag) => {
    if (path !== '/issues/1' || etag === null) return answerOf(path)
    for (const other of pathsOf(256)) await ask(other)
    return new Response(null, { status: 304 })
  })
  assert.deepEqual(await ask('/issues/1'), { path: '/issues/1' })
  assert.deepEqual(await ask('/issues/1'), { path: '/issues/1' })
})

test('an answer that is asked for again and again stays in the cache while others go', async () => {
  const etags: (string | null)[] = []
  const client = clientOf((path, etag) => {
    if (path !== '/issues') return answerOf(path)
    etags.push(etag)
    return etag === null ? answerOf(path) : new Response(null, { status: 304 })
  })
  const ask = (path: string) => client.send({ method: 'GET', path }, { signal })
  await ask('/issues')
  for (const [at, other] of pathsOf(600).entries()) await ask(at % 200 === 0 ? '/issues' : other)
  await ask('/issues')
  assert.deepEqual(etags, [null, '"/issues"', '"/issues"', '"/issues"', '"/issues"'])
})

test('"not modified" to a question about nothing known is an answer of no sense, and no sign that something is gone', async () => {
  const client = clientOf(() => new Response(null, { status: 304 }))
  await assert.rejects(client.send({ method: 'GET', path: '/issues/1' }, { signal }), { code: 'FORGE_INVALID' })
})
