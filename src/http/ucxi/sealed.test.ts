import assert from 'node:assert/strict'
import { test } from 'node:test'
import { errorOf, openUcxi, testNow } from './testing/open-ucxi.ts'

const address = 'address=ucxl://ada:writer@shop:cart/*%5E/access.md'
const resource = 'ucxl://ada:writer@shop:cart/access.md'
const stamp = { request_id: 'ask-1', timestamp: testNow }

test('UCXL-For seals what is put; the answer says how many nodes open it, and which cannot yet', async (t) => {
  const { ask } = await openUcxi(t)
  const put = await ask(`/put?${address}`, {
    method: 'PUT',
    headers: { 'ucxl-for': 'role:backend , @ada', 'content-type': 'text/markdown' },
    body: 'hello',
  })
  assert.deepEqual(put.json, {
    response: {
      code: 'UCXL-201-CREATED',
      message: 'the version is on disk',
      data: {
        resource,
        address: 'ucxl://ada:writer@shop:cart/*~1/access.md',
        version: 1,
        cid: 'bafkreibm6jg3ux5qumhcn2b3flc3tyu6dmlb4xa7u5bf44yegnrjhc4yeq',
        deleted: false,
        contentType: 'text/markdown',
        size: 5,
        metadata: { 'sealed-for': 'role:backend @ada' },
        writer: 'node-of-ada',
        owner: 'owner-of-ada',
        created: '2026-01-31T09:30:00.000Z',
        contested: false,
        status: 'created',
        replicas: { wanted: 3, confirmed: 1 },
        sealed: { recipients: 2, unreachable: ['12D3KooWEve'] },
      },
      ...stamp,
    },
  })
  const read = await ask(`/get?${address}`)
  assert.deepEqual([read.status, read.bytes.toString(), read.headers['cache-control']], [200, 'hello', 'no-store'])
})

test('content sealed for others is refused with 403 and says for whom it is', async (t) => {
  const { ask } = await openUcxi(t)
  await ask(`/put?${address}`, { method: 'PUT', headers: { 'ucxl-for': '@bob' }, body: 'hello' })
  for (const path of [`/get?${address}`, `/get?${address.replace('%5E', '~1')}`]) {
    const refused = await ask(path)
    assert.equal(refused.status, 403)
    assert.deepEqual(refused.json, {
      error: {
        code: 'UCXL-403-FORBIDDEN',
        message: 'sealed for @bob',
        details: { for: ['@bob'] },
        source: 'ucxi-server',
        path: '/ucxi/v1/get',
        ...stamp,
        cause: 'CONTEXT_SEALED',
      },
    })
  }
})

test('a UCXL-For that names nobody is refused, and nothing is stored in the clear', async (t) => {
  const { ask } = await openUcxi(t)
  for (const header of ['', ' , ', '@ada,', Array.from({ length: 33 }, (_, index) => `role:r${index}`).join()]) {
    const refused = await ask(`/put?${address}`, { method: 'PUT', headers: { 'ucxl-for': header }, body: 'hello' })
    assert.equal(refused.status, 400, header)
    assert.equal(errorOf(refused)['code'], 'UCXL-400-BAD_REQUEST')
  }
  assert.equal((await ask(`/versions?${address}`)).status, 404)
})
