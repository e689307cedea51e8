import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:http'
import { test } from 'node:test'
import type { OpenUcxi } from './testing/open-ucxi.ts'
import { errorOf, openUcxi } from './testing/open-ucxi.ts'

const put = '/put?address=ucxl://ada:writer@shop:cart/*%5E/notes'
const pattern = 'pattern=ucxl://any:any@shop:any/*~'

/** An open subscription: its text as it comes. */
async function subscribe({ url, token }: OpenUcxi, headers: Readonly<Record<string, string>> = {}) {
  const asked = request(`${url}/ucxi/v1/subscribe?${pattern}`, { headers: { authorization: `Bearer ${token}`, ...headers }, agent: false })
  asked.on('error', () => {})
  asked.end()
  const [response] = (await once(asked, 'response')) as [IncomingMessage]
  response.on('error', () => {})
  const chunks = response.setEncoding('utf8').iterator({ destroyOnReturn: false })
  let text = ''
  /** Reads until a text came, or the end. */
  const until = async (wanted: string): Promise<string> => {
    while (!text.includes(wanted)) {
      const { done, value } = await chunks.next()
      if (done === true) break
      text += String(value)
    }
    return text
  }
  return { response, until, leave: () => asked.destroy() }
}

test('a subscriber is told who announces what, and until when', async (t) => {
  const opened = await openUcxi(t)
  const { until } = await subscribe(opened)
  await opened.ask(put, { method: 'PUT', headers: { 'content-type': 'text/plain' }, body: 'hello' })
  const body = JSON.stringify({ address: 'ucxl://ada:writer@shop:cart/*^/notes' })
  await opened.ask('/announce', { method: 'POST', headers: { 'content-type': 'application/json' }, body })
  const [, , announced = ''] = (await until('"expires"')).split('\n\n')
  const [event, , data = ''] = announced.split('\n')
  assert.equal(event, 'event: announced')
  const { resource, version, provider, expires } = JSON.parse(data.slice('data: '.length)) as Record<string, unknown>
  const said = ['ucxl://ada:writer@shop:cart/notes', 1, 'node-of-ada', '2026-01-31T10:30:00.000Z']
  assert.deepEqual([resource, version, provider, expires], said)
})

test('a subscriber is told what is stored and deleted, with an id to go on from', async (t) => {
  const opened = await openUcxi(t)
  const { response, until } = await subscribe(opened)
  assert.equal(response.headers['content-type'], 'text/event-stream; charset=utf-8')
  await opened.ask(put, { method: 'PUT', headers: { 'content-type': 'text/plain' }, body: 'hello' })
  await opened.ask('/delete?address=ucxl://ada:writer@shop:cart/*%5E/notes', { method: 'DELETE' })
  const [greeting, stored = '', deleted = ''] = (await until('"version":2')).split('\n\n')
  assert.equal(greeting, ': watching')
  const [event, id, data = ''] = stored.split('\n')
  assert.equal(event, 'event: stored')
  assert.match(id ?? '', /^id: [0-9a-f]{8}-1$/)
  assert.deepEqual(JSON.parse(data.slice('data: '.length)), {
    resource: 'ucxl://ada:writer@shop:cart/notes',
    address: 'ucxl://ada:writer@shop:cart/*~1/notes',
    version: 1,
    cid: 'bafkreibm6jg3ux5qumhcn2b3flc3tyu6dmlb4xa7u5bf44yegnrjhc4yeq',
    deleted: false,
    contentType: 'text/plain',
    size: 5,
    metadata: {},
    writer: 'node-of-ada',
    owner: 'owner-of-ada',
    created: '2026-01-31T09:30:00.000Z',
    contested: false,
  })
  assert.match(deleted, /^event: deleted\nid: [0-9a-f]{8}-2\n/)
})

test('who comes back with the last id goes on there; with an id of an earlier run it is told to read again', async (t) => {
  const opened = await openUcxi(t)
  const first = await subscribe(opened)
  for (const body of ['one', 'two']) await opened.ask(put, { method: 'PUT', body })
  const id = /id: ([0-9a-f]{8}-1)\n/.exec(await first.until('-2\n'))?.[1] ?? assert.fail()
  first.leave()
  const again = await subscribe(opened, { 'last-event-id': id })
  const text = await again.until('"version":2')
  assert.ok(!text.includes('"version":1,'))
  again.leave()
  const reset = await subscribe(opened, { 'last-event-id': '00000000-1' })
  assert.match(await reset.until('event: reset\ndata: {"message":'), /event: reset/)
})

test('a silent subscription is kept alive by comments', async (t) => {
  const opened = await openUcxi(t, { keepAliveMs: 10 })
  const { until } = await subscribe(opened)
  assert.match(await until('still here\n\n: still here'), /: watching\n\n: still here\n\n: still here/)
})

test('a subscription over the limit is refused with 429; one that left makes room', async (t) => {
  const opened = await openUcxi(t)
  const [first] = [await subscribe(opened), await subscribe(opened)]
  const refused = await opened.ask(`/subscribe?${pattern}`)
  assert.deepEqual([refused.status, refused.headers['retry-after'], errorOf(refused)['code']], [429, '5', 'UCXL-429-TOO_MANY_REQUESTS'])
  assert.deepEqual(errorOf(refused)['details'], { max: 2 })
  first.leave()
  while (opened.context.watching > 1) await new Promise((resolve) => setImmediate(resolve))
  assert.equal((await subscribe(opened)).response.statusCode, 200)
})

test('a subscriber that reads nothing is cut, and others go on', { timeout: 20_000 }, async (t) => {
  const opened = await openUcxi(t)
  const slow = await subscribe(opened)
  slow.response.pause()
  const metadata = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`text-${index}`, 'x'.repeat(4_000)]))
  const headers = { 'content-type': 'application/vnd.ucxl+json' }
  for (let round = 0; round < 500 && opened.context.watching > 0; round += 1) {
    await opened.ask(put, { method: 'PUT', headers, body: JSON.stringify({ content: String(round), metadata }) })
  }
  assert.equal(opened.context.watching, 0)
  assert.equal((await subscribe(opened)).response.statusCode, 200)
})

test('the end of the node ends subscriptions', async (t) => {
  const opened = await openUcxi(t)
  const { until } = await subscribe(opened)
  await opened.server[Symbol.asyncDispose]()
  assert.equal(await until('never'), ': watching\n\n: the node ends\n\n')
})
