import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Fault } from '../../lib/fault.ts'
import { envelopeType } from './envelope.ts'
import { errorOf, openUcxi, testNow } from './testing/open-ucxi.ts'

const address = 'address=ucxl://ada:writer@shop:cart/*%5E/notes/why.md'
const cidOfHello = 'bafkreibm6jg3ux5qumhcn2b3flc3tyu6dmlb4xa7u5bf44yegnrjhc4yeq'

async function openWithHello(t: Parameters<typeof openUcxi>[0]) {
  const opened = await openUcxi(t)
  await opened.ask(`/put?${address}`, { method: 'PUT', headers: { 'content-type': 'text/html', 'ucxl-meta-topic': 'why' }, body: 'hello' })
  return opened
}

test('content comes with its media type, its CID as ETag, and who wrote it when', async (t) => {
  const { ask } = await openWithHello(t)
  const { status, bytes, headers } = await ask(`/get?${address}`)
  assert.deepEqual([status, bytes.toString()], [200, 'hello'])
  const { date: _date, connection: _connection, ...rest } = headers
  assert.deepEqual(rest, {
    'content-type': 'text/html',
    'content-length': '5',
    'accept-ranges': 'bytes',
    etag: `"${cidOfHello}"`,
    'last-modified': 'Sat, 31 Jan 2026 09:30:00 GMT',
    'ucxl-address': 'ucxl://ada:writer@shop:cart/*~1/notes/why.md',
    'ucxl-version': '1',
    'ucxl-writer': 'node-of-ada',
    'ucxl-known-until': '2026-01-31T09:30:01.000Z',
    'x-request-id': 'ask-1',
    'cache-control': 'private, no-cache',
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'; sandbox",
  })
})

test('a reader that has the content is told so with 304 and no body', async (t) => {
  const { ask } = await openWithHello(t)
  const same = await ask(`/get?${address}`, { headers: { 'if-none-match': `"${cidOfHello}"` } })
  assert.deepEqual([same.status, same.bytes.length, same.headers.etag, same.headers['ucxl-version']], [304, 0, `"${cidOfHello}"`, '1'])
  assert.equal((await ask(`/get?${address}`, { headers: { 'if-none-match': '"other"' } })).status, 200)
})

test('a range is a part of the content; one past the end is refused with 416', async (t) => {
  const { ask } = await openWithHello(t)
  const part = await ask(`/get?${address}`, { headers: { range: 'bytes=1-3' } })
  assert.deepEqual([part.status, part.bytes.toString(), part.headers['content-range']], [206, 'ell', 'bytes 1-3/5'])
  const past = await ask(`/get?${address}`, { headers: { range: 'bytes=5-' } })
  assert.deepEqual(
    [past.status, past.headers['content-range'], errorOf(past)['code']],
    [416, 'bytes */5', 'UCXL-416-RANGE_NOT_SATISFIABLE'],
  )
  assert.equal((await ask(`/get?${address}`, { headers: { range: 'bytes=0-1,3-4' } })).bytes.toString(), 'hello')
  assert.equal((await ask(`/get?${address}`, { headers: { range: 'bytes=1-3', 'if-range': '"other"' } })).bytes.toString(), 'hello')
  assert.equal((await ask(`/get?${address}`, { headers: { range: 'bytes=1-3', 'if-range': `"${cidOfHello}"` } })).status, 206)
})

test('HEAD gives the head of GET without asking for the content', async (t) => {
  const { ask, context } = await openWithHello(t)
  context.onRead = () => assert.fail('content was read')
  const { status, bytes, headers } = await ask(`/get?${address}`, { method: 'HEAD' })
  assert.deepEqual([status, bytes.length, headers['content-length'], headers.etag], [200, 0, '5', `"${cidOfHello}"`])
})

test('the envelope carries content and metadata, bytes that are no text as base64', async (t) => {
  const { ask } = await openWithHello(t)
  const accept = { accept: envelopeType }
  const version = {
    resource: 'ucxl://ada:writer@shop:cart/notes/why.md',
    address: 'ucxl://ada:writer@shop:cart/*~1/notes/why.md',
    version: 1,
    cid: cidOfHello,
    deleted: false,
    contentType: 'text/html',
    size: 5,
    metadata: { topic: 'why' },
    writer: 'node-of-ada',
    owner: 'owner-of-ada',
    created: '2026-01-31T09:30:00.000Z',
    contested: false,
  }
  const whole = await ask(`/get?${address}`, { headers: accept })
  assert.match(whole.headers['content-type'] ?? '', /^application\/vnd\.ucxl\+json/)
  assert.deepEqual(whole.json, {
    response: {
      code: 'UCXL-200-SUCCESS',
      message: 'the version and its content',
      data: { ...version, first: 1, last: 1, knownUntil: '2026-01-31T09:30:01.000Z', content: 'hello', encoding: 'utf-8' },
      request_id: 'ask-1',
      timestamp: testNow,
    },
  })
  await ask(`/put?${address}`, { method: 'PUT', body: Buffer.from([0xff, 0xfe]) })
  assert.match((await ask(`/get?${address}`, { headers: accept })).bytes.toString(), /"content":"\/\/4=","encoding":"base64"/)
  await ask(`/put?${address}`, { method: 'PUT', body: Buffer.alloc(100_001) })
  assert.equal(errorOf(await ask(`/get?${address}`, { headers: accept }))['code'], 'UCXL-413-TOO_LARGE')
})

test('long content is streamed, whole and in parts, and content of nothing is nothing', async (t) => {
  const { ask } = await openUcxi(t)
  const long = Buffer.from(Uint8Array.from({ length: 700_001 }, (_, index) => index % 251))
  await ask(`/put?${address}`, { method: 'PUT', body: long })
  assert.ok((await ask(`/get?${address}`)).bytes.equals(long))
  assert.ok((await ask(`/get?${address}`, { headers: { range: 'bytes=100000-' } })).bytes.equals(long.subarray(100_000)))
  await ask(`/put?${address}`, { method: 'PUT' })
  const empty = await ask(`/get?${address}`)
  assert.deepEqual([empty.status, empty.bytes.length, empty.headers['content-length']], [200, 0, '0'])
})

test('content that nobody has is 404 RESOLUTION_FAILED, whatever its length', async (t) => {
  const { ask, context } = await openWithHello(t)
  const large = address.replace('why', 'large')
  await ask(`/put?${large}`, { method: 'PUT', body: Buffer.alloc(200_000) })
  context.onRead = () => {
    throw new Fault('CONTENT_UNAVAILABLE', 'unavailable', { message: 'nobody who can be reached has it' })
  }
  for (const asked of [address, large]) {
    const { status, json } = await ask(`/get?${asked}`)
    assert.equal(status, 404)
    assert.deepEqual(json, {
      error: {
        code: 'UCXL-404-RESOLUTION_FAILED',
        message: 'nobody who can be reached has it',
        source: 'ucxi-server',
        path: '/ucxi/v1/get',
        request_id: 'ask-1',
        timestamp: testNow,
        cause: 'CONTENT_UNAVAILABLE',
      },
    })
  }
})

test('an answer is never longer or shorter than the size its version claims', async (t) => {
  for (const claimed of [4, 6, 150_000, 250_000]) {
    const { ask, context } = await openUcxi(t)
    const body = Buffer.alloc(claimed < 100 ? 5 : 200_000)
    await ask(`/put?${address}`, { method: 'PUT', body })
    const { get } = context
    Object.assign(context, { get: async (...asked: Parameters<typeof get>) => ({ ...(await get(...asked)), size: claimed }) })
    if (claimed < 100) assert.equal(errorOf(await ask(`/get?${address}`))['code'], 'UCXL-404-RESOLUTION_FAILED')
    else await assert.rejects(ask(`/get?${address}`))
  }
})

test('a time with no version, a number past the newest and a wrong segment are told apart', async (t) => {
  const { ask } = await openWithHello(t)
  const code = async (temporal: string) => errorOf(await ask(`/get?address=ucxl://ada:writer@shop:cart/${temporal}/notes/why.md`))
  assert.equal((await code('2026-01-31T09:29:59Z'))['code'], 'UCXL-404-NOT_FOUND')
  const past = await code('*~7')
  assert.deepEqual([past['code'], past['details']], ['UCXL-400-TEMPORAL_INVALID', { requested: 7, min: 1, max: 1 }])
  const wrong = await code('*~x')
  assert.deepEqual(
    [wrong['code'], wrong['details']],
    [
      'UCXL-400-INVALID_ADDRESS',
      {
        field: 'temporal',
        provided: 'ucxl://ada:writer@shop:cart/*~x/notes/why.md',
        expected_format: 'ucxl://agent:role@project:task/temporal/path',
        parse_error: 'expected 1 to 9 digits',
        offset: 30,
      },
    ],
  )
  assert.equal((await ask('/get?address=ucxl://ada:writer@shop:cart/2026-01-31T09:30:00Z/notes/why.md')).bytes.toString(), 'hello')
})

test('content that does not end is read no further than its version says', { timeout: 20_000 }, async (t) => {
  const { ask, context } = await openWithHello(t)
  let given = 0
  const endless = async function* (): AsyncGenerator<Uint8Array> {
    for (; given < 1_000; given += 1) yield Buffer.alloc(3)
  }
  const { get } = context
  Object.assign(context, { get: async (...asked: Parameters<typeof get>) => ({ ...(await get(...asked)), open: endless }) })
  assert.equal(errorOf(await ask(`/get?${address}`))['code'], 'UCXL-404-RESOLUTION_FAILED')
  assert.equal(given, 1)
})
