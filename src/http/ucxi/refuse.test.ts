import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { anyCharacter } from '../../lib/any-character.fixture.ts'
import type { JsonObject } from '../../lib/json.ts'
import { silentLog } from '../../lib/log.ts'
import { askUrl, errorOf, openUcxi, testNow } from './testing/open-ucxi.ts'

const address = 'address=ucxl://ada:writer@shop:cart/*%5E/notes/why.md'
const stamp = { source: 'ucxi-server', request_id: 'ask-1', timestamp: testNow }

test('every address is held to its form where it comes in, and the answer says where it fails', async (t) => {
  const { ask } = await openUcxi(t)
  const refused = await ask('/get?address=ucxl://ada:wri%20ter@shop:cart')
  assert.equal(refused.status, 400)
  assert.deepEqual(refused.json, {
    error: {
      code: 'UCXL-400-INVALID_ADDRESS',
      message: 'the role of the address cannot be used at character 14: expected 1 to 64 letters, digits, "_" or "-"',
      details: {
        field: 'role',
        provided: 'ucxl://ada:wri ter@shop:cart',
        expected_format: 'ucxl://agent:role@project:task/temporal/path',
        parse_error: 'expected 1 to 64 letters, digits, "_" or "-"',
        offset: 14,
      },
      path: '/ucxi/v1/get',
      ...stamp,
      cause: 'UCXI_ADDRESS_INVALID',
    },
  })
  const json = (body: object) => ({ method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
  const details = async (path: string, question = {}) => {
    const error = errorOf(await ask(path, question))
    assert.equal(error['code'], 'UCXL-400-INVALID_ADDRESS', path)
    const { field, offset } = error['details'] as JsonObject
    return [field, offset]
  }
  assert.deepEqual(await details('/get'), ['address', 0])
  for (const [path, name] of [
    ['/get', 'address'],
    ['/discover', 'pattern'],
  ] as const) {
    const { message } = errorOf(await ask(path))
    assert.ok(typeof message === 'string' && message.includes(`expected the parameter "${name}": ucxl://agent:role`), path)
  }
  assert.deepEqual(await details('/get?address=ucxl://ada:any@shop:cart'), ['role', 11])
  assert.deepEqual(await details('/put?address=ucxl://ada:writer@shop:any', { method: 'PUT' }), ['task', 23])
  assert.deepEqual(await details('/put?address=ucxl://ada:writer@shop:cart/*~3/a', { method: 'PUT' }), ['temporal', 28])
  assert.deepEqual(await details('/post?address=ucxl://ada:writer@shop:cart/*~/a', { method: 'POST' }), ['temporal', 28])
  assert.deepEqual(await details('/delete?address=ucxl://ada:*@shop:cart', { method: 'DELETE' }), ['role', 11])
  assert.deepEqual(await details('/versions?address=http://ada'), ['scheme', 0])
  assert.deepEqual(await details('/discover?pattern=ucxl://ada'), ['authority', 10])
  assert.deepEqual(await details('/subscribe?pattern=ucxl://ada'), ['authority', 10])
  assert.deepEqual(await details('/navigate', json({ address: 'ucxl://ada:any@shop:cart', temporal: '*^' })), ['role', 11])
  assert.deepEqual(await details('/query', json({ pattern: 'ucxl://any' })), ['authority', 10])
})

test('S34: a homograph, an encoded slash, a climb and a number too long are refused, and repeated no longer than needed', async (t) => {
  const { ask } = await openUcxi(t)
  for (const text of [
    'ucxl://аda:r@p:t',
    'ucxl://a:r@p:t/*^/a%2Fb',
    'ucxl://a:r@p:t/*^/../x',
    `ucxl://a:r@p:t/*~${'9'.repeat(30)}`,
    'ucxl://a:r@p:t/*^/\u0000',
    `ucxl://${'a'.repeat(5_000)}:r@p:t`,
  ]) {
    const error = errorOf(await ask(`/get?address=${encodeURIComponent(text)}`))
    assert.equal(error['code'], 'UCXL-400-INVALID_ADDRESS', text.slice(0, 40))
    assert.ok(JSON.stringify(error).length < 1_500)
  }
})

test('a route is asked by its method: 405 with Allow; a path that is none is 404', async (t) => {
  const { ask } = await openUcxi(t)
  for (const [method, path, allow] of [
    ['POST', '/get', 'GET, HEAD'],
    ['GET', '/put', 'PUT'],
    ['PATCH', '/post', 'POST'],
    ['PUT', '/navigate', 'POST'],
    ['OPTIONS', '/delete', 'DELETE'],
  ] as const) {
    const answer = await ask(path, { method })
    assert.deepEqual([answer.status, answer.headers.allow, errorOf(answer)['code']], [405, allow, 'UCXL-405-METHOD_NOT_ALLOWED'], path)
  }
  for (const path of ['/none', '', '/', '/get/', '/constructor', '/GET'])
    assert.equal(errorOf(await ask(path))['code'], 'UCXL-404-NOT_FOUND', path)
})

test('JSON routes take JSON: 415 for another type, 400 for what is none, 413 for too much', async (t) => {
  const { ask } = await openUcxi(t)
  const post = async (type: string, body: string) =>
    errorOf(await ask('/query', { method: 'POST', headers: { 'content-type': type }, body }))['code']
  assert.equal(await post('text/plain', '{}'), 'UCXL-415-UNSUPPORTED_MEDIA_TYPE')
  assert.equal(await post('application/x-www-form-urlencoded', 'a=1'), 'UCXL-415-UNSUPPORTED_MEDIA_TYPE')
  assert.equal(await post('application/json', '{"pattern": '), 'UCXL-400-INVALID_PAYLOAD')
  assert.equal(await post('application/json', ''), 'UCXL-400-INVALID_PAYLOAD')
  assert.equal(await post('application/json', JSON.stringify('x'.repeat(100_000))), 'UCXL-413-TOO_LARGE')
})

test('a parameter that no route knows, and one given twice, are refused', async (t) => {
  const { ask } = await openUcxi(t)
  for (const [path, field] of [
    [`/get?${address}&sesion=1`, 'sesion'],
    [`/get?${address}&${address}`, 'address'],
    ['/discover?pattern=ucxl://a:b@c:d&limit=0', 'limit'],
    ['/discover?pattern=ucxl://a:b@c:d&limit=1001', 'limit'],
    ['/discover?pattern=ucxl://a:b@c:d&limit=1e3', 'limit'],
    ['/status?__proto__=1', '__proto__'],
  ] as const) {
    const error = errorOf(await ask(path))
    assert.deepEqual([error['code'], error['details']], ['UCXL-400-BAD_REQUEST', { field }], path)
  }
})

test('S20: without the token, and with a wrong one, the answer is 401, and the token is in no answer', async (t) => {
  const { url, token } = await openUcxi(t)
  for (const headers of [{}, { authorization: 'Bearer wrong' }, { authorization: `Bearer ${token}x` }]) {
    const answer = await askUrl(`${url}/ucxi/v1/get?${address}`, { headers })
    assert.deepEqual(
      [answer.status, answer.headers['www-authenticate'], errorOf(answer)['code']],
      [401, 'Bearer', 'UCXL-401-UNAUTHENTICATED'],
    )
    assert.ok(!JSON.stringify(answer.json).includes(token))
  }
})

test('S17: a rebound name, a page of another origin and a form are refused even with the token', async (t) => {
  const { ask, context } = await openUcxi(t)
  for (const headers of [
    { host: 'evil.example' },
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { 'sec-fetch-site': 'cross-site' },
  ]) {
    const answer = await ask(`/post?${address}`, { method: 'POST', headers: { 'content-type': 'text/plain', ...headers }, body: 'x' })
    assert.deepEqual([answer.status, errorOf(answer)['code']], [403, 'UCXL-403-FORBIDDEN'])
  }
  assert.equal(context.status().resources, 0)
})

test('with ucxl.enabled = false every route is 404 and says why, and all else answers', async (t) => {
  const { ask, url, token } = await openUcxi(t, { enabled: false })
  for (const [method, path] of [
    ['GET', '/get'],
    ['PUT', '/put'],
    ['GET', '/status'],
  ] as const) {
    const answer = await ask(path, { method })
    assert.equal(answer.status, 404)
    assert.deepEqual(answer.json, {
      error: {
        code: 'UCXL-404-NOT_FOUND',
        message: 'this node answers no UCXI; set ucxl.enabled = true in its config.toml and start it again',
        path: `/ucxi/v1${path}`,
        ...stamp,
        cause: 'UCXI_DISABLED',
      },
    })
  }
  const headers = { authorization: `Bearer ${token}` }
  assert.equal((await fetch(`${url}/openapi.json`, { headers })).status, 404)
  assert.equal((await fetch(`${url}/health/live`)).status, 200)
  const called = await askUrl(`${url}/v1/operations/p2p.status`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: '{}',
  })
  assert.deepEqual([called.status, called.json], [200, { output: {} }])
})

test('a request without an id gets one; a bug is in the log with it, and its words are in no answer', async (t) => {
  const logged: unknown[] = []
  const { ask } = await openUcxi(t, {
    log: { ...silentLog, error: (message, fields) => logged.push([message, fields?.['request_id']]) },
    findContext: async () => {
      throw new Error('the secret is 42')
    },
  })
  const answer = await ask(`/get?${address}`, { headers: { 'x-request-id': 'not an id' } })
  assert.equal(answer.status, 500)
  const { request_id: id, ...error } = errorOf(answer)
  assert.match(JSON.stringify(id), /^"20260201-000000-[A-Z0-9]{8}"$/)
  assert.equal(answer.headers['x-request-id'], id)
  assert.deepEqual(error, {
    code: 'UCXL-500-INTERNAL',
    message: 'the node met a bug while it answered; its log has the details',
    source: 'ucxi-server',
    path: '/ucxi/v1/get',
    timestamp: testNow,
    cause: 'NODE_INTERNAL',
  })
  assert.deepEqual(logged, [['bug while answering GET /ucxi/v1/get', id]])
})

test('S30: prototypes, bombs, lone surrogates and huge numbers get a typed refusal and change nothing', async (t) => {
  const { ask } = await openUcxi(t)
  const bodies = [
    '{"__proto__": {"isAdmin": true}, "pattern": "ucxl://a:b@c:d"}',
    '{"pattern": "ucxl://a:b@c:d", "metadata": {"__proto__": "x"}}',
    '{"pattern": "ucxl://a:b@c:d", "constructor": {"prototype": {"isAdmin": true}}}',
    `{"pattern": ${'['.repeat(40_000)}${']'.repeat(40_000)}}`,
    '{"pattern": "ucxl://a:b@c:\\ud800"}',
    '{"pattern": "ucxl://a:b@c:d", "limit": 1e308}',
    '{"pattern": "ucxl://a:b@c:d", "limit": 9007199254740993}',
  ]
  for (const body of bodies) {
    const answer = await ask('/query', { method: 'POST', headers: { 'content-type': 'application/json' }, body })
    assert.equal(answer.status, 400, body.slice(0, 60))
    const put = await ask(`/put?${address}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/vnd.ucxl+json' },
      body: body.replace('pattern', 'content'),
    })
    assert.equal(put.status, 400, body.slice(0, 60))
  }
  assert.equal(Object.hasOwn(Object.prototype, 'isAdmin'), false)
})

test('S29, S30: whatever is asked, the answer is a code of the interface and never that of a bug', async (t) => {
  const { ask } = await openUcxi(t)
  const seed = Math.trunc(Math.random() * 2 ** 31)
  const piece = fc.oneof(
    fc.string({ unit: anyCharacter, maxLength: 40 }),
    fc.constantFrom('ucxl://ada:b@c:d', '*^', '*~1', '~~', '#', '%', '__proto__', '9'.repeat(40), '\ud800', ':'.repeat(700)),
  )
  const text = fc.array(piece, { maxLength: 4 }).map((parts) => parts.join('/'))
  const route = fc.constantFrom(
    ['GET', '/get', 'address'],
    ['PUT', '/put', 'address'],
    ['POST', '/post', 'address'],
    ['DELETE', '/delete', 'address'],
    ['GET', '/versions', 'address'],
    ['GET', '/discover', 'pattern'],
    ['POST', '/navigate', 'x'],
    ['POST', '/query', 'x'],
  )
  const type = fc.constantFrom('application/json', 'application/vnd.ucxl+json', 'text/plain', 'a/b;c="', '/', ';')
  const header = fc.constantFrom(
    'if-match',
    'if-none-match',
    'range',
    'if-range',
    'prefer',
    'accept',
    'ucxl-meta-x',
    'ucxl-meta-__proto__',
    'ucxl-hive',
    'x-request-id',
  )
  const value = fc.string({ unit: 'binary-ascii', maxLength: 60 }).map((raw) => raw.replaceAll(/[^\x20-\x7e]/g, '"'))
  await fc.assert(
    fc.asyncProperty(
      route,
      text,
      type,
      header,
      value,
      fc.oneof(text, fc.json()),
      async (...[[method = '', path = '', name = ''], query, contentType, extra, content, body]) => {
        const isBodied = method === 'PUT' || method === 'POST'
        const asked = `${path}?${name}=${encodeURIComponent(query.toWellFormed())}`
        const answer = await ask(asked, {
          method,
          headers: { 'content-type': contentType, [extra]: content },
          ...(isBodied ? { body } : {}),
        })
        assert.ok(answer.status < 500, `${method} ${asked} ${extra}: ${content} → ${answer.status} ${answer.bytes.toString()}`)
        if (answer.status >= 400) assert.match(JSON.stringify(errorOf(answer)['code']), /^"UCXL-4\d\d-[A-Z_]+"$/)
      },
    ),
    { seed, numRuns: 150 },
  )
})
