import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadZod } from '../../operations/load-zod.ts'
import { createAnswerShapes } from './answer-shapes.ts'
import type { OpenUcxi } from './testing/open-ucxi.ts'
import { errorOf, openUcxi, testNow } from './testing/open-ucxi.ts'

const why = 'address=ucxl://ada:writer@shop:cart/*%5E/notes/why.md'
const json = { 'content-type': 'application/json' }

async function openWithThree(t: Parameters<typeof openUcxi>[0]): Promise<OpenUcxi> {
  const opened = await openUcxi(t)
  for (const body of ['one', 'two', 'three'])
    await opened.ask(`/put?${why}`, { method: 'PUT', headers: { 'content-type': 'text/plain' }, body })
  await opened.ask(`/put?${why.replace('cart', 'till')}`, { method: 'PUT', headers: { 'content-type': 'text/plain' }, body: 'cash' })
  return opened
}

const till = {
  resource: 'ucxl://ada:writer@shop:till/notes/why.md',
  address: 'ucxl://ada:writer@shop:till/*~1/notes/why.md',
  version: 1,
  cid: 'bafkreiflb7hmbdqyu66m3ipidx2jotrugt6ngyaakghx453pxbkjlnnesq',
  deleted: false,
  contentType: 'text/plain',
  size: 4,
  metadata: {},
  writer: 'node-of-ada',
  owner: 'owner-of-ada',
  created: '2026-01-31T09:30:03.000Z',
  contested: false,
}

const providers = [
  { node: 'node-of-ada', by: 'here', expires: null },
  { node: 'node-of-bob', by: 'signed', expires: '2026-02-01T01:00:00.000Z' },
]

test('versions come newest first, in pages', async (t) => {
  const { ask } = await openWithThree(t)
  const numbers = async (path: string) => {
    const { response } = (await ask(path)).json as { response: { data: { items: { version: number }[] }; details: object } }
    return [response.data.items.map(({ version }) => version), response.details]
  }
  assert.deepEqual(await numbers(`/versions?${why}`), [[3, 2, 1], { count: 3, cursor: null }])
  assert.deepEqual(await numbers(`/versions?${why}&limit=2`), [[3, 2], { count: 2, cursor: '2' }])
  assert.deepEqual(await numbers(`/versions?${why}&limit=2&cursor=2`), [[1], { count: 1, cursor: null }])
})

test('discover lists what a pattern means', async (t) => {
  const { ask } = await openWithThree(t)
  const found = await ask('/discover?pattern=ucxl://any:*@shop:till/*~/notes')
  assert.deepEqual(found.json, {
    response: {
      code: 'UCXL-200-SUCCESS',
      message: '1 item',
      data: { items: [{ resource: till.resource, first: 1, last: 1, newest: till, providers }] },
      details: { count: 1, cursor: null },
      request_id: 'ask-1',
      timestamp: testNow,
    },
  })
})

test('a query looks into content', async (t) => {
  const { ask } = await openWithThree(t)
  const query = (body: unknown) => ask('/query', { method: 'POST', headers: json, body: JSON.stringify(body) })
  const { response } = (await query({ pattern: 'ucxl://any:any@shop:any', text: 'cash' })).json as { response: { data: unknown } }
  assert.deepEqual(response.data, { items: [{ resource: till.resource, first: 1, last: 1, newest: till, providers }] })
  for (const [body, field] of [
    [{}, 'pattern'],
    [{ pattern: 'ucxl://any:any@shop:any', limit: 1_001 }, 'limit'],
    [{ pattern: 'ucxl://any:any@shop:any', since: 'yesterday' }, 'since'],
    [{ pattern: 'ucxl://any:any@shop:any', text: 5 }, 'text'],
  ] as const) {
    assert.deepEqual(errorOf(await query(body))['details'], { field }, JSON.stringify(body))
  }
  assert.equal(errorOf(await query({ pattern: 'ucxl://any' }))['code'], 'UCXL-400-INVALID_ADDRESS')
})

test('a session moves among versions, remembers its steps, and refuses what is out of bounds', async (t) => {
  const { ask } = await openWithThree(t)
  const address = 'ucxl://ada:writer@shop:cart/*^/notes/why.md'
  const navigate = (body: object) => ask('/navigate', { method: 'POST', headers: json, body: JSON.stringify({ address, ...body }) })
  const { response } = (await navigate({ temporal: '~~2' })).json as { response: { data: Record<string, unknown> } }
  const { data } = response
  assert.deepEqual(
    [data['session'], data['version'], data['address'], data['first'], data['last'], data['knownUntil']],
    ['session-1', 1, 'ucxl://ada:writer@shop:cart/*~1/notes/why.md', 1, 3, '2026-01-31T09:30:04.000Z'],
  )
  assert.deepEqual(data['steps'], [{ from: 3, to: 1, operation: '~~2', at: '2026-01-31T09:30:04.000Z', succeeded: true }])
  const past = errorOf(await navigate({ temporal: '~~1', session: 'session-1' }))
  assert.deepEqual([past['code'], past['details']], ['UCXL-400-TEMPORAL_INVALID', { requested: 0, min: 1, max: 3 }])
  const wrong = errorOf(await navigate({ temporal: '~1' }))
  assert.deepEqual(
    [wrong['code'], wrong['details']],
    [
      'UCXL-400-TEMPORAL_INVALID',
      {
        field: 'temporal',
        provided: '~1',
        expected_format: '*^, *~, *~N, ~~N, ^^N or an instant',
        parse_error: 'expected *^, *~, *~N, ~~N, ^^N or a time such as 2026-01-31T09:30:00Z',
        offset: 1,
      },
    ],
  )
  assert.equal(errorOf(await navigate({ temporal: '*^', session: 'none' }))['code'], 'UCXL-404-NOT_FOUND')
})

test('an announcement is accepted, the same again for longer, and only of what there is', async (t) => {
  const { ask } = await openWithThree(t)
  const announce = (body: object) => ask('/announce', { method: 'POST', headers: json, body: JSON.stringify(body) })
  const address = 'ucxl://ada:writer@shop:till/*^/notes/why.md'
  const announced = await announce({ address, content: { checksum: till.cid } })
  const said = { ...till, provider: 'node-of-ada', expires: '2026-01-31T10:30:00.000Z' }
  const response = { code: 'UCXL-202-ACCEPTED', request_id: 'ask-1', timestamp: testNow }
  assert.equal(announced.status, 202)
  assert.deepEqual(announced.json, { response: { ...response, message: 'members are told', data: { ...said, status: 'announced' } } })
  assert.deepEqual((await announce({ address })).json, {
    response: { ...response, message: 'members are told again', data: { ...said, status: 'refreshed' } },
  })
  const refused = [
    [{ address: 'ucxl://ada:writer@shop:till/*~1/notes/why.md' }, 400, 'UCXL-400-INVALID_ADDRESS'],
    [{ address, content: { checksum: 'nonsense' } }, 400, 'UCXL-400-INVALID_PAYLOAD'],
    [{ address, by: 'eve' }, 400, 'UCXL-400-INVALID_PAYLOAD'],
    [{ address: 'ucxl://ada:writer@shop:till/*^/none' }, 404, 'UCXL-404-NOT_FOUND'],
    [{ address: 'ucxl://ada:writer@shop:cart/*^/notes/why.md', content: { checksum: till.cid } }, 409, 'UCXL-409-CONFLICT'],
  ] as const
  for (const [body, status, code] of refused) {
    const answer = await announce(body)
    assert.deepEqual([answer.status, errorOf(answer)['code']], [status, code])
  }
})

test('status counts, and says how the node is set', async (t) => {
  const { ask } = await openWithThree(t)
  const { response } = (await ask('/status')).json as { response: { data: { uptimeMs: number } } }
  const { uptimeMs, ...data } = response.data
  assert.ok(uptimeMs >= 0)
  assert.deepEqual(data, {
    configuration: { maxContentBytes: 1_000_000, maxJsonBytes: 100_000, maxSubscriptions: 2 },
    store: { resources: 2, versions: 4, deleted: 0, contested: 0 },
    copies: { target: 2, below: 1, checking: false },
    peers: { members: 2 },
    announced: { own: 0, known: 2 },
    resolver: { asked: 3, cached: 1, told: 1, missed: 1, refused: 0, remembered: 2 },
    agents: ['ada'],
    sessions: 0,
  })
})

test('every answer is of the shape that the API description gives it', async (t) => {
  const { ask } = await openWithThree(t)
  const shapes = createAnswerShapes(await loadZod())
  const body = (value: object) => ({ method: 'POST', headers: json, body: JSON.stringify(value) })
  const address = 'ucxl://ada:writer@shop:cart/*^/notes/why.md'
  const answers = [
    [shapes.read, await ask(`/get?${why}`, { headers: { accept: 'application/vnd.ucxl+json' } })],
    [shapes.stored, await ask(`/put?${why}`, { method: 'PUT', body: 'four' })],
    [shapes.stored, await ask(`/delete?${why}`, { method: 'DELETE' })],
    [shapes.versions, await ask(`/versions?${why}`)],
    [shapes.found, await ask('/discover?pattern=ucxl://any:any@any:any')],
    [shapes.found, await ask('/query', body({ pattern: 'ucxl://any:any@any:any' }))],
    [shapes.navigated, await ask('/navigate', body({ address, temporal: '~~1' }))],
    [shapes.announced, await ask('/announce', body({ address }))],
    [shapes.status, await ask('/status')],
    [shapes.error, await ask('/none')],
  ] as const
  for (const [index, [shape, answer]] of answers.entries())
    assert.deepEqual(shape.safeParse(answer.json).error?.issues, undefined, String(index))
})

test('the API description names every route, and every reference in it leads somewhere', async (t) => {
  const { url, token } = await openUcxi(t)
  const response = await fetch(`${url}/openapi.json`, { headers: { authorization: `Bearer ${token}` } })
  const text = await response.text()
  const document = JSON.parse(text) as {
    openapi: string
    paths: Record<string, Record<string, { responses: object }>>
    components: Record<string, object>
  }
  assert.equal(document.openapi, '3.1.0')
  const routes = Object.entries(document.paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method} ${path}`))
  assert.deepEqual(routes.toSorted(), [
    'delete /delete',
    'get /discover',
    'get /get',
    'get /status',
    'get /subscribe',
    'get /versions',
    'post /announce',
    'post /navigate',
    'post /post',
    'post /query',
    'put /put',
  ])
  for (const [, kind = '', name = ''] of text.matchAll(/"\$ref":"#\/components\/(\w+)\/(\w+)"/g)) {
    assert.ok(Object.hasOwn(document.components[kind] ?? {}, name), `${kind}/${name}`)
  }
  for (const methods of Object.values(document.paths))
    for (const { responses } of Object.values(methods)) assert.deepEqual(Object.keys(responses), ['2XX', 'default'])
  assert.equal((await fetch(`${url}/openapi.json`)).status, 401)
})
