import assert from 'node:assert/strict'
import { test } from 'node:test'
import { envelopeType } from './envelope.ts'
import { errorOf, openUcxi, testNow } from './testing/open-ucxi.ts'

const address = 'address=ucxl://ada:writer@shop:cart/*%5E/notes/why.md'
const cidOfHello = 'bafkreibm6jg3ux5qumhcn2b3flc3tyu6dmlb4xa7u5bf44yegnrjhc4yeq'
const stamp = { request_id: 'ask-1', timestamp: testNow }

const firstVersion = {
  resource: 'ucxl://ada:writer@shop:cart/notes/why.md',
  address: 'ucxl://ada:writer@shop:cart/*~1/notes/why.md',
  version: 1,
  cid: cidOfHello,
  deleted: false,
  contentType: 'text/markdown',
  size: 5,
  metadata: { topic: 'why, and wherefore: ä' },
  writer: 'node-of-ada',
  owner: 'owner-of-ada',
  created: '2026-01-31T09:30:00.000Z',
  contested: false,
}

test('the first version is answered with 201, the next with 200, both with their copies', async (t) => {
  const { ask } = await openUcxi(t)
  const topic = Buffer.from('why, and wherefore: ä').toString('latin1')
  const created = await ask(`/put?${address}`, {
    method: 'PUT',
    headers: { 'content-type': 'text/markdown', 'ucxl-meta-topic': topic },
    body: 'hello',
  })
  assert.equal(created.status, 201)
  assert.deepEqual(created.json, {
    response: {
      code: 'UCXL-201-CREATED',
      message: 'the version is on disk',
      data: { ...firstVersion, status: 'created', replicas: { wanted: 3, confirmed: 1 } },
      ...stamp,
    },
  })
  const { etag, 'ucxl-address': named, 'ucxl-version': version, 'ucxl-writer': writer, 'x-request-id': id } = created.headers
  assert.deepEqual([etag, named, version, writer, id], [`"${cidOfHello}"`, firstVersion.address, '1', 'node-of-ada', 'ask-1'])
  const updated = await ask(`/put?${address}`, { method: 'PUT', headers: { prefer: 'respond-async, replicas=2, wait=0' }, body: 'other' })
  assert.equal(updated.status, 200)
  assert.equal(updated.headers['preference-applied'], 'replicas=2, wait=0')
  assert.deepEqual(updated.json, {
    response: {
      code: 'UCXL-200-SUCCESS',
      message: 'the version is on disk',
      data: {
        ...firstVersion,
        address: 'ucxl://ada:writer@shop:cart/*~2/notes/why.md',
        version: 2,
        cid: 'bafkreigzfgfbbunqonmdpxcl3bo2yza3b46o6j5epzovhjkpf47vwl6p7i',
        contentType: 'application/octet-stream',
        metadata: {},
        created: '2026-01-31T09:30:01.000Z',
        status: 'updated',
        replicas: { wanted: 2, confirmed: 1 },
      },
      ...stamp,
    },
  })
})

test('a write under a condition that does not hold is refused with 412 and says what is the newest', async (t) => {
  const { ask } = await openUcxi(t)
  const put = (headers: Readonly<Record<string, string>>) => ask(`/put?${address}`, { method: 'PUT', headers, body: 'hello' })
  assert.equal((await put({ 'if-none-match': '*' })).status, 201)
  const refused = await put({ 'if-none-match': '*' })
  assert.equal(refused.status, 412)
  assert.deepEqual(refused.json, {
    error: {
      code: 'UCXL-412-PRECONDITION_FAILED',
      message: 'another version is the newest',
      details: { resource: firstVersion.resource, version: 1, cid: cidOfHello },
      source: 'ucxi-server',
      path: '/ucxi/v1/put',
      ...stamp,
      cause: 'CONDITION_FAILED',
    },
  })
  assert.equal((await put({ 'if-match': `"${cidOfHello}"` })).status, 200)
  assert.equal((await put({ 'if-match': '"bafkreigzfgfbbunqonmdpxcl3bo2yza3b46o6j5epzovhjkpf47vwl6p7i"' })).status, 412)
  for (const headers of [{ 'if-match': '*' }, { 'if-none-match': `"${cidOfHello}"` }, { 'if-match': cidOfHello, 'if-none-match': '*' }]) {
    assert.equal(errorOf(await put(headers))['code'], 'UCXL-400-BAD_REQUEST')
  }
})

test('POST makes what is not there, and is a conflict where something is', async (t) => {
  const { ask } = await openUcxi(t)
  const made = await ask(`/post?${address}`, { method: 'POST', headers: { 'content-type': 'text/plain' }, body: 'hello' })
  assert.equal(made.status, 201)
  const again = await ask(`/post?${address}`, { method: 'POST', body: 'other' })
  assert.equal(again.status, 409)
  assert.equal(errorOf(again)['code'], 'UCXL-409-CONFLICT')
  assert.equal(
    errorOf(await ask(`/post?${address}`, { method: 'POST', headers: { 'if-match': `"${cidOfHello}"` } }))['code'],
    'UCXL-400-BAD_REQUEST',
  )
})

test('a deletion is a version, and earlier ones stay readable', async (t) => {
  const { ask } = await openUcxi(t)
  await ask(`/put?${address}`, { method: 'PUT', body: 'hello' })
  const deleted = await ask(`/delete?${address}`, { method: 'DELETE' })
  assert.equal(deleted.status, 200)
  assert.deepEqual(deleted.json['response'], {
    code: 'UCXL-200-SUCCESS',
    message: 'the deletion is on disk; earlier versions stay readable',
    data: {
      ...firstVersion,
      address: 'ucxl://ada:writer@shop:cart/*~2/notes/why.md',
      version: 2,
      cid: null,
      deleted: true,
      contentType: '',
      size: 0,
      metadata: {},
      created: '2026-01-31T09:30:01.000Z',
      status: 'deleted',
      replicas: { wanted: 1, confirmed: 1 },
    },
    ...stamp,
  })
  assert.equal(errorOf(await ask(`/get?${address}`))['code'], 'UCXL-404-NOT_FOUND')
  assert.equal((await ask('/get?address=ucxl://ada:writer@shop:cart/*~1/notes/why.md')).bytes.toString(), 'hello')
  assert.equal((await ask('/delete?address=ucxl://ada:writer@shop:none', { method: 'DELETE' })).status, 404)
})

test('content comes in JSON too, as text or base64, with its metadata', async (t) => {
  const { ask } = await openUcxi(t)
  const put = (body: unknown) =>
    ask(`/put?${address}`, { method: 'PUT', headers: { 'content-type': `${envelopeType}; charset=utf-8` }, body: JSON.stringify(body) })
  assert.equal((await put({ content: 'hello', contentType: 'text/markdown', metadata: { topic: 'why' } })).headers.etag, `"${cidOfHello}"`)
  assert.equal((await put({ content: 'aGVsbG8=', encoding: 'base64' })).headers.etag, `"${cidOfHello}"`)
  for (const [body, field] of [
    [{}, 'content'],
    ['hello', 'body'],
    [{ content: 5 }, 'content'],
    [{ content: 'aGVsbG8', encoding: 'base64' }, 'content'],
    [{ content: '\ud800' }, 'content'],
    [{ content: '', encoding: 'gzip' }, 'encoding'],
    [{ content: '', metadata: { 'Not-A-Name': '' } }, 'metadata.Not-A-Name'],
    [{ content: '', other: 1 }, 'other'],
  ] as const) {
    const error = errorOf(await put(body))
    assert.deepEqual([error['code'], error['details']], ['UCXL-400-INVALID_PAYLOAD', { field }], JSON.stringify(body))
  }
})

test('a body is streamed up to the limit, and refused past it, with and without its length', async (t) => {
  const { ask } = await openUcxi(t)
  const whole = Buffer.alloc(1_000_000, 'x')
  assert.equal((await ask(`/put?${address}`, { method: 'PUT', body: whole })).status, 201)
  const over = Buffer.alloc(1_000_001, 'x')
  const told = await ask(`/put?${address}`, { method: 'PUT', body: over })
  assert.deepEqual([told.status, errorOf(told)['details']], [413, { max: 1_000_000 }])
  const untold = await ask(`/put?${address}`, { method: 'PUT', headers: { 'transfer-encoding': 'chunked' }, body: over })
  assert.deepEqual([untold.status, errorOf(untold)['code']], [413, 'UCXL-413-TOO_LARGE'])
  const json = { method: 'PUT', headers: { 'content-type': envelopeType }, body: JSON.stringify({ content: 'x'.repeat(100_000) }) }
  assert.deepEqual(errorOf(await ask(`/put?${address}`, json))['code'], 'UCXL-413-TOO_LARGE')
})

test('only the agent of a name writes under it: 403', async (t) => {
  const { ask } = await openUcxi(t)
  const refused = await ask('/put?address=ucxl://eve:writer@shop:cart', { method: 'PUT', body: 'x' })
  assert.equal(refused.status, 403)
  assert.deepEqual(errorOf(refused), {
    code: 'UCXL-403-FORBIDDEN',
    message: 'this node may not write as "eve"',
    details: { agent: 'eve', mayWriteAs: ['ada'] },
    source: 'ucxi-server',
    path: '/ucxi/v1/put',
    ...stamp,
    cause: 'WRITER_DENIED',
  })
})

test('an encoded body is refused with 415, metadata that is no text with 422', async (t) => {
  const { ask } = await openUcxi(t)
  const encoded = await ask(`/put?${address}`, { method: 'PUT', headers: { 'content-encoding': 'gzip' }, body: 'x' })
  assert.deepEqual([encoded.status, errorOf(encoded)['details']], [415, { provided: 'gzip' }])
  const metadata = await ask(`/put?${address}`, { method: 'PUT', headers: { 'ucxl-meta-topic': '\u00ff' }, body: 'x' })
  assert.deepEqual([metadata.status, errorOf(metadata)['code']], [422, 'UCXL-422-UNPROCESSABLE'])
})

test('a media type of another form is refused with 422 and names the header, where every type is taken', async (t) => {
  const { ask } = await openUcxi(t)
  for (const type of ['banana', 'a/b/c', '']) {
    for (const [path, method] of [
      ['/put', 'PUT'],
      ['/post', 'POST'],
    ] as const) {
      const refused = await ask(`${path}?${address}`, { method, headers: { 'content-type': type }, body: 'x' })
      const { code, details, message } = errorOf(refused)
      assert.deepEqual([refused.status, code, details], [422, 'UCXL-422-UNPROCESSABLE', { field: 'content-type' }], type)
      assert.ok(typeof message === 'string' && message.includes('type/subtype'))
    }
  }
  const json = await ask('/query', { method: 'POST', headers: { 'content-type': 'banana' }, body: '{}' })
  assert.equal(json.status, 415)
})
